import { decodeJwt } from 'jose';
import { beforeEach, describe, expect, it } from 'vitest';
import { ABANDON, CHECKOUT, COMMIT } from '../../lib/store/scripts';
import type { JsonObject } from '../world/provider';
import { REDIS_FAULTS, type RedisFault, replyLostOnce, staleReplica } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

type Browser = ReturnType<World['browser']>;
const NAME = '__Host-Http-session';
const EXPIRED = 901;
const DUE = 730;
const presentations = () => world.provider.refreshPresentations().length;
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);
/** The same person in another isolate: the cookie as it is now, and no news since. */
async function elsewhere(browser: Browser): Promise<Browser> {
  const other = world.browser(await world.anotherIsolate());
  other.cookies.set(NAME, browser.cookies.get(NAME)?.value ?? '');
  return other;
}
const settled = () => world.isolate.settled();
/** Something to wait for, and what makes it happen. */
function signal(): [happened: Promise<void>, happen: () => void] {
  let happen = () => {};
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return [happened, happen];
}

describe('tokens that are over', () => {
  it('are renewed once for all requests of all isolates, and each gets the result (single-flight)', async () => {
    const browser = await world.signedIn();
    const isolates = await Promise.all(Array.from({ length: 5 }, () => elsewhere(browser)));
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 300;
    const crowd = isolates.flatMap((one) => Array.from({ length: 10 }, () => one.clone()));
    const answers = await Promise.all(crowd.map((one) => one.navigate('/dashboard', { redirect: 'manual' })));
    expect(answers.map(({ response }) => response.status)).toEqual(Array(50).fill(200));
    expect(presentations()).toBe(1);
    expect(world.provider.reuseEvents).toEqual([]);
    expect(renewals()).toEqual(['refreshed']);
    expect(new Set(crowd.map((one) => one.cookies.get(NAME)?.value)).size).toBe(50);
  });

  it('with a provider that takes seven seconds: still one call, and each request gets the result', async () => {
    const browser = await world.signedIn();
    const isolates = await Promise.all(Array.from({ length: 4 }, () => elsewhere(browser)));
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 7_000;
    const crowd = isolates.flatMap((one) => Array.from({ length: 5 }, () => one.clone()));
    const answers = await Promise.all(crowd.map((one) => one.fetch('/api/me')));
    expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(presentations()).toBe(1);
  });

  it('are renewed for the site in the very same request: it is shown the new cookie, not the one that came', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const { response } = await browser.navigate('/account');
    const written = browser.cookies.get(NAME)?.value;
    expect(response.headers.get('x-middleware-request-cookie')).toContain(`${NAME}=${written}`);
  });

  it('cost two Redis calls and one provider call', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 2, provider: 1 });
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 0, provider: 0 });
  });

  it('are renewed again and again, each time once', async () => {
    const browser = await world.signedIn();
    for (let round = 1; round <= 5; round += 1) {
      world.pass(EXPIRED);
      expect((await browser.navigate('/dashboard')).response.status).toBe(200);
      expect(presentations()).toBe(round);
    }
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('are no matter for a browser that never got the new cookie', async () => {
    const browser = await world.signedIn();
    const deaf = browser.clone();
    world.pass(EXPIRED);
    await browser.navigate('/dashboard');
    const old = deaf.cookies.get(NAME)?.value ?? '';
    for (let time = 0; time < 3; time += 1) {
      expect((await deaf.fetch('/api/me')).status).toBe(200);
      deaf.cookies.set(NAME, old);
    }
    world.pass(EXPIRED); // what it would adopt is over by now
    expect((await deaf.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(2);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('are renewed for a prefetch too, but no cookie is written', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const response = await browser.fetch('/dashboard', { headers: { 'sec-purpose': 'prefetch' } });
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(presentations()).toBe(1);
  });

  it('a closed connection does not cancel the renewal', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 200;
    const [asked, ask] = signal();
    world.provider.lies.instead.token = () => {
      ask();
      return null;
    };
    void browser.clone().navigate('/dashboard'); // the answer is not read
    await asked;
    await settled();
    expect(renewals()).toEqual(['refreshed']); // by then, or the isolate could be gone before
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(presentations()).toBe(1);
  });
});

describe('tokens that are only due', () => {
  it('are renewed after the response: no request waits, and a later one gets the new cookie', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    world.provider.lies.delay.token = 400;
    const before = browser.cookies.get(NAME)?.value;
    const cost = { redis: world.redis.calls };
    const { response } = await browser.navigate('/dashboard');
    expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
    expect(world.redis.calls - cost.redis).toBe(1);
    expect((await browser.fetch('/api/me')).status).toBe(200); // while it is under way
    await settled();
    await browser.navigate('/dashboard');
    expect(browser.cookies.get(NAME)?.value).not.toBe(before);
    expect(presentations()).toBe(1);
    expect(await world.cost(() => browser.navigate('/dashboard'))).toEqual({ redis: 0, provider: 0 });
  });

  it('and a provider that hangs or a Redis that fails: no request notices', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    let asked = 0;
    world.redis.fault = (_pass, _call, [, script]) => {
      asked += Number(script === CHECKOUT);
      return REDIS_FAULTS.refused();
    };
    for (let page = 0; page < 3; page += 1) expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(asked).toBe(2); // by the first one, which sends it once more; no request waits
    world.redis.fault = null;
    world.pass(3); // until then no request asks the Redis that did not answer
    world.provider.lies.instead.token = () => new Response('{}', { status: 503 });
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    await settled();
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect(presentations()).toBe(1); // the backoff holds
  });
});

describe('the provider ends the session', () => {
  const ends: [string, () => Response][] = [
    ['invalid_grant', () => Response.json({ error: 'invalid_grant' }, { status: 400 })],
    ['invalid_grant as 403', () => Response.json({ error: 'invalid_grant' }, { status: 403 })],
    ['invalid_grant as 401', () => Response.json({ error: 'invalid_grant' }, { status: 401 })],
    ['an empty 400', () => new Response('', { status: 400 })],
    ['a 403 without a word', () => new Response('<h1>Forbidden</h1>', { status: 403 })],
  ];
  it.each(ends)('with %s', async (_, answer) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.instead.token = answer;
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(browser.cookies.get(NAME)).toBeUndefined();
    expect(renewals()).toEqual(['ended']);
  });

  it('while Redis cannot be told: the isolate that was told refuses the session', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    let calls = 0;
    world.redis.fault = (pass) => {
      calls += 1;
      return calls === 1 ? pass() : REDIS_FAULTS.refused();
    };
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await settled();
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
  });

  it('by an ID token of another person: what came with it is revoked', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.idToken = (claims) => ({ ...claims, sub: 'somebody-else' });
    expect((await browser.fetch('/api/me')).status).toBe(401);
    await settled();
    expect(world.provider.calls('revocation').map(({ token }) => token?.kind)).toContain('refresh_token');
    expect(renewals()).toEqual(['ended']);
  });

  it('by an ID token of another person: the session is over before the revocation is waited for', async () => {
    const browser = await world.signedIn();
    const other = await elsewhere(browser);
    world.pass(DUE);
    world.provider.lies.idToken = (claims) => ({ ...claims, sub: 'somebody-else' });
    const [asked, ask] = signal();
    const [answered, answer] = signal();
    world.provider.lies.instead.revocation = async () => {
      ask();
      await answered;
      return null;
    };
    expect((await browser.fetch('/api/me')).status).toBe(200); // the tokens are due, not over
    await asked;
    await expect.poll(async () => (await other.fetch('/api/me')).status).toBe(401);
    answer();
    await settled();
    expect(renewals()).toEqual(['ended']);
  });

  it.each<[string, (claims: JsonObject) => JsonObject]>([
    ['another issuer', (claims) => ({ ...claims, iss: 'https://evil.test' })],
    ['another audience', (claims) => ({ ...claims, aud: 'other' })],
  ])('by an ID token of %s', async (_, lie) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.idToken = lie;
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(renewals()).toEqual(['ended']);
  });
});

describe('a Redis that hears the question, while its answers are lost', () => {
  it.each([
    ['over', EXPIRED, 503],
    ['due', DUE, 200],
  ])(
    'when tokens are %s: nothing was presented, so the session goes on as soon as it answers',
    async (_, age, status) => {
      const browser = await world.signedIn();
      world.pass(age);
      world.redis.fault = REDIS_FAULTS['heard, and no reply'];
      expect((await browser.fetch('/api/me')).status).toBe(status);
      world.redis.fault = null;
      await settled();
      world.pass(EXPIRED - age);
      expect((await browser.fetch('/api/me')).status).toBe(200);
      expect([presentations(), renewals()]).toEqual([1, ['refreshed']]);
    },
  );
});

describe('an answer that proves the token unused', () => {
  it.each<[string, () => Response]>([
    ['503', () => new Response('{}', { status: 503, headers: { 'retry-after': '1' } })],
    ['429', () => Response.json({ error: 'too_many_attempts' }, { status: 429, headers: { 'retry-after': '1' } })],
  ])(
    '%s with Retry-After: 503 with the cookie kept, the whole deployment waits, then it recovers',
    async (_, answer) => {
      const [ana, other] = [await world.signedIn(), await world.signedIn()];
      world.pass(EXPIRED);
      world.provider.lies.instead.token = answer;
      const response = await ana.fetch('/api/me');
      expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
      expect((await ana.fetch('/api/me')).status).toBe(503);
      expect((await (await elsewhere(other)).fetch('/api/me')).status).toBe(503);
      expect(presentations()).toBe(1);
      expect(ana.cookies.get(NAME)).toBeDefined();
      world.provider.beHonest();
      await new Promise((resolve) => setTimeout(resolve, 1100));
      expect((await ana.fetch('/api/me')).status).toBe(200);
      expect((await other.fetch('/api/me')).status).toBe(200);
      expect(world.provider.reuseEvents).toEqual([]);
    },
  );

  it('503 without Retry-After: others need not wait for it', async () => {
    const [ana, other] = [await world.signedIn(), await world.signedIn()];
    world.pass(EXPIRED);
    world.provider.lies.instead.token = () => new Response('{}', { status: 503 });
    expect((await ana.fetch('/api/me')).status).toBe(503);
    world.provider.beHonest();
    expect((await ana.fetch('/api/me')).status).toBe(503);
    expect((await other.fetch('/api/me')).status).toBe(200);
  });

  it('none at all, where nothing is known of the provider: nothing was presented, and it recovers', async () => {
    const browser = await world.signedIn();
    await world.forgetDocuments();
    const cold = await elsewhere(browser);
    world.pass(EXPIRED);
    world.provider.lies.refuse.discovery = true;
    expect((await cold.fetch('/api/me')).status).toBe(503);
    expect(presentations()).toBe(0);
    world.provider.beHonest();
    await new Promise((resolve) => setTimeout(resolve, 2_100));
    expect((await cold.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['postponed', 'refreshed']);
  });

  it('is told to Redis until it hears, or the next one would take the token for lost', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.instead.token = () => new Response('{}', { status: 503, headers: { 'retry-after': '1' } });
    let unheard = 0;
    world.redis.fault = (pass, _call, [, script]) => {
      if (script !== ABANDON || unheard === 2) return pass();
      unheard += 1;
      return REDIS_FAULTS.refused();
    };
    expect((await browser.fetch('/api/me')).status).toBe(503);
    await settled();
    world.provider.beHonest();
    await new Promise((resolve) => setTimeout(resolve, 1_100)); // Redis has a clock of its own
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect([unheard, presentations()]).toEqual([2, 2]);
  });

  it('a connection never made: again after the backoff', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.refuse.token = true;
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect(world.events('renewal')[0]).toMatchObject({ outcome: 'postponed', reason: 'no connection' });
  });
});

describe('a 500 or 502, which proves nothing', () => {
  it.each([500, 502])(
    '%i is worth one more try after the backoff; the second one counts as unknown',
    async (status) => {
      const browser = await world.signedIn();
      world.pass(EXPIRED);
      world.provider.lies.instead.token = () => new Response('<h1>oops</h1>', { status });
      expect((await browser.fetch('/api/me')).status).toBe(503);
      expect((await browser.fetch('/api/me')).status).toBe(503); // the backoff holds
      expect(presentations()).toBe(1);
      await new Promise((resolve) => setTimeout(resolve, 5_100));
      expect((await browser.fetch('/api/me')).status).toBe(503);
      expect(presentations()).toBe(2);
      world.provider.beHonest();
      expect((await browser.fetch('/api/me')).status).toBe(401);
      expect(presentations()).toBe(2);
      expect(browser.cookies.get(NAME)).toBeDefined();
    },
  );

  it('and a try that succeeds forgets it', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.instead.token = () => new Response('', { status: 500 });
    expect((await browser.fetch('/api/me')).status).toBe(503);
    world.provider.beHonest();
    await new Promise((resolve) => setTimeout(resolve, 5_100));
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['postponed', 'refreshed']);
  });
});

describe('an unknown outcome', () => {
  const unknown: [string, () => void][] = [
    ['an answer cut in half', () => Object.assign(world.provider.lies.cut, { token: true })],
    [
      'a 200 that cannot be read',
      () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('<html>') }),
    ],
    ['an answer that never comes', () => Object.assign(world.provider.lies.hang, { token: true })],
    ...[401, 404, 408, 409, 425].map((status): [string, () => void] => [
      `a ${status} that names no OAuth error: a proxy may have written it, and the token may be used`,
      () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('<h1>oops</h1>', { status }) }),
    ]),
    [
      'a 504 that names an OAuth error',
      () =>
        Object.assign(world.provider.lies, {
          tokenResponse: () => Response.json({ error: 'server_error' }, { status: 504 }),
        }),
    ],
    ['a 504', () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('', { status: 504 }) })],
    [
      'a redirect',
      () => Object.assign(world.provider.lies, { tokenResponse: () => new Response('', { status: 302 }) }),
    ],
  ];
  it.each(unknown)('%s: 503, never presented again; then the person passes through the provider', async (_, lie) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    lie();
    const waiting = elsewhere(browser).then((other) => other.fetch('/api/me')); // asks while it is under way, or after
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect([401, 503]).toContain((await waiting).status);
    world.provider.beHonest();
    for (let time = 0; time < 3; time += 1) expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
    const { response, hops } = await browser.navigate('/dashboard');
    expect([response.status, hops.length]).toEqual([200, 4]);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('while tokens are only due: the session lives until they end', async () => {
    const browser = await world.signedIn();
    world.pass(DUE);
    world.provider.lies.cut.token = true;
    await browser.navigate('/dashboard');
    await settled();
    world.provider.beHonest();
    for (let time = 0; time < 3; time += 1) expect((await browser.fetch('/api/me')).status).toBe(200);
    await settled();
    world.pass(EXPIRED - DUE);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
  });

  it('may be asked again when the provider accepts the previous token for a while', async () => {
    world = await createWorld({ provider: { overlapSeconds: 30 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '30' } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.cut.token = true;
    await browser.fetch('/api/me');
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(2);
    expect(world.provider.familyRevoked).toBe(false);
  });

  it('but not in the last two seconds of that while', async () => {
    world = await createWorld({ provider: { overlapSeconds: 2 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '2' } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.cut.token = true;
    await browser.fetch('/api/me');
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(1);
  });

  it.each(['says nothing of it', 'sends it again'])(
    'may be asked again when the provider was seen not to rotate the token, and %s',
    async (how) => {
      world = await createWorld({ provider: { rotation: false } });
      let token: unknown;
      world.provider.lies.tokenResponse = (json) => {
        token ??= json.refresh_token;
        return how === 'sends it again' ? { ...json, refresh_token: token } : json;
      };
      const browser = await world.signedIn();
      world.pass(EXPIRED);
      expect((await browser.fetch('/api/me')).status).toBe(200);
      world.pass(EXPIRED);
      world.provider.lies.cut.token = true;
      await browser.fetch('/api/me');
      world.provider.beHonest();
      expect((await browser.fetch('/api/me')).status).toBe(200);
      expect(presentations()).toBe(3);
    },
  );
});

describe('a renewal that comes after another one was stored', () => {
  it('drops what it brings: to revoke it could end the grant of what was stored', async () => {
    world = await createWorld({ provider: { overlapSeconds: 30 }, env: { SSO_REFRESH_OVERLAP_SECONDS: '30' } });
    const browser = await world.signedIn();
    const other = await elsewhere(browser);
    world.pass(EXPIRED);
    const [asked, ask] = signal();
    const [told, tell] = signal();
    world.redis.fault = async (pass, _call, [, script]) => {
      if (script !== COMMIT) return pass();
      world.redis.fault = null;
      ask();
      await told;
      return pass();
    };
    const late = browser.fetch('/api/me');
    await asked;
    await world.redis.command('HSET', await world.recordKey(browser), 'lease', 0);
    expect((await other.fetch('/api/me')).status).toBe(200);
    tell();
    expect((await late).status).toBe(200); // with what the other attempt stored
    await settled();
    expect(renewals()).toEqual(['refreshed', 'superseded']);
    expect(world.provider.calls('revocation')).toEqual([]);
    world.pass(EXPIRED);
    expect((await other.fetch('/api/me')).status).toBe(200);
  });
});

describe('a provider that does not rotate', () => {
  it('keeps the token that all isolates have, when an answer comes after another one was stored', async () => {
    world = await createWorld({ provider: { rotation: false } });
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    await browser.navigate('/dashboard'); // from here on it is known
    const other = await elsewhere(browser);
    world.pass(EXPIRED);
    const [asked, ask] = signal();
    const [told, tell] = signal();
    world.provider.lies.instead.token = async () => {
      ask();
      await told;
      return null;
    };
    const late = browser.fetch('/api/me');
    await asked;
    world.provider.beHonest();
    await world.redis.command('HSET', await world.recordKey(browser), 'lease', 0);
    expect((await other.fetch('/api/me')).status).toBe(200);
    tell();
    expect((await late).status).toBe(200);
    await settled();
    expect(renewals()).toEqual(['refreshed', 'refreshed', 'superseded']);
    expect(world.provider.calls('revocation')).toEqual([]);
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('a provider that takes its time', () => {
  const reasons = () => world.events('renewal_unavailable').map(({ reason }) => reason);

  it('lets no request wait for more than nine seconds in all, and the renewal goes on', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const [told, tell] = signal();
    world.provider.lies.instead.token = async () => {
      await told;
      return null;
    };
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const yours = await pass();
      world.pass(8.9); // went by on the way
      return yours;
    };
    expect((await browser.fetch('/api/me')).status).toBe(503);
    expect(reasons()).toEqual(['the provider is slow']);
    tell();
    await settled();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
  });

  it('nor lets a request wait longer for the renewal of another one', async () => {
    const browser = await world.signedIn();
    const other = await elsewhere(browser);
    world.pass(EXPIRED);
    const [asked, ask] = signal();
    const [told, tell] = signal();
    world.provider.lies.instead.token = async () => {
      ask();
      await told;
      return null;
    };
    const holding = browser.fetch('/api/me');
    await asked;
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const busy = await pass();
      world.pass(9);
      return busy;
    };
    expect((await other.fetch('/api/me')).status).toBe(503);
    expect(reasons()).toEqual(['renewal takes too long']);
    tell();
    expect((await holding).status).toBe(200);
    expect((await other.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
  });
});

describe('an answer that is different, and right', () => {
  it.each<[string, (json: JsonObject) => JsonObject]>([
    ['without ID token', ({ id_token: _, ...json }) => json],
    ['without scope', ({ scope: _, ...json }) => json],
    ['without expires_in', ({ expires_in: _, ...json }) => json],
  ])('%s', async (_, edit) => {
    const browser = await world.signedIn();
    world.provider.lies.tokenResponse = (json) => edit({ ...json });
    for (let round = 0; round < 2; round += 1) {
      world.pass(EXPIRED);
      const body = (await (await browser.fetch('/auth/session')).json()) as { user: JsonObject };
      expect(body.user).toMatchObject({ name: world.provider.person.name });
    }
    expect(presentations()).toBe(2);
  });

  it('with new claims: they count at once', async () => {
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    world.provider.person = { ...world.provider.person, roles: [] };
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
  });

  it('for a page that is refused all the same: the new cookie comes with the 403', async () => {
    const browser = await world.signedIn();
    const before = browser.cookies.get(NAME)?.value;
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(browser.cookies.get(NAME)?.value).not.toBe(before);
  });

  it('with a claim taken away, not emptied: it is gone, and what is still claimed stays', async () => {
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    world.provider.lies.idToken = ({ roles: _, ...claims }) => claims;
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    const body = (await (await browser.fetch('/auth/session')).json()) as { user: JsonObject };
    expect(body.user).toMatchObject({ name: world.provider.person.name });
    expect(body.user).not.toHaveProperty('roles');
  });

  it('with keys out of reach: the tokens count, the new ID token does not', async () => {
    world.provider.person = { ...world.provider.person, roles: ['admin'] };
    const browser = await world.signedIn('/admin');
    world.provider.person = { ...world.provider.person, roles: [] };
    world.pass(3_601); // the keys that were at hand are too old by now
    world.provider.lies.refuse.jwks = true;
    expect((await browser.fetch('/admin')).status).toBe(200);
    expect(renewals()).toEqual(['refreshed']);
    const { hops } = await browser.post('/auth/logout', { redirect: 'manual' });
    const hint = new URL(hops[0]?.headers.get('location') ?? '').searchParams.get('id_token_hint') ?? '';
    expect(decodeJwt(hint)).toMatchObject({ roles: ['admin'] }); // nor does it prove anything
  });
});

describe('logout wins over a renewal in flight', () => {
  it('what the renewal brings is revoked, and the session is gone for every isolate', async () => {
    const browser = await world.signedIn();
    const tab = await elsewhere(browser);
    const copy = browser.clone();
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 300;
    const waiting = browser.fetch('/api/me');
    await new Promise((resolve) => setTimeout(resolve, 100));
    await tab.post('/auth/logout', { form: {}, redirect: 'manual' });
    expect((await waiting).status).toBe(401);
    await settled();
    expect((await copy.fetch('/api/me')).status).toBe(401);
    const revoked = world.provider.calls('revocation').map(({ token }) => token?.id);
    expect(revoked).toHaveLength(2); // the token that logout found, and the one that came too late
    expect(new Set(revoked).size).toBe(2);
    expect(presentations()).toBe(1);
  });

  it.each([
    ['of the session', 31],
    ['of tokens that are due', DUE],
  ])('while Redis still speaks %s: its answer comes too late', async (_, seconds) => {
    const browser = await world.signedIn();
    const tab = browser.clone();
    world.pass(seconds);
    const [asked, ask] = signal();
    const [signedOut, goOn] = signal();
    world.redis.fault = async (pass) => {
      world.redis.fault = null;
      const answer = await pass();
      ask();
      await signedOut;
      return answer;
    };
    const waiting = browser.fetch('/api/me');
    await asked;
    await tab.post('/auth/logout', { redirect: 'manual' });
    goOn();
    expect((await waiting).status).toBe(401);
    expect(presentations()).toBe(0);
  });
});

describe('Redis and a renewal', () => {
  it.each(Object.entries(REDIS_FAULTS))(
    '%s: 503, the provider is not called, and it recovers by itself',
    async (_, fault) => {
      const browser = await world.signedIn();
      world.pass(EXPIRED);
      world.redis.fault = fault;
      const response = await browser.fetch('/api/me');
      expect(response.status).toBe(503);
      expect(response.headers.get('retry-after')).toMatch(/^\d+$/);
      expect((await browser.navigate('/')).response.status).toBe(200); // public pages are shown in any case
      expect(presentations()).toBe(0);
      expect(browser.cookies.get(NAME)).toBeDefined();
      world.redis.fault = null;
      expect((await browser.fetch('/api/me')).status).toBe(200);
    },
  );

  it.each<[string, number, RedisFault]>([
    ['does not answer', 503, REDIS_FAULTS.refused],
    ['knows no such session', 401, async () => Response.json({ result: ['gone'] })],
  ])('that %s: a crowd is told at once, and not one after the other', async (_, status, fault) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.redis.fault = fault;
    const crowd = Array.from({ length: 30 }, () => browser.clone());
    const started = performance.now();
    const answers = await Promise.all(crowd.map((one) => one.fetch('/api/me')));
    expect(answers.map((answer) => answer.status)).toEqual(Array(30).fill(status));
    expect(performance.now() - started).toBeLessThan(5_000);
  });

  it('answering from a stale replica changes nothing: what decides is a script on the primary', async () => {
    const browser = await world.signedIn();
    const isolates = await Promise.all([elsewhere(browser), elsewhere(browser), elsewhere(browser)]);
    world.redis.fault = staleReplica;
    world.pass(EXPIRED);
    const answers = await Promise.all(isolates.map((one) => one.fetch('/api/me')));
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(presentations()).toBe(1);
  });

  it('restarted empty: the session is over, nothing is presented, and the person passes through the provider', async () => {
    const browser = await world.signedIn();
    await world.redis.command('DEL', await world.recordKey(browser));
    world.pass(EXPIRED);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    expect(presentations()).toBe(0);
    const { response, hops } = await browser.navigate('/dashboard');
    expect([response.status, hops.length]).toEqual([200, 4]);
  });

  it.each([1, 2])('a lost reply of call %i costs a second trip and nothing else', async (lost) => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const lose = replyLostOnce();
    let call = 0;
    world.redis.fault = (pass, number, command) => {
      call += 1;
      return call < lost ? pass() : lose(pass, number, command);
    };
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(presentations()).toBe(1);
    expect(world.provider.calls('revocation')).toEqual([]);
  });

  it('away for a moment when the result is to be stored: it is stored all the same', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    let call = 0;
    world.redis.fault = (pass) => {
      call += 1;
      return call >= 2 && call <= 4 ? REDIS_FAULTS.refused() : pass();
    };
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(renewals()).toEqual(['refreshed']);
  });

  it('away for longer: the result is stored as soon as it is back', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    let refused = 0;
    world.redis.fault = (pass, _call, [, script]) => {
      if (script !== COMMIT || refused === 12) return pass();
      refused += 1;
      return REDIS_FAULTS.refused();
    };
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect([refused, renewals(), presentations()]).toEqual([12, ['refreshed'], 1]);
  });

  it('away for longer than a request waits: 503 in time, and the result is stored behind the answer', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const [answered, answer] = signal();
    world.redis.fault = async (pass, _call, [, script]) => {
      if (script !== COMMIT) return pass();
      await answered;
      return pass();
    };
    world.provider.lies.instead.token = () => {
      world.pass(9); // all the time that the request has
      return null;
    };
    expect((await browser.fetch('/api/me')).status).toBe(503);
    answer();
    await settled();
    world.provider.beHonest();
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect([renewals(), presentations()]).toEqual([['refreshed'], 1]);
  });

  it('gone for good when the result is to be stored: 503, and the old token is never presented again', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    let call = 0;
    world.redis.fault = (pass) => {
      call += 1;
      if (call < 2) return pass();
      world.pass(6); // twenty seconds are over soon
      return REDIS_FAULTS.refused();
    };
    expect((await browser.fetch('/api/me')).status).toBe(503);
    await settled();
    world.redis.fault = null;
    for (let time = 0; time < 3; time += 1) expect((await browser.fetch('/api/me')).status).not.toBe(200);
    expect(presentations()).toBe(1);
  });
});

describe('POST /auth/refresh', () => {
  const refresh = (browser: Browser, origin?: string) =>
    browser.fetch('/auth/refresh', { method: 'POST', ...(origin && { origin }) });

  it('renews what is over, and does not call the provider for what is fresh', async () => {
    const browser = await world.signedIn();
    expect(await world.cost(() => refresh(browser))).toEqual({ redis: 2, provider: 0 }); // two counts of the rate limiter
    world.pass(EXPIRED);
    const response = await refresh(browser);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ user: { sub: world.provider.person.sub } });
    expect(presentations()).toBe(1);
  });

  it('is 401 without a session, 403 from elsewhere, 405 by GET', async () => {
    expect((await refresh(world.browser())).status).toBe(401);
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect((await refresh(browser, 'https://evil.test')).status).toBe(403);
    expect((await browser.fetch('/auth/refresh')).status).toBe(405);
    expect(presentations()).toBe(0);
  });
});
