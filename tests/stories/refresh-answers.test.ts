import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { elsewhere } from '../world/elsewhere';
import { createWorld, type World } from '../world/world';

let world: World;
let browser: Browser;
beforeEach(async () => {
  world = await createWorld();
  browser = await world.signedIn();
});

const NAME = '__Host-Http-session';
const EXPIRED = 901;
const DUE = 730;
const MINUTE = 60;
const presentations = () => world.provider.refreshPresentations().length;
const renewals = () => world.events('renewal').map(({ outcome }) => outcome);
const settled = () => world.isolate.settled();
const status = async (who = browser) => (await who.fetch('/api/me')).status;
const recover = async (seconds: number) => {
  world.provider.beHonest();
  world.pass(seconds);
  await world.passInRedis(seconds, browser);
};

type Row = [title: string, answer: () => Response, reason: string];
const json =
  (status: number, body: unknown, headers: Record<string, string> = {}) =>
  () =>
    Response.json(body, { status, headers });
const error = (status: number, word: unknown, more = {}) => json(status, { error: word, ...more });
const html = (status: number) => () =>
  new Response('<h1>Request blocked</h1>', { status, headers: { 'content-type': 'text/html' } });
const named = (status: number, word: string, more = {}): Row => [
  `${status} ${word}`,
  error(status, word, more),
  `the provider answered ${status} ${word}`,
];

/** The grant is gone: the session ends, and the next document goes to the provider. */
const ends: Row[] = [
  named(400, 'invalid_grant'),
  named(403, 'invalid_grant'),
  named(401, 'invalid_grant'),
  named(422, 'invalid_grant'),
  named(200, 'invalid_grant'),
  ['400 invalid_scope', error(400, 'invalid_scope'), 'the provider answered 400 invalid_scope; see SSO_SCOPE'],
  named(400, 'interaction_required', { suberror: 'message_only', error_codes: [50076] }),
  named(400, 'login_required'),
  named(400, 'consent_required'),
  named(400, 'account_selection_required'),
  named(403, 'access_denied'),
  named(400, 'invalid_request'),
  [
    '400 unauthorized_client',
    error(400, 'unauthorized_client'),
    'the provider answered 400 unauthorized_client; see SSO_CLIENT_ID, SSO_CLIENT_AUTH_METHOD',
  ],
  named(400, 'mfa_required'),
  named(401, 'token_inactive'),
  named(400, 'constructor'),
  ['400 with a word that has digits', error(400, 'e1234.x'), 'the provider answered 400'],
];

/** Without a word of OAuth's the grant is gone too, but only once the access token is over. */
const wordless: Row[] = [
  ['an empty 400', () => new Response('', { status: 400 }), 'the provider answered 400'],
  ['403 as HTML', html(403), 'the provider answered 403'],
  ['400 "Bad Request"', error(400, 'Bad Request'), 'the provider answered 400'],
  ['403 "FORBIDDEN"', error(403, 'FORBIDDEN'), 'the provider answered 403'],
  ['400 with an object for an error', error(400, { code: 400 }), 'the provider answered 400'],
  ['400 with an empty error', error(400, ''), 'the provider answered 400'],
  ['400 with null for an error', error(400, null), 'the provider answered 400'],
  ['400 with a list', json(400, [{ error: 'invalid_grant' }]), 'the provider answered 400'],
  ['400 with null', json(400, null), 'the provider answered 400'],
];

/** The provider is in trouble: it recovers by itself. */
const passes: Row[] = [
  named(400, 'temporarily_unavailable'),
  named(400, 'server_error'),
  named(400, 'slow_down'),
  named(403, 'slow_down'),
  named(200, 'temporarily_unavailable'),
  named(503, 'invalid_grant'),
  named(429, 'invalid_grant'),
  named(500, 'invalid_grant'),
  named(409, 'conflict'),
  ['500', html(500), 'the provider answered 500'],
  ['502', html(502), 'the provider answered 502'],
  ['503', html(503), 'the provider answered 503'],
  ['429', html(429), 'the provider answered 429'],
];

const CLIENT = 'see SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD';
const rejected: Row[] = [
  ['401 invalid_client', error(401, 'invalid_client'), `the provider answered 401 invalid_client; ${CLIENT}`],
  ['400 invalid_client', error(400, 'invalid_client'), `the provider answered 400 invalid_client; ${CLIENT}`],
  ['200 invalid_client', error(200, 'invalid_client'), `the provider answered 200 invalid_client; ${CLIENT}`],
  [
    '400 unsupported_grant_type',
    error(400, 'unsupported_grant_type'),
    'the provider answered 400 unsupported_grant_type; see SSO_CLIENT_ID, SSO_CLIENT_SECRET, SSO_CLIENT_AUTH_METHOD',
  ],
  ['an empty 401', () => new Response('', { status: 401 }), `the provider answered 401; ${CLIENT}`],
  ['401 "Unauthorized"', error(401, 'Unauthorized'), `the provider answered 401; ${CLIENT}`],
];

describe.each([...ends, ...wordless])(
  'a refresh that is answered with %s while no access token lives',
  (_, answer, reason) => {
    it('ends the session: the next document goes to the provider', async () => {
      world.pass(EXPIRED);
      world.provider.lies.instead.token = answer;
      const other = await elsewhere(world, browser);
      expect(await status()).toBe(401);
      expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'ended', reason })]);
      const { response, hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
      expect([response.status, world.resolve(hops[0]?.headers.get('location'))]).toEqual([
        303,
        expect.stringContaining(world.provider.issuer),
      ]);
      expect(browser.cookies.get(NAME)).toBeUndefined();
      expect([await status(other), presentations()]).toEqual([401, 1]);
    });
  },
);

describe.each(ends)('a refresh that is answered with %s while the access token lives', (_, answer) => {
  it('ends the session', async () => {
    world.pass(DUE);
    world.provider.lies.instead.token = answer;
    expect(await status()).toBe(200); // the answer does not wait for the provider
    await settled();
    expect([await status(), renewals(), presentations()]).toEqual([401, ['ended'], 1]);
  });
});

describe.each(wordless)('a refresh that is answered with %s while the access token lives', (_, answer, reason) => {
  it('waits until its end, and renews the session then', async () => {
    world.pass(DUE);
    world.provider.lies.instead.token = answer;
    for (let time = 0; time < 3; time += 1) {
      expect(await status()).toBe(200);
      await settled();
      world.pass(10);
      await world.passInRedis(10, browser);
    }
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'postponed', reason })]);
    await recover(EXPIRED - DUE - 30);
    expect([await status(), renewals(), presentations()]).toEqual([200, ['postponed', 'refreshed'], 2]);
  });
});

describe.each(passes)('a refresh that is answered with %s', (_, answer, reason) => {
  it('while no access token lives: 503 with the cookie kept, and the session is renewed after the wait', async () => {
    world.pass(EXPIRED);
    world.provider.lies.instead.token = answer;
    const response = await browser.fetch('/api/me');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
    expect([await status(), presentations()]).toEqual([503, 1]); // the back-off holds
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'postponed', reason })]);
    expect([browser.cookies.get(NAME)?.value !== undefined, world.events('client_rejected')]).toEqual([true, []]);
    await recover(5);
    expect([await status(), renewals(), presentations()]).toEqual([200, ['postponed', 'refreshed'], 2]);
  });

  it('while the access token lives: pages are served, and the session is renewed after the wait', async () => {
    world.pass(DUE);
    world.provider.lies.instead.token = answer;
    for (let time = 0; time < 3; time += 1) expect(await status()).toBe(200);
    await settled();
    expect(presentations()).toBe(1);
    await recover(5);
    expect(await status()).toBe(200);
    await settled();
    expect([renewals(), presentations()]).toEqual([['postponed', 'refreshed'], 2]);
  });
});

describe.each(rejected)('a refresh that is answered with %s', (_, answer, reason) => {
  it('is about the client: one try a minute of the whole deployment, and an event that names the variables', async () => {
    const ben = await world.signedIn();
    const eve = await world.signedIn('/dashboard', await world.anotherIsolate());
    world.pass(EXPIRED);
    world.provider.lies.instead.token = answer;
    const response = await browser.fetch('/api/me');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '60']);
    expect(world.events('client_rejected')).toEqual([expect.objectContaining({ reason })]);
    expect(renewals()).toEqual(['postponed']);
    expect([await status(), await status(ben), await status(eve), presentations()]).toEqual([503, 503, 503, 1]);
    world.pass(MINUTE);
    await world.passInRedis(MINUTE, ben);
    expect([await status(ben), await status(eve), await status(), presentations()]).toEqual([503, 503, 503, 2]);
    world.provider.beHonest();
    world.pass(MINUTE);
    await world.passInRedis(MINUTE, browser);
    expect(await status()).toBe(200);
    await world.passInRedis(MINUTE, ben);
    expect([await status(ben), await status(eve), presentations()]).toEqual([200, 200, 5]);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('while the access token lives: pages are served', async () => {
    world.pass(DUE);
    world.provider.lies.instead.token = answer;
    for (let time = 0; time < 3; time += 1) {
      expect(await status()).toBe(200);
      await settled();
    }
    expect([renewals(), presentations()]).toEqual([['postponed'], 1]);
  });
});

describe('a refresh whose answer is no refusal and no tokens', () => {
  it.each<Row>([
    ['200 with a word of its own', error(200, 'sso_surprise'), 'the provider answered 200 sso_surprise'],
    ['200 "Error"', error(200, 'Error'), 'a 200 that cannot be read'],
    ['404 as HTML', html(404), 'the provider answered 404'],
    ['405 as HTML', html(405), 'the provider answered 405'],
    ['504 invalid_grant', error(504, 'invalid_grant'), 'the provider answered 504 invalid_grant'],
  ])('%s: the token is not presented again, and the user passes through the provider', async (_, answer, reason) => {
    world.pass(EXPIRED);
    world.provider.lies.instead.token = answer;
    expect(await status()).toBe(503);
    world.provider.beHonest();
    expect([await status(), presentations()]).toEqual([401, 1]);
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'uncertain', reason })]);
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
  });

  it('an error beside an access token: the token counts', async () => {
    world.pass(EXPIRED);
    world.provider.lies.tokenResponse = (body) => ({ ...body, error: null, error_description: '' });
    expect([await status(), renewals()]).toEqual([200, ['refreshed']]);
    world.pass(EXPIRED);
    world.provider.lies.tokenResponse = (body) => ({ ...body, error: 'server_error' });
    expect([await status(), renewals()]).toEqual([200, ['refreshed', 'refreshed']]);
  });
});
