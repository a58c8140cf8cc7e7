import { beforeEach, describe, expect, it } from 'vitest';
import type { ProviderError } from '../../lib/errors';
import type { Access } from '../../lib/renewal/access-token';
import type { JsonObject } from '../world/provider';
import { signal } from '../world/signal';
import { type Demanding, demandsOf, tokenIn } from '../world/token-demands';
import { createWorld, type World } from '../world/world';

const LIFE = 900;
const GAP = 10;
const API = 'https://api.example';
const OTHER = 'https://other.example';
const TARGET = { resource: API };

let world: World;
let isolate: Demanding;
const open = async (options: Parameters<typeof createWorld>[0] = {}) => {
  world = await createWorld({ ...options, provider: { resources: [API, OTHER], ...options.provider } });
  isolate = await demandsOf(world, await world.signedIn());
};
beforeEach(() => open());

const presentations = () => world.provider.refreshPresentations();
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);
const raw = (access: Access) => (access.kind === 'token' ? access.token.accessToken : '');
/** What a demand of the same isolate costs, and what it gets. */
const asked = async (...demand: Parameters<Demanding['ask']>) => {
  const before = [world.redis.calls, presentations().length] as const;
  const got = tokenIn(await isolate.ask(...demand));
  return [got, world.redis.calls - before[0], presentations().length - before[1]];
};

describe('the token of the sign-in', () => {
  it('costs one call to Redis in an isolate that has not seen it, and then none', async () => {
    expect(await asked()).toEqual(['at-1', 1, 0]);
    expect(await asked()).toEqual(['at-1', 0, 0]);
  });

  it('comes with what it is', async () => {
    const now = Math.floor(Date.now() / 1000);
    expect(await isolate.ask()).toMatchObject({
      kind: 'token',
      token: { tokenType: 'Bearer', scope: expect.stringContaining('openid'), issuedAt: expect.any(Number) },
      session: isolate.session,
    });
    const { token } = (await isolate.ask()) as Extract<Access, { kind: 'token' }>;
    expect(Math.abs(token.expiresAt - now - LIFE)).toBeLessThan(5);
  });

  it('is asked of Redis where what is remembered is older than the session, or than the caller accepts', async () => {
    await isolate.ask();
    const newer = { ...isolate.session, generation: 2 };
    expect(await asked({}, newer)).toEqual(['at-1', 1, 0]);
    expect(await asked({ since: Date.now() - 1_000 })).toEqual(['at-1', 0, 0]);
    world.pass(60);
    expect(await asked({ since: Date.now() - 1_000 })).toEqual(['at-1', 1, 0]);
  });

  it('is renewed when it is over, and the session comes with it', async () => {
    await isolate.ask();
    world.pass(LIFE + 1);
    expect(await isolate.ask()).toMatchObject({ kind: 'token', session: { generation: 2 } });
    expect(await asked()).toEqual(['at-2', 0, 0]);
    expect(presentations()).toHaveLength(1);
  });

  it('in a cold isolate with a session whose token is over, costs two calls', async () => {
    await isolate.deps.provider.requiresPar(); // has the provider's documents
    world.pass(LIFE + 1);
    expect(await asked()).toEqual(['at-2', 2, 1]);
  });

  it('with less life than is asked for is renewed, but not more than once in ten seconds', async () => {
    world.pass(LIFE - 20);
    expect(tokenIn(await isolate.ask({ minTtlSeconds: 10 }))).toBe('at-1');
    expect(tokenIn(await isolate.ask({ minTtlSeconds: 30 }))).toBe('at-2');
    for (let time = 0; time < 3; time += 1)
      expect(tokenIn(await isolate.ask({ minTtlSeconds: 2 * LIFE }))).toBe('at-2');
    expect(presentations()).toHaveLength(1);
    world.pass(GAP);
    expect(tokenIn(await isolate.ask({ minTtlSeconds: 2 * LIFE }))).toBe('at-3');
  });

  it('without a refresh token ends, and only a new sign-in brings another', async () => {
    await open({ env: { SSO_SCOPE: 'openid' } });
    expect(tokenIn(await isolate.ask())).toBe('at-1');
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask())).toBe('over');
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('denied');
  });
});

describe('a token that an API has refused', () => {
  it('is renewed once for a hundred requests of two isolates', async () => {
    const browser = await world.signedIn();
    const isolates = [await demandsOf(world, browser), await demandsOf(world, browser)];
    const refused = raw(await (isolates[0] as Demanding).ask());
    await isolates[1]?.ask();
    world.pass(GAP);
    world.provider.lies.delay.token = 100;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => isolates[index % 2]?.ask({ refused }) as Promise<Access>),
    );
    expect(new Set(answers.map(tokenIn))).toEqual(new Set(['at-3']));
    expect(presentations()).toHaveLength(1);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('comes back when it is younger than ten seconds: another one would be refused too', async () => {
    const refused = raw(await isolate.ask());
    expect(await asked({ refused })).toEqual(['at-1', 0, 0]);
    world.pass(GAP);
    expect(tokenIn(await isolate.ask({ refused }))).toBe('at-2');
    expect(await asked({ refused: raw(await isolate.ask()) })).toEqual(['at-2', 0, 0]);
  });

  it('and each one in its place too, is renewed after 10, 20, 40 and then 60 seconds', async () => {
    for (const seconds of [10, 20, 40, 60, 60]) {
      const refused = raw(await isolate.ask());
      world.pass(seconds - 5);
      expect(raw(await isolate.ask({ refused }))).toBe(refused);
      world.pass(5);
      expect(raw(await isolate.ask({ refused }))).not.toBe(refused);
    }
    expect(presentations()).toHaveLength(5);
  });

  it('is no reason to renew another one', async () => {
    world.pass(GAP);
    expect(await asked({ refused: 'of an earlier time' })).toEqual(['at-1', 1, 0]);
  });

  it('of a target is asked for again, and the token of the sign-in stays', async () => {
    const refused = raw(await isolate.ask({ target: TARGET }));
    world.pass(GAP);
    expect(tokenIn(await isolate.ask({ target: TARGET, refused }))).toBe('at-3');
    expect(await asked()).toEqual(['at-1', 0, 0]);
  });

  it.each<[string, () => void]>([
    ['the provider is down', () => Object.assign(world.provider.lies.refuse, { token: true })],
    ['the outcome is unknown', () => Object.assign(world.provider.lies.cut, { token: true })],
    ['Redis is down', () => Object.assign(world.redis, { fault: () => Promise.reject(new TypeError('fetch failed')) })],
  ])('comes back while %s, and the session lives', async (_, break_) => {
    const refused = raw(await isolate.ask());
    world.pass(GAP);
    break_();
    expect(tokenIn(await isolate.ask({ refused }))).toBe('at-1');
    expect(tokenIn(await isolate.ask({ refused }))).toBe('at-1');
    expect(tokenIn(await isolate.ask())).toBe('at-1');
    expect(presentations().length).toBeLessThanOrEqual(1);
  });

  it('ends the session when the provider says that the grant is gone', async () => {
    const refused = raw(await isolate.ask());
    world.pass(GAP);
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    expect(tokenIn(await isolate.ask({ refused }))).toBe('gone');
    expect(await asked()).toEqual(['gone', 0, 0]);
  });
});

describe('a token for a target', () => {
  it('is asked for with resource and scope, and kept in the record', async () => {
    await open({ provider: { furtherScopes: ['orders:read'] } });
    const target = { resource: API, scope: 'orders:read' };
    expect(await isolate.ask({ target })).toMatchObject({ token: { scope: 'orders:read', tokenType: 'Bearer' } });
    expect(presentations().at(-1)).toMatchObject({ resource: API, scope: 'orders:read', outcome: 'ok' });
    expect(await asked({ target })).toEqual(['at-2', 0, 0]);
    isolate = await demandsOf(world, await world.signedIn());
    expect(world.provider.calls('userinfo')).toEqual([]);
  });

  it('is found by another isolate with one call to Redis, in whatever order the scope is named', async () => {
    await open({ provider: { furtherScopes: ['a', 'b'] } });
    const browser = await world.signedIn();
    const [here, there] = [await demandsOf(world, browser), await demandsOf(world, browser)];
    const first = tokenIn(await here.ask({ target: { scope: 'a b' } }));
    isolate = there;
    expect(await asked({ target: { scope: 'b a b' } })).toEqual([first, 1, 0]);
  });

  it('leaves the token of the sign-in as it is, and hands the refresh token on', async () => {
    const before = await isolate.deps.records.peek(isolate.session);
    await isolate.ask({ target: TARGET });
    const after = await isolate.deps.records.peek(isolate.session);
    const { refreshToken, ...rest } = before?.record.tokens ?? {};
    expect(after?.record.tokens).toMatchObject(rest);
    expect(after?.record.tokens.refreshToken).not.toBe(refreshToken);
    expect(after?.record.claims).toEqual(before?.record.claims);
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask())).toBe('at-3');
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('is asked for once by a hundred requests of two isolates, beside those for another one', async () => {
    const browser = await world.signedIn();
    const isolates = [await demandsOf(world, browser), await demandsOf(world, browser)];
    world.provider.lies.delay.token = 100;
    const ask = (index: number, resource: string) =>
      isolates[index % 2]?.ask({ target: { resource } }) as Promise<Access>;
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) => ask(index, index % 3 === 0 ? OTHER : API)),
    );
    expect(new Set(answers.map(tokenIn)).size).toBe(2);
    expect(
      presentations()
        .map(({ resource }) => resource)
        .sort(),
    ).toEqual([API, OTHER]);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('and a renewal of the sign-in at the same time: each once, one after the other', async () => {
    const browser = await world.signedIn();
    const [here, there] = [await demandsOf(world, browser), await demandsOf(world, browser)];
    world.pass(LIFE + 1);
    world.provider.lies.delay.token = 50;
    const answers = await Promise.all([
      here.ask(),
      there.ask({ target: TARGET }),
      there.ask(),
      here.ask({ target: TARGET }),
    ]);
    expect(answers.map(({ kind }) => kind)).toEqual(['token', 'token', 'token', 'token']);
    expect(new Set(answers.map(tokenIn)).size).toBe(2);
    expect(presentations()).toHaveLength(2);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('lives through renewals of the sign-in, and is renewed when it is over', async () => {
    await isolate.ask({ target: TARGET }); // at-2
    world.pass(LIFE - 5);
    expect(tokenIn(await isolate.ask({ minTtlSeconds: 30 }))).toBe('at-3');
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('at-2');
    world.pass(6);
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('at-4');
    const held = await isolate.deps.records.peek(isolate.session);
    expect(held?.record.further).toHaveLength(1);
  });

  it('that is due is renewed behind the answer, once for all requests of two isolates', async () => {
    const browser = await world.signedIn();
    const isolates = [await demandsOf(world, browser), await demandsOf(world, browser)] as const;
    for (const one of isolates) await one.ask({ target: TARGET }); // at-3
    world.pass(LIFE - 180);
    const [isOver, answer] = signal();
    world.provider.lies.instead.token = async () => {
      await isOver;
      return null;
    };
    const ask = (one: Demanding) => one.ask({ target: TARGET });
    const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(isolates[index % 2] as Demanding)));
    expect(new Set(answers.map(tokenIn))).toEqual(new Set(['at-3'])); // and the provider has not answered yet
    answer();
    for (const one of isolates) await one.settled();
    expect(presentations()).toHaveLength(2);
    expect(tokenIn(await ask(isolates[0]))).toBe('at-4');
    world.pass(20); // the other isolate has had its turn
    await ask(isolates[1]);
    await isolates[1].settled();
    expect(tokenIn(await ask(isolates[1]))).toBe('at-4');
    expect(presentations()).toHaveLength(2);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('that is due stays while the provider does not answer', async () => {
    await isolate.ask({ target: TARGET });
    world.pass(LIFE - 180);
    world.provider.lies.refuse.token = true;
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('at-2');
    await isolate.settled();
    expect(renewals()).toEqual(['refreshed', 'postponed']);
    expect(await asked({ target: TARGET })).toEqual(['at-2', 0, 0]);
    expect(tokenIn(await isolate.ask())).toBe('at-1');
  });

  it('is one of eight: the one that was obtained longest ago goes', async () => {
    const resources = Array.from({ length: 9 }, (_, index) => `https://api-${index}.example`);
    await open({ provider: { resources } });
    const ask = (resource = '') => isolate.ask({ target: { resource } });
    for (const resource of resources.slice(0, 8)) await ask(resource);
    world.pass(GAP);
    await ask(resources[8]);
    const held = await isolate.deps.records.peek(isolate.session);
    expect(held?.record.further?.map(({ target }) => target.resource)).toEqual(resources.slice(1));
    expect((await asked({ target: { resource: resources[8] as string } })).slice(1)).toEqual([0, 0]);
    expect((await asked({ target: { resource: resources[0] as string } })).at(-1)).toBe(1);
  });

  it('waits for its place while eight others are younger than ten seconds, and the provider is not asked', async () => {
    const { deps, session } = isolate;
    const attempt = { id: 'attempt', session };
    const answer = await deps.records.checkout(attempt, 10_000, () => {});
    if (answer.kind !== 'yours') throw new Error('no lease');
    const issuedAt = Math.floor(Date.now() / 1000);
    const one = { accessToken: 'a', scope: '', issuedAt, expiresAt: issuedAt + LIFE };
    const further = Array.from({ length: 8 }, (_, index) => ({ ...one, target: { resource: `urn:${index}` } }));
    await deps.records.commit(attempt, { ...answer.record, further }, false);
    const asking = Math.floor(Date.now() / 1000);
    const error = await isolate.ask({ target: TARGET }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PROVIDER_UNAVAILABLE' });
    const { retryAfterSeconds = 0 } = (error as ProviderError).details;
    const asked = issuedAt + GAP - retryAfterSeconds;
    expect([asked >= asking, asked <= Date.now() / 1000, presentations()]).toEqual([true, true, []]);
    world.pass(retryAfterSeconds);
    expect((await isolate.ask({ target: TARGET })).kind).toBe('token');
  });

  it.each([{}, { resource: '', scope: '' }])(
    'that asks for nothing (%j) is the token of the sign-in',
    async (target) => {
      expect(await asked({ target })).toEqual(['at-1', 1, 0]);
    },
  );

  it('with all of the granted scope is the token of the sign-in, with a part of it one of its own', async () => {
    const { scope } = isolate.session;
    expect(await asked({ target: { scope } })).toEqual(['at-1', 1, 0]);
    expect(await isolate.ask({ target: { scope: 'openid' } })).toMatchObject({ token: { scope: 'openid' } });
    expect(presentations()).toHaveLength(1);
  });

  it('is revoked when the session was signed out meanwhile, and no request gets it', async () => {
    const [isAsked, ask] = signal();
    const [isOver, answer] = signal();
    world.provider.lies.tokenResponse = undefined;
    world.provider.lies.instead.token = async () => {
      ask();
      await isOver;
      return null;
    };
    const got = isolate.ask({ target: TARGET });
    await isAsked;
    await isolate.deps.records.remove(isolate.session);
    answer();
    expect(tokenIn(await got)).toBe('gone');
    await isolate.settled();
    expect(world.provider.calls('revocation')).toHaveLength(1);
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('gone');
  });
});

describe('a target that the provider refuses', () => {
  const says = (error: string, status = 400) => {
    world.provider.lies.instead.token = (form) =>
      form.has('resource') || form.has('scope') ? Response.json({ error }, { status }) : null;
  };

  it.each([
    ['invalid_scope', 400],
    ['access_denied', 403],
    ['consent_required', 400],
    ['interaction_required', 400],
    ['login_required', 400],
    ['invalid_request', 400],
    ['unauthorized_client', 401],
    ['a_word_of_its_own', 400],
  ])('by %s is denied for a minute, and the session goes on', async (error, status) => {
    says(error, status);
    expect(await isolate.ask({ target: TARGET })).toMatchObject({ kind: 'denied', error });
    expect(await asked({ target: TARGET })).toEqual(['denied', 0, 0]);
    expect(await asked()).toEqual(['at-1', 0, 0]);
    expect(renewals()).toEqual(['denied']);
    world.provider.beHonest();
    world.pass(60);
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('at-2');
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('by invalid_target is denied to all sessions for a minute, and the refresh token counts as used', async () => {
    await open({ provider: { looksAtResource: 'last' } });
    const unknown = { target: { resource: 'https://unknown.example' } };
    expect(await isolate.ask(unknown)).toMatchObject({ kind: 'denied', error: 'invalid_target' });
    const { session } = await demandsOf(world, await world.signedIn());
    expect(tokenIn(await isolate.ask(unknown, session))).toBe('denied');
    expect(presentations()).toHaveLength(1);
    expect(await asked()).toEqual(['at-1', 0, 0]);
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask())).toBe('withheld');
    expect(tokenIn(await isolate.ask({}, session))).toBe('at-3');
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it.each(['from the provider', 'in Redis'])(
    'by invalid_target is denied to one session alone in an isolate that has seen a token for it %s',
    async (where) => {
      const owner = await world.signedIn();
      isolate = await demandsOf(world, owner);
      await isolate.ask({ target: TARGET });
      if (where === 'in Redis') isolate = await demandsOf(world, owner);
      await isolate.ask({ target: TARGET });
      const sessions = [await world.signedIn(), await world.signedIn()].map((browser) => demandsOf(world, browser));
      const [refused, other] = (await Promise.all(sessions)).map(({ session }) => session);
      says('invalid_target');
      expect(tokenIn(await isolate.ask({ target: TARGET }, refused))).toBe('denied');
      world.provider.beHonest();
      expect(tokenIn(await isolate.ask({ target: TARGET }, refused))).toBe('denied');
      expect((await isolate.ask({ target: TARGET }, other)).kind).toBe('token');
    },
  );

  it('by invalid_target is denied to one session alone from the time that another one gets a token for it', async () => {
    const sessions = [await world.signedIn(), await world.signedIn()].map((browser) => demandsOf(world, browser));
    const [refused, other] = (await Promise.all(sessions)).map(({ session }) => session);
    const [isAsked, ask] = signal();
    const [isOver, answer] = signal();
    world.provider.lies.instead.token = async () => {
      ask();
      await isOver;
      return null;
    };
    const got = isolate.ask({ target: TARGET });
    await isAsked;
    says('invalid_target');
    expect(tokenIn(await isolate.ask({ target: TARGET }, refused))).toBe('denied');
    world.provider.beHonest();
    expect(tokenIn(await isolate.ask({ target: TARGET }, other))).toBe('denied');
    answer();
    expect((await got).kind).toBe('token');
    expect((await isolate.ask({ target: TARGET }, other)).kind).toBe('token');
  });

  it('by invalid_target, of a provider that was seen not to rotate: the session goes on', async () => {
    await open({ provider: { rotation: false } });
    await isolate.ask({ target: TARGET });
    expect(tokenIn(await isolate.ask({ target: { resource: 'https://unknown.example' } }))).toBe('denied');
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask())).toBe('at-3');
  });

  it('is asked for once by a hundred requests of an isolate', async () => {
    says('invalid_target');
    let questions = 0;
    const lie = world.provider.lies.instead.token;
    world.provider.lies.instead.token = async (...request) => {
      questions += 1;
      await new Promise((resolve) => setTimeout(resolve, 50));
      return lie?.(...request) ?? null;
    };
    const answers = await Promise.all(Array.from({ length: 100 }, () => isolate.ask({ target: TARGET })));
    expect(new Set(answers.map(tokenIn))).toEqual(new Set(['denied']));
    expect(questions).toBe(1);
  });

  it('leaves a token that lives in its place', async () => {
    const refused = raw(await isolate.ask({ target: TARGET }));
    world.pass(GAP);
    says('consent_required');
    expect(tokenIn(await isolate.ask({ target: TARGET, refused }))).toBe('at-2');
  });

  it('by invalid_grant: a plain refresh tells that the session lives', async () => {
    world.pass(GAP);
    says('invalid_grant');
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('denied');
    expect(await asked({ target: TARGET })).toEqual(['denied', 0, 0]);
    expect(await asked()).toEqual(['at-2', 0, 0]);
    expect(presentations().map(({ resource }) => resource)).toEqual([API, undefined]);
    expect(renewals()).toEqual(['denied']);
  });

  it('by invalid_grant: a plain refresh tells that it is over', async () => {
    world.pass(GAP);
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('gone');
    expect(tokenIn(await isolate.ask())).toBe('gone');
  });

  it('by invalid_grant after more than half the time of an answer is denied, and not settled: the lease would end', async () => {
    world.pass(GAP);
    world.provider.lies.instead.token = async () => {
      await new Promise((resolve) => setTimeout(resolve, 4_500));
      return Response.json({ error: 'invalid_grant' }, { status: 400 });
    };
    expect(tokenIn(await world.skippingWaits(isolate.ask({ target: TARGET })))).toBe('denied');
    expect(presentations().map(({ resource }) => resource)).toEqual([API]);
    expect(await asked()).toEqual(['at-1', 0, 0]);
  });

  it('by invalid_grant within ten seconds of the last renewal is denied, and not settled', async () => {
    says('invalid_grant');
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('denied');
    expect(presentations().map(({ resource }) => resource)).toEqual([API]);
    expect(await asked()).toEqual(['at-1', 0, 0]);
  });
});

describe('an answer for a target that cannot be used', () => {
  /** Changes the answer to refreshes, after the refresh token has rotated. */
  const answers = (change: (json: JsonObject) => JsonObject) => {
    world.provider.lies.tokenResponse = (json, { grantType }) => (grantType === 'refresh_token' ? change(json) : json);
  };
  const further = async () => (await isolate.deps.records.peek(isolate.session))?.record.further;

  it.each<[string, (json: JsonObject) => JsonObject]>([
    ['a token of another type', (json) => ({ ...json, token_type: 'mac' })],
    ['an access token over 64 KB', (json) => ({ ...json, access_token: 'a'.repeat(65_537) })],
    ['an access token that no header can have', (json) => ({ ...json, access_token: 'a\nb' })],
    ['no access token', ({ access_token, ...json }) => json],
    ['an ID token that cannot be read', (json) => ({ ...json, id_token: 'a.b.c' })],
    ['an encrypted ID token', (json) => ({ ...json, id_token: 'a.b.c.d.e' })],
  ])('%s: the target is denied for a minute, and the session goes on with the new refresh token', async (_, change) => {
    answers(change);
    expect(await isolate.ask({ target: TARGET })).toMatchObject({ kind: 'denied', reason: expect.any(String) });
    expect(await asked({ target: TARGET })).toEqual(['denied', 0, 0]);
    expect([await asked(), await further(), renewals()]).toEqual([['at-1', 0, 0], undefined, ['denied']]);
    world.provider.beHonest();
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask())).toBe('at-3');
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('at-4');
    expect([world.provider.reuseEvents, world.provider.calls('revocation')]).toEqual([[], []]);
  });

  it.each<[string, JsonObject]>([
    ['person', { sub: 'person-2' }],
    ['issuer', { iss: 'https://other.test' }],
    ['client', { aud: 'other-client' }],
  ])('the ID token of another %s: the session ends, whatever its access token is worth', async (_, claims) => {
    world.provider.lies.idToken = (honest) => ({ ...honest, ...claims });
    answers((json) => ({ ...json, token_type: 'mac' }));
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('gone');
    await isolate.settled();
    expect([renewals(), world.provider.calls('revocation').length]).toEqual([['ended'], 2]);
  });

  it('a token that is bound to no key, where DPoP is required: denied likewise', async () => {
    await open({ provider: { dpop: 'required' }, env: { SSO_DPOP: 'require' } });
    answers((json) => ({ ...json, token_type: 'Bearer' }));
    expect(await isolate.ask({ target: TARGET })).toMatchObject({
      kind: 'denied',
      reason: expect.stringContaining('SSO_DPOP'),
    });
    world.provider.beHonest();
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask())).toBe('at-3');
  });

  it('ends the session in a plain refresh: it has no other token', async () => {
    answers((json) => ({ ...json, access_token: 'a\nb' }));
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask())).toBe('gone');
  });
});

describe('a failure that passes, while a token for a target is missing', () => {
  const UNAVAILABLE = { code: 'PROVIDER_UNAVAILABLE' };
  it.each<[string, () => Response]>([
    ['503', () => new Response('{}', { status: 503, headers: { 'retry-after': '7' } })],
    ['429', () => new Response('{}', { status: 429, headers: { 'retry-after': '7' } })],
    ['500', () => new Response('', { status: 500 })],
    ['invalid_client', () => Response.json({ error: 'invalid_client' }, { status: 401 })],
    ['temporarily_unavailable', () => Response.json({ error: 'temporarily_unavailable' }, { status: 400 })],
    ['a 400 without a word', () => new Response('', { status: 400 })],
  ])('%s: 503, then the back-off holds, and the session goes on', async (_, answer) => {
    world.provider.lies.instead.token = answer;
    await expect(isolate.ask({ target: TARGET })).rejects.toMatchObject(UNAVAILABLE);
    world.provider.beHonest();
    await expect(isolate.ask({ target: TARGET })).rejects.toMatchObject(UNAVAILABLE);
    expect(await asked()).toEqual(['at-1', 0, 0]);
    expect(presentations()).toHaveLength(1);
  });

  it('an unknown outcome: 503 for as long as the token of the sign-in lives, and the refresh token is not sent again', async () => {
    world.provider.lies.cut.token = true;
    await expect(isolate.ask({ target: TARGET })).rejects.toMatchObject(UNAVAILABLE);
    world.provider.beHonest();
    await expect(isolate.ask({ target: TARGET })).rejects.toMatchObject({
      ...UNAVAILABLE,
      details: { retryAfterSeconds: 60 },
    });
    expect(await asked()).toEqual(['at-1', 0, 0]);
    world.pass(LIFE + 1);
    expect(tokenIn(await isolate.ask({ target: TARGET }))).toBe('withheld');
    expect(presentations()).toHaveLength(1);
  });

  it('Redis is down: 503, and the provider is not asked', async () => {
    world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
    await expect(isolate.ask({ target: TARGET })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    const before = world.redis.calls;
    await expect(isolate.ask({ target: TARGET })).rejects.toMatchObject({ code: 'STORE_UNAVAILABLE' });
    expect(world.redis.calls).toBe(before); // the circuit breaker is open
    expect(presentations()).toEqual([]);
  });
});

describe('a session that has ended', () => {
  it('has no token in an isolate that remembers its record and learns of the end', async () => {
    await isolate.ask();
    isolate.deps.endedSessions.ended(isolate.session.id);
    expect(isolate.deps.recordMemory.get(isolate.session.id, 0)).toBeUndefined();
    expect(await asked()).toEqual(['gone', 0, 0]);
  });

  it('has none for a caller that asks Redis', async () => {
    await isolate.ask();
    await isolate.deps.records.remove(isolate.session);
    expect(tokenIn(await isolate.ask({ since: Date.now() + 1 }))).toBe('gone');
    expect(isolate.deps.recordMemory.get(isolate.session.id, 0)).toBeUndefined();
  });

  it.each<[string, boolean]>([
    ['read', true],
    ['stored', false],
  ])('has none for a request after the logout, though the reply with what was %s came later', async (_, isRead) => {
    const browser = await world.signedIn();
    const [here, there] = [await demandsOf(world, browser), await demandsOf(world, browser)];
    world.pass(LIFE + 1);
    if (isRead) await here.ask();
    let since = 0;
    world.redis.fault = async (pass, _call, command) => {
      const reply = await pass();
      if (!isRead && !command.includes('yes')) return reply; // no `commit` of a rotated token
      world.redis.fault = null;
      world.pass(1);
      since = Date.now();
      await here.deps.records.remove(here.session);
      return reply;
    };
    expect(tokenIn(await there.ask())).toBe('at-3');
    expect(tokenIn(await there.ask({ since }))).toBe('gone');
  });

  it('and is in no list, because another program has removed its record, has none once that is seen', async () => {
    const refused = raw(await isolate.ask());
    world.pass(GAP);
    await isolate.deps.records.remove(isolate.session);
    expect(await asked()).toEqual(['at-1', 0, 0]);
    expect(tokenIn(await isolate.ask({ refused }))).toBe('gone');
    expect(await asked()).toEqual(['gone', 1, 0]);
  });

  it('has none once the provider has set an end that has come', async () => {
    await isolate.ask();
    world.provider.lies.idToken = (claims) => ({ ...claims, session_expiry: Math.floor(Date.now() / 1000) + 60 });
    world.pass(LIFE - 30);
    expect(tokenIn(await isolate.ask({ minTtlSeconds: 60 }))).toBe('at-2');
    world.pass(61);
    expect(tokenIn(await isolate.ask())).toBe('gone');
  });
});
