import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { counted, toEarlyInMinute } from '../world/counted';
import { endedSessions, isSignedIn, postForm, postToken, providerSession, through } from '../world/logout';
import { REDIS_FAULTS, type RedisFault } from '../world/redis';
import { createWorld, type World, type WorldOptions } from '../world/world';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const BUDI = { sub: 'person-2', name: 'Budi Example', roles: ['member'] };
const EXPIRED = 901;
const pause = (ms = 10) => new Promise((resolve) => setTimeout(resolve, ms));

let world: World;
beforeEach(async () => {
  world = await createWorld();
});
const begin = async (options: WorldOptions) => {
  world = await createWorld(options);
};

const revocations = () => world.provider.calls('revocation');
const about = (browser: Browser, more: object = {}) =>
  world.provider.logoutToken({ sid: providerSession(browser), ...more });
/** A browser that comes back from the provider once more: with the session that it has there, and none here. */
async function signsInAgain(browser: Browser, path = '/dashboard') {
  const { response, hops } = await browser.navigate(path);
  expect(hops.map(({ status }) => status)).toEqual([303, 303, 303, 200]);
  return response;
}
async function expectAccepted(response: Response): Promise<void> {
  expect([response.status, await response.text()]).toEqual([200, '']);
  expect(response.headers.get('cache-control')).toContain('no-store'); // §2.8
  expect(response.headers.getSetCookie()).toEqual([]);
}

describe('a logout token ends', () => {
  it('the sessions of its sid, and no other of the person; the tokens are revoked behind the answer', async () => {
    const [phone, laptop] = [await world.signedIn(), await world.signedIn()];
    expect(providerSession(phone)).not.toBe(providerSession(laptop));
    await expectAccepted(await postToken(world, await about(phone)));
    await world.isolate.settled();
    expect([await isSignedIn(phone), await isSignedIn(laptop)]).toEqual([false, true]);
    expect(revocations()).toMatchObject([{ token: { kind: 'refresh_token', id: 'rt-1' }, status: 200 }]);
    expect(world.events('sessions_ended')).toMatchObject([{ cause: 'backchannel_logout', sessions: 1 }]);
    expect(world.events('tokens_revoked')).toMatchObject([{ why: 'ended_elsewhere', outcome: 'revoked' }]);
  });

  it('both sessions that two sign-ins of one sid have made', async () => {
    const first = await world.signedIn();
    const second = first.clone();
    second.cookies.delete('__Host-Http-session');
    await signsInAgain(second);
    await expectAccepted(await postToken(world, await about(first)));
    await world.isolate.settled();
    expect([await isSignedIn(first), await isSignedIn(second)]).toEqual([false, false]);
    expect(revocations()).toHaveLength(2);
    expect(endedSessions(world)).toBe(2);
  });

  it('all sessions of its sub, where it has no sid, and none of another person', async () => {
    const devices = [await world.signedIn(), await world.signedIn()];
    world.provider.person = BUDI;
    const other = await world.signedIn();
    await expectAccepted(await postToken(world, await world.provider.logoutToken({ sub: 'person-1', sid: undefined })));
    expect(await Promise.all(devices.map(isSignedIn))).toEqual([false, false]);
    expect(await isSignedIn(other)).toBe(true);
  });

  it('all sessions of the person with SSO_BACKCHANNEL_SCOPE=sub, whichever sid it names', async () => {
    await begin({ env: { SSO_BACKCHANNEL_SCOPE: 'sub' } });
    const devices = [await world.signedIn(), await world.signedIn()];
    world.provider.person = BUDI;
    const other = await world.signedIn();
    const [phone] = devices as [Browser];
    await expectAccepted(await postToken(world, await about(phone, { sub: 'person-1' })));
    expect(await Promise.all(devices.map(isSignedIn))).toEqual([false, false]);
    expect(await isSignedIn(other)).toBe(true);
  });

  it('with that variable also by a sid alone', async () => {
    await begin({ env: { SSO_BACKCHANNEL_SCOPE: 'sub' } });
    const devices = [await world.signedIn(), await world.signedIn()];
    const [phone] = devices as [Browser];
    await expectAccepted(await postToken(world, await about(phone, { sub: undefined })));
    expect(await Promise.all(devices.map(isSignedIn))).toEqual([false, false]);
  });

  it('nothing when its sid is unknown: 200, and the log counts none', async () => {
    const browser = await world.signedIn();
    const unknown = { sid: 'never-seen', sub: undefined };
    await expectAccepted(await postToken(world, await world.provider.logoutToken(unknown)));
    expect(await isSignedIn(browser)).toBe(true);
    expect(world.events('sessions_ended')).toMatchObject([{ sessions: 0 }]);
  });

  it('the sessions without a sid of the provider, when its sid is unknown and its sub theirs', async () => {
    await begin({ provider: { sid: 'absent' } });
    const browser = await world.signedIn();
    world.provider.person = BUDI;
    const other = await world.signedIn();
    await expectAccepted(
      await postToken(world, await world.provider.logoutToken({ sid: 'never-seen', sub: 'person-1' })),
    );
    expect([await isSignedIn(browser), await isSignedIn(other)]).toEqual([false, true]);
  });

  it('the sessions that its claims name, whatever cookies and origin come with it', async () => {
    const [meant, sender] = [await world.signedIn(), await world.signedIn()];
    const cookie = `__Host-Http-session=${sender.cookies.get('__Host-Http-session')?.value}`;
    const headers = { cookie, origin: 'https://evil.test', 'sec-fetch-site': 'cross-site' };
    await expectAccepted(await postToken(world, await about(meant), { headers }));
    expect([await isSignedIn(meant), await isSignedIn(sender)]).toEqual([false, true]);
  });

  it('sessions of a provider that writes typ JWT, no exp and a list of one audience', async () => {
    await begin({ provider: { aud: 'array' } });
    const browser = await world.signedIn();
    const token = await world.provider.logoutToken({ sid: providerSession(browser), exp: undefined }, { typ: 'JWT' });
    await expectAccepted(await postToken(world, token));
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('sessions, and leaves neither itself nor the sid in the log or in Redis', async () => {
    const browser = await world.signedIn();
    const sid = providerSession(browser);
    const tokens = [await about(browser), await about(browser, { nonce: 'n' })];
    for (const token of tokens) await (await postToken(world, token)).text();
    await world.isolate.settled();
    const written = [...world.logs, await world.redis.dump()].join('\n');
    expect(world.events('sessions_ended')).toHaveLength(1);
    for (const secret of [...tokens, sid]) expect(written).not.toContain(secret);
  });

  it('sessions in every isolate within SESSION_CHECK_SECONDS', async () => {
    const devices = [await world.signedIn(), await world.signedIn()];
    const elsewhere = await world.anotherIsolate();
    const there = devices.map((browser) => through(elsewhere, browser, world));
    expect(await Promise.all(there.map(isSignedIn))).toEqual([true, true]);
    await elsewhere.settled();
    const token = await world.provider.logoutToken({ sub: 'person-1', sid: undefined });
    await expectAccepted(await postToken(world, token));
    expect(await Promise.all(devices.map(isSignedIn))).toEqual([false, false]); // this isolate knows at once
    world.pass(31);
    expect(await Promise.all(there.map(isSignedIn))).toEqual([false, false]);
    const { hops } = await (there[0] as Browser).navigate('/dashboard', { redirect: 'manual' });
    expect(new URL(hops[0]?.headers.get('location') ?? '').origin).toBe(world.provider.issuer);
  });

  it('sessions in a cold isolate too, which has to learn what the provider publishes', async () => {
    const browser = await world.signedIn();
    const cold = await world.anotherIsolate();
    await expectAccepted(await postToken(world, await about(browser), { isolate: cold }));
    expect(await isSignedIn(through(cold, browser, world))).toBe(false);
  });

  it('sessions also when the provider has changed its keys since they were fetched', async () => {
    const browser = await world.signedIn();
    world.pass(31);
    await world.provider.rotateKeys();
    await expectAccepted(await postToken(world, await about(browser)));
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe('a logout token that comes again', () => {
  it('is answered with 200, and ends nothing more', async () => {
    const browser = await world.signedIn();
    const token = await about(browser);
    world.pass(2);
    await expectAccepted(await postToken(world, token)); // its answer may have been lost
    await signsInAgain(browser); // with the same sid: the provider has kept its session
    await expectAccepted(await postToken(world, token));
    expect(await isSignedIn(browser)).toBe(true);
    expect(endedSessions(world)).toBe(1);
  });

  it('twenty times at once, at two isolates, ends and revokes once', async () => {
    const browser = await world.signedIn();
    const elsewhere = await world.anotherIsolate();
    const token = await about(browser);
    const isolates = Array.from({ length: 20 }, (_, index) => (index % 2 ? elsewhere : world.isolate));
    const answers = await Promise.all(isolates.map((isolate) => postToken(world, token, { isolate })));
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    await Promise.all([world.isolate.settled(), elsewhere.settled()]);
    expect([endedSessions(world), revocations().length]).toEqual([1, 1]);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('under a new jti after the same sid has come back ends what is older than it, and nothing else', async () => {
    const browser = await world.signedIn();
    const older = await about(browser);
    await expectAccepted(await postToken(world, await about(browser)));
    world.pass(2);
    await signsInAgain(browser);
    await expectAccepted(await postToken(world, older)); // was late
    expect(await isSignedIn(browser)).toBe(true);
    world.pass(2);
    await expectAccepted(await postToken(world, await about(browser)));
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe('a logout token while something else is under way', () => {
  /** A browser whose code is at the provider's token endpoint, which answers when it is told to. */
  async function inExchange() {
    const browser = world.browser();
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const there = await browser.navigate(hops[0]?.headers.get('location') ?? '', { redirect: 'manual' });
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    let isIssued = false;
    const held: RedisFault = async (pass, _, [name, script]) => {
      // The session is stored after the ID token was issued.
      if (
        name === 'EVAL' &&
        String(script).includes('KEYS') &&
        world.provider.calls('token').some(({ status }) => status === 200)
      ) {
        isIssued = true;
        await answered;
      }
      return pass();
    };
    world.redis.fault = held;
    const callback = browser.navigate(there.hops[0]?.headers.get('location') ?? '', { redirect: 'manual' });
    while (!isIssued) await pause();
    return { browser, callback, answer: () => answer() };
  }

  it.each(['sid', 'sub'])(
    'refuses a sign-in whose ID token is not younger (%s), and its tokens are revoked',
    async (by) => {
      const { browser, callback, answer } = await inExchange();
      const token =
        by === 'sid' ? await about(browser) : await world.provider.logoutToken({ sub: 'person-1', sid: undefined });
      world.redis.fault = null;
      await expectAccepted(await postToken(world, token));
      answer();
      const { response } = await callback;
      expect(response.status).toBe(400);
      expect(await response.text()).toContain('SIGNED_OUT_MEANWHILE');
      await world.isolate.settled();
      expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
      expect(revocations().map(({ token }) => token?.kind)).toContain('refresh_token');
      world.pass(2);
      await signsInAgain(browser); // a later one with the same sid is another sign-in
    },
  );

  it('wins over a renewal, whose tokens are revoked', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 500; // the token is rotated, and the answer on its way
    const late = browser.fetch('/api/me');
    while (world.provider.refreshPresentations().length === 0) await pause();
    await expectAccepted(await postToken(world, await about(browser)));
    expect((await late).status).toBe(401);
    await world.isolate.settled();
    expect(revocations().map(({ token }) => token?.id)).toContain('rt-2');
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe('what is no logout token for this site is a 400 that changes nothing', () => {
  type Row = [title: string, send: (browser: Browser) => Promise<Response>, reason?: string];
  const withClaims = (claims: object, title = JSON.stringify(claims).slice(0, 60)): Row => [
    title,
    async (browser) => postToken(world, await about(browser, claims)),
  ];
  const issued = (has: (claims: Record<string, unknown>) => boolean) => {
    const jwts = [...world.provider.secrets].filter((secret) => secret.split('.').length === 3);
    const found = jwts.find((jwt) =>
      has(JSON.parse(atob(jwt.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/') ?? ''))),
    );
    if (!found) throw new Error('the provider has issued no such token');
    return found;
  };
  const form = (body: BodyInit | null, headers?: Record<string, string>) =>
    postForm(world, body, headers ? { headers } : {});
  const rows: Row[] = [
    [
      'the ID token of the session',
      () =>
        postToken(
          world,
          issued(({ nonce }) => nonce !== undefined),
        ),
      'events',
    ],
    withClaims({ nonce: 'n' }),
    withClaims({ iss: 'https://evil.test' }),
    withClaims({ aud: 'other' }),
    withClaims({ iat: undefined }),
    withClaims({ jti: undefined }),
    withClaims({ events: { [`${EVENT}s`]: {} } }),
    withClaims({ sid: undefined, sub: undefined }),
    withClaims({ sid: 'a\nb' }),
    withClaims({ sid: 's'.repeat(10_240) }),
    ...(
      [
        { alg: 'none' },
        { hs256WithPublicKey: 'pem' },
        { hs256WithPublicKey: 'jwk' },
        { otherKey: true },
        { embeddedKey: true },
        { otherAlg: 'ES384' },
        { kid: 'unknown' },
      ] as const
    ).map(
      (lie): Row => [
        `signed with ${JSON.stringify(lie)}`,
        async (browser) => postToken(world, await world.provider.logoutToken({ sid: providerSession(browser) }, lie)),
        'signature',
      ],
    ),
    [
      'an access token by its typ',
      async () => postToken(world, await world.provider.logoutToken({}, { typ: 'at+jwt' })),
      'typ',
    ],
    ['no token', () => form(''), 'no logout_token, or several'],
    ['an empty token', () => form('logout_token='), 'no logout_token, or several'],
    ['a token of another name', async () => form(`id_token=${await world.provider.logoutToken()}`)],
    [
      'two tokens',
      async () =>
        form(`logout_token=${await world.provider.logoutToken()}&logout_token=${await world.provider.logoutToken()}`),
      'no logout_token, or several',
    ],
    ['no body', () => form(null)],
    ['65 KB', async () => form(`logout_token=${await world.provider.logoutToken()}&more=${'x'.repeat(65 * 1024)}`)],
    ['no UTF-8', () => form(new Uint8Array([0x6c, 0x3d, 0xff])), 'the body cannot be read'],
    ...['application/json', 'text/plain', 'multipart/form-data; boundary=x', 'application/jwt', ''].map(
      (type): Row => [
        `the content type ${JSON.stringify(type)}`,
        async () => form(`logout_token=${await world.provider.logoutToken()}`, { 'content-type': type }),
        'the body is no form',
      ],
    ),
  ];

  it.each(rows)('%s', async (_, send, reason) => {
    const browser = await world.signedIn();
    const cost = await world.cost(async () => {
      const response = await send(browser);
      expect(response.status).toBe(400);
      expect(response.headers.get('content-type')).toBe('application/problem+json');
      expect(await response.json()).toMatchObject({ code: 'LOGOUT_TOKEN_INVALID' });
      expect(response.headers.getSetCookie()).toEqual([]);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    expect(await isSignedIn(browser)).toBe(true);
    const [problem] = world.events('problem');
    if (reason) expect(problem).toMatchObject({ code: 'LOGOUT_TOKEN_INVALID', actor: 'sender', reason });
  });

  it('a sid and a sub that do not belong together', async () => {
    const browser = await world.signedIn();
    world.provider.person = BUDI;
    const other = await world.signedIn();
    const response = await postToken(world, await about(browser, { sub: 'person-2' }));
    expect([response.status, (await response.json()).code]).toEqual([400, 'LOGOUT_TOKEN_INVALID']);
    expect([await isSignedIn(browser), await isSignedIn(other)]).toEqual([true, true]);
    expect(world.events('problem')).toMatchObject([{ reason: 'sid and sub do not belong together' }]);
  });

  it('GET, and whatever else is no POST: 405', async () => {
    const token = await world.provider.logoutToken();
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS']) {
      const url = `${world.site}/auth/backchannel-logout?logout_token=${token}`;
      const headers = { host: new URL(world.site).host };
      const response = await world.isolate.send(new Request(url, { method, headers }));
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  it('the token in the address', async () => {
    const browser = await world.signedIn();
    const url = `${world.site}/auth/backchannel-logout?logout_token=${await about(browser)}`;
    const headers = { host: new URL(world.site).host, 'content-type': 'application/x-www-form-urlencoded' };
    const response = await world.isolate.send(new Request(url, { method: 'POST', headers }));
    expect(response.status).toBe(400);
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('further parameters, doubled ones too, are no fault (§2.5)', async () => {
    const browser = await world.signedIn();
    await expectAccepted(await postForm(world, `a=1&a=2&logout_token=${await about(browser)}`));
    expect(await isSignedIn(browser)).toBe(false);
  });
});

describe('a flood of forged tokens with random sids', () => {
  it('asks neither Redis nor the provider for anything while the keys are fresh, and writes nothing', async () => {
    const browser = await world.signedIn();
    const kinds = [{ otherKey: true }, { kid: 'unknown' }, { alg: 'none' }] as const;
    const tokens = await Promise.all(
      Array.from({ length: 150 }, (_, index) =>
        world.provider.logoutToken({ sid: crypto.randomUUID() }, kinds[index % 3] as (typeof kinds)[0]),
      ),
    );
    const cost = await world.cost(async () => {
      const answers = await Promise.all(tokens.map((token) => postToken(world, token)));
      expect(answers.filter(({ status }) => status !== 400)).toEqual([]);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    expect(world.events('problem')).toHaveLength(1); // the others are counted
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('has the keys fetched once when they are older, for all of them', async () => {
    await world.signedIn();
    world.pass(31);
    await pause(1_100); // the right to fetch is for one isolate a second, by the clock of Redis
    const tokens = await Promise.all(
      Array.from({ length: 50 }, () => world.provider.logoutToken({ sid: crypto.randomUUID() }, { kid: 'unknown' })),
    );
    const cost = await world.cost(async () => {
      const answers = await Promise.all(tokens.map((token) => postToken(world, token)));
      expect(answers.filter(({ status }) => status !== 400)).toEqual([]);
    });
    expect(cost).toEqual({ redis: 3, provider: 1 }); // the shared copy read, the right to fetch, the new copy written
  });
});

describe('a logout token when something is down or slow', () => {
  it.each(Object.entries(REDIS_FAULTS))('Redis %s: 503, and the repetition ends the session', async (_, fault) => {
    const browser = await world.signedIn();
    const token = await about(browser);
    world.redis.fault = fault;
    const response = await world.skippingWaits(postToken(world, token));
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
    await world.skippingWaits(world.isolate.settled());
    world.redis.fault = null;
    await expectAccepted(await postToken(world, token));
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('Redis slow: 503 after two seconds, and what was begun goes on behind it, the revocation included', async () => {
    const browser = await world.signedIn();
    world.redis.fault = REDIS_FAULTS.hanging;
    const response = await world.skippingWaits(postToken(world, await about(browser)));
    expect(response.status).toBe(503);
    expect(world.events('problem')).toMatchObject([
      { code: 'STORE_UNAVAILABLE', reason: 'no answer within two seconds' },
    ]);
    world.redis.fault = null;
    await world.skippingWaits(world.isolate.settled());
    expect(await isSignedIn(browser)).toBe(false);
    expect([endedSessions(world), revocations().length]).toEqual([1, 1]);
  });

  it.each(['hang', 'refuse'] as const)('keys that cannot be had (%s): 503, and nothing changes', async (lie) => {
    const browser = await world.signedIn();
    const token = await about(browser);
    await world.forgetDocuments();
    const cold = await world.anotherIsolate();
    world.provider.lies[lie].jwks = true;
    const response = await world.skippingWaits(postToken(world, token, { isolate: cold }));
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
    expect(await response.json()).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    await world.skippingWaits(cold.settled());
    expect(await isSignedIn(browser)).toBe(true);
    world.provider.beHonest();
    world.pass(10);
    await expectAccepted(await postToken(world, token, { isolate: cold }));
    expect(await isSignedIn(through(cold, browser, world))).toBe(false);
  });

  it('the token endpoint’s neighbour hanging: the answer does not wait for the revocation', async () => {
    const browser = await world.signedIn();
    world.provider.lies.hang.revocation = true;
    await expectAccepted(await postToken(world, await about(browser)));
    expect(world.events('revocation_failed')).toEqual([]);
    await world.skippingWaits(world.isolate.settled());
    expect(world.events('revocation_failed')).toMatchObject([{ why: 'ended_elsewhere' }]);
  });

  it('a body that does not end: 400', async () => {
    const body = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('logout_')) });
    const response = await world.skippingWaits(postForm(world, body));
    expect([response.status, (await response.json()).code]).toEqual([400, 'LOGOUT_TOKEN_INVALID']);
  });
});

describe('121 logout tokens within a minute', () => {
  const unknown = async () => world.provider.logoutToken({ sid: crypto.randomUUID(), sub: undefined });

  it('from one address: the last one is 429 with Retry-After; forged ones are not counted', async () => {
    toEarlyInMinute(world);
    const browser = await world.signedIn();
    const refused = await counted(world, async () => {
      const forged = await world.provider.logoutToken({}, { otherKey: true });
      for (let sent = 0; sent < 10; sent += 1) expect((await postToken(world, forged)).status).toBe(400);
      const tokens = await Promise.all(Array.from({ length: 120 }, unknown));
      for (const token of tokens) expect((await postToken(world, token)).status).toBe(200);
      return postToken(world, await unknown());
    });
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await postToken(world, await about(browser))).status).toBe(429);
    expect(await isSignedIn(browser)).toBe(true);
    await expectAccepted(await postToken(world, await about(browser), { address: '198.51.100.8' }));
  });
});
