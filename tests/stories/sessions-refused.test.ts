import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { REDIS_FAULTS, replyLostOnce } from '../world/redis';
import { KEYS } from '../world/redis-keys';
import { createWorld, type World } from '../world/world';

/** `POST /auth/sessions` in the rules of the world: signed in within 300 seconds. */
let world: World;
let here: Browser;
let there: Browser;
beforeEach(async () => {
  world = await createWorld();
  here = await world.signedIn();
  there = await world.signedIn('/dashboard', await world.anotherIsolate({ SESSION_CHECK_SECONDS: '0' }));
});

const JSON_TYPE = 'application/json';
const FORM_TYPE = 'application/x-www-form-urlencoded';
const post = (browser: Browser, body: string, type = JSON_TYPE, more: Record<string, string> = {}) =>
  browser.fetch('/auth/sessions', { method: 'POST', body, headers: { 'content-type': type, ...more } });
const idsOf = async (browser: Browser) => {
  const { sessions } = (await (await browser.fetch('/auth/sessions')).json()) as {
    sessions: readonly { readonly id: string }[];
  };
  return sessions.map(({ id }) => id);
};
const isIn = async (browser: Browser) => (await browser.fetch('/api/me')).status === 200;
const changedNothing = async () => {
  expect([await isIn(here), await isIn(there)]).toEqual([true, true]);
  expect(world.events('sessions_ended')).toEqual([]);
};

describe('an id', () => {
  it.each<[string, (own: string) => Promise<string> | string]>([
    [
      'of another person',
      async () => {
        world.provider.person = { sub: 'person-2', name: 'Ben Example' };
        return (await idsOf(await world.signedIn()))[0] ?? '';
      },
    ],
    ['that is forged', () => 'A'.repeat(43)],
    ['that is changed in one character', (own) => `${own[0] === 'A' ? 'B' : 'A'}${own.slice(1)}`],
    ['that is cut off', (own) => own.slice(0, -1)],
    ['with more behind it', (own) => `${own}\n`],
    ['that is empty', () => ''],
    ['that is a key of Redis', (own) => `${KEYS.record}${own}`],
    ['of 10 KB', () => 'x'.repeat(10_240)],
    ['that is a pattern', () => '*'],
  ])('%s: 404, and nothing changes', async (_, idFor) => {
    const id = await idFor((await idsOf(there))[0] ?? '');
    const response = await post(here, JSON.stringify({ id }));
    expect([response.status, await response.json()]).toEqual([
      404,
      expect.objectContaining({ code: 'NO_SUCH_SESSION' }),
    ]);
    expect((await post(here, `${new URLSearchParams({ id })}`, FORM_TYPE)).status).toBe(404);
    const { response: page } = await here.post('/auth/sessions', { form: { id }, redirect: 'manual' });
    expect(page.status).toBe(404);
    expect(await page.text()).toContain('This session has ended already, or it is not one of yours.');
    await changedNothing();
  });

  it('of a session that has ended: 404', async () => {
    const [id] = await idsOf(there);
    await there.post('/auth/logout', { redirect: 'manual' });
    expect((await post(here, JSON.stringify({ id }))).status).toBe(404);
    expect(await isIn(here)).toBe(true);
  });

  it('twice, as by a button that is pressed twice: the second is 404', async () => {
    const body = JSON.stringify({ id: (await idsOf(there))[0] });
    const answers = [await post(here, body), await post(here, body)];
    expect(answers.map(({ status }) => status)).toEqual([200, 404]);
  });
});

describe('a body', () => {
  it.each([
    ['nothing', '', FORM_TYPE],
    ['another name', 'other=1', FORM_TYPE],
    ['two names', 'id=x&others=1', FORM_TYPE],
    ['a doubled name', 'id=x&id=y', FORM_TYPE],
    ['a doubled name, twice the same', 'others=1&others=1', FORM_TYPE],
    ['no JSON', 'all', JSON_TYPE],
    ['nothing as JSON', '', JSON_TYPE],
    ['null', 'null', JSON_TYPE],
    ['a text', '"all"', JSON_TYPE],
    ['a list', '["all"]', JSON_TYPE],
    ['an empty object', '{}', JSON_TYPE],
    ['two members', '{"others":true,"all":true}', JSON_TYPE],
    ['others: false', '{"others":false}', JSON_TYPE],
    ['all: 1', '{"all":1}', JSON_TYPE],
    ['an id that is a number', '{"id":1}', JSON_TYPE],
    ['an id that is null', '{"id":null}', JSON_TYPE],
    ['a list of ids', '{"id":["x"]}', JSON_TYPE],
    ['a member of the prototype', '{"__proto__":{"all":true}}', JSON_TYPE],
    ['a form as plain text', 'others=1', 'text/plain'],
    ['JSON as plain text', '{"others":true}', 'text/plain'],
    [
      'a form with parts',
      '--x\r\ncontent-disposition: form-data; name="others"\r\n\r\n1\r\n--x--',
      'multipart/form-data; boundary=x',
    ],
    ['a type that only begins like JSON', '{"others":true}', 'application/jsonp'],
  ])('with %s: 400, and nothing changes', async (_, body, type) => {
    const response = await post(here, body, type);
    expect([response.status, await response.json()]).toEqual([400, expect.objectContaining({ code: 'BAD_REQUEST' })]);
    await changedNothing();
  });

  it.each([JSON_TYPE, FORM_TYPE])('of 65 KB as %s: 413, and nothing changes', async (type) => {
    expect((await post(here, `others=1&x=${'x'.repeat(66_560)}`, type)).status).toBe(413);
    await changedNothing();
  });

  it('has the charset of its type named, and members that mean nothing here', async () => {
    const response = await post(here, '{"others":true,"reason":"lost"}', 'Application/JSON; charset=utf-8');
    expect(response.status).toBe(200);
    expect(await isIn(there)).toBe(false);
  });
});

describe('a request', () => {
  it.each<[string, Record<string, string>]>([
    ['another origin', { origin: 'https://evil.test' }],
    ['an opaque origin', { origin: 'null', 'sec-fetch-site': 'cross-site' }],
    ['another site without Origin', { origin: '', 'sec-fetch-site': 'cross-site' }],
  ])('from %s: 403, and nothing changes', async (_, headers) => {
    const response = await post(here, '{"all":true}', JSON_TYPE, headers);
    expect([response.status, await response.json()]).toEqual([403, expect.objectContaining({ code: 'CSRF_REJECTED' })]);
    expect(response.headers.getSetCookie()).toEqual([]);
    await changedNothing();
  });

  it('without a session: 401 to a script, the sign-in and back to its page for a form', async () => {
    const stranger = world.browser();
    expect((await post(stranger, '{"all":true}')).status).toBe(401);
    const headers = { referer: `${world.site}/account` };
    const { response } = await stranger.post('/auth/sessions', { form: { all: '1' }, headers, redirect: 'manual' });
    expect(response.status).toBe(303);
    expect(world.resolve(response.headers.get('location'))).toBe(
      `${world.site}/auth/login?returnTo=%2Faccount&max_age=300`,
    );
    await changedNothing();
  });

  it('of a session that was ended a moment ago ends nothing, though the isolate does not know', async () => {
    expect(await isIn(here)).toBe(true);
    const third = await world.signedIn('/dashboard', await world.anotherIsolate());
    const own = (await idsOf(here))[0];
    expect((await post(there, JSON.stringify({ id: own }))).status).toBe(200);
    expect((await post(here, '{"all":true}')).status).toBe(401);
    expect([await isIn(there), await isIn(third)]).toEqual([true, true]);
  });
});

describe('the rule of the site', () => {
  const headers = { referer: 'PAGE' };
  beforeEach(() => {
    headers.referer = `${world.site}/account?x=1`;
    world.pass(310);
  });

  it('leaves the list to every session', async () => {
    expect(await idsOf(here)).toHaveLength(2);
  });

  it('asks a script for the step-up', async () => {
    const response = await post(here, '{"others":true}', JSON_TYPE, headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toContain('max_age="300"');
    expect(await response.json()).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      loginUrl: '/auth/login?returnTo=%2Faccount%3Fx%3D1&max_age=300',
    });
    await changedNothing();
    expect(world.events('access_refused')).toContainEqual(
      expect.objectContaining({ rule: 'POST /auth/sessions', why: 'step_up' }),
    );
  });

  it('sends a form to the step-up and back to its page, where the button works then', async () => {
    const { hops } = await here.post('/auth/sessions', { form: { others: '1' }, headers });
    expect(hops.map(({ url }) => new URL(url).pathname)).toEqual([
      '/auth/sessions',
      '/auth/login',
      '/authorize',
      '/auth/callback',
      '/account',
    ]);
    expect(new URL(hops[1]?.url ?? '').searchParams.get('max_age')).toBe('300');
    expect(await isIn(there)).toBe(true);
    await here.post('/auth/sessions', { form: { others: '1' }, headers });
    expect([await isIn(here), await isIn(there)]).toEqual([true, false]);
  });
});

describe('while Redis is down', () => {
  it.each(Object.entries(REDIS_FAULTS).filter(([name]) => name !== 'reply lost'))(
    '%s: 503 with Retry-After, the cookie stays, and the next try succeeds',
    async (_, fault) => {
      const [, id] = await idsOf(here);
      world.redis.fault = fault;
      for (const response of [
        await here.fetch('/auth/sessions'),
        await post(here, JSON.stringify({ id })),
        await post(here, '{"all":true}'),
      ]) {
        expect([response.status, await response.json()]).toEqual([
          503,
          expect.objectContaining({ code: 'STORE_UNAVAILABLE' }),
        ]);
        expect(response.headers.get('retry-after')).not.toBeNull();
        expect(response.headers.getSetCookie()).toEqual([]);
      }
      world.redis.fault = null;
      world.pass(3); // the circuit breaker
      expect((await post(here, JSON.stringify({ id }))).status).toBe(200);
      expect([await isIn(here), await isIn(there)]).toEqual([true, false]);
    },
  );

  it.each(['{"others":true}', 'id'])('a reply is lost: %s is done once, and says so', async (asked) => {
    const [, id] = await idsOf(here);
    await isIn(here);
    world.redis.fault = replyLostOnce();
    const response = await post(here, asked === 'id' ? JSON.stringify({ id }) : asked);
    world.redis.fault = null;
    expect(response.status).toBe(200);
    expect([await isIn(here), await isIn(there)]).toEqual([true, false]);
    expect(world.events('sessions_ended')).toHaveLength(1);
  });
});
