import { describe, expect, it } from 'vitest';
import type { ApiAnswer } from '../world/api';
import type { Browser } from '../world/browser';
import { elsewhere } from '../world/elsewhere';
import { createWorld, KIND, type World, type WorldOptions } from '../world/world';

/** What the API says of the access token → what the browser sees, what the provider is asked, what the log says. */

const NAME = '__Host-Http-session';
const EXPIRED = 901;
let world: World;
/** A browser whose tokens are a minute old: there is one renewal in ten seconds at most. */
const deployed = async (options: WorldOptions = {}) => {
  world = await createWorld(options);
  const browser = await world.signedIn();
  world.pass(60);
  return browser;
};

const tokens = () => world.api.calls.map(({ headers }) => headers.get('authorization'));
const refreshes = () => world.provider.refreshPresentations().length;
const failures = () => world.events('upstream_failed').map(({ upstream, why }) => `${upstream} ${why}`);
const read = async (response: Response) => ({
  status: response.status,
  ...((await response.json()) as { code?: string; loginUrl?: string; ok?: boolean }),
});
const refused = (challenge = 'Bearer error="invalid_token"') =>
  new Response('no', { status: 401, headers: { 'www-authenticate': challenge } });
/** Takes every token but the ones that it has seen when it was asked to. */
const takingNew = (...old: (string | null)[]): ApiAnswer => {
  const known = new Set(old);
  return ({ headers }) => {
    const shown = headers.get('authorization');
    if (known.size === 0) known.add(shown);
    return known.has(shown) ? refused() : Response.json({ ok: true });
  };
};
const NEEDED = 'Bearer error="insufficient_user_authentication"';

describe('an access token that the API refuses', () => {
  it('is renewed once, and the request is made again with its body', async () => {
    const browser = await deployed();
    world.api.answer = takingNew();
    const options = { method: 'PUT', body: 'x'.repeat(65_536), headers: { 'content-length': '65536' } };
    expect((await browser.fetch('/api/backend/items', options)).status).toBe(200);
    const [first, second, ...more] = tokens();
    expect([first === second, more, refreshes()]).toEqual([false, [], 1]);
    expect(await Promise.all(world.api.calls.map(async ({ text }) => (await text)?.length))).toEqual([65_536, 65_536]);
    expect(failures()).toEqual([]);
  });

  it('costs one refresh, however many requests in however many isolates meet it', async () => {
    const browser = await deployed();
    const browsers = [browser, ...(await Promise.all([1, 2, 3].map(() => elsewhere(world, browser))))];
    world.api.answer = takingNew();
    await browser.fetch('/api/backend/first');
    world.pass(60);
    const before = refreshes();
    world.api.answer = takingNew(tokens().at(-1) ?? null);
    const requests = KIND === 'core' ? 100 : 25; // each VM of a build computes on the same two cores
    const answers = Array.from({ length: requests }, (_, at) =>
      (browsers[at % 4] as Browser).fetch('/api/backend/items'),
    );
    const statuses = (await Promise.all(answers)).map(({ status }) => status);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(refreshes() - before).toBe(1);
  });

  it('is renewed behind the answer where the body cannot be sent again, so that the next upload passes', async () => {
    const browser = await deployed();
    world.api.answer = takingNew();
    const options = { method: 'POST', body: 'x'.repeat(65_537), headers: { 'content-length': '65537' } };
    expect(await read(await browser.fetch('/api/backend/items', options))).toMatchObject({
      status: 401,
      code: 'UPSTREAM_UNAUTHORIZED',
    });
    await world.isolate.settled();
    expect([tokens().length, refreshes()]).toEqual([1, 1]);
    expect((await browser.fetch('/api/backend/items', options)).status).toBe(200);
    expect(refreshes()).toBe(1);
  });

  it('and a renewed one as well: 401 without a way to sign in, which would bring the same again', async () => {
    const browser = await deployed();
    world.api.answer = () => refused();
    const { status, code, loginUrl } = await read(await browser.fetch('/api/backend/items'));
    expect([status, code, loginUrl]).toEqual([401, 'UPSTREAM_UNAUTHORIZED', undefined]);
    expect([tokens().length, refreshes()]).toEqual([2, 1]);
    expect(failures()).toEqual(['/api/backend/* unauthorized']);
    expect((await browser.fetch('/api/me')).status).toBe(200); // the session goes on
    const visit = await browser.navigate('/api/backend/items');
    expect([visit.hops.length, visit.response.status]).toEqual([1, 401]);
  });

  it('of a session whose grant is gone: a script is told to sign in, a document goes there', async () => {
    const browser = await deployed();
    world.api.answer = () => refused();
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    const other = browser.clone();
    const answer = await read(await browser.fetch('/api/backend/items'));
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', loginUrl: expect.any(String) });
    const { hops } = await other.navigate('/api/backend/items', { redirect: 'manual' });
    expect([hops[0]?.status, hops[0]?.setCookie.join()]).toEqual([303, expect.stringContaining(`${NAME}=;`)]);
  });

  it('while the provider is down is not shown again, and the API’s refusal comes back', async () => {
    const browser = await deployed();
    world.api.answer = () => refused();
    world.provider.lies.refuse.token = true;
    const answer = await read(await world.skippingWaits(browser.fetch('/api/backend/items')));
    expect([answer, tokens().length]).toMatchObject([{ status: 401, code: 'UPSTREAM_UNAUTHORIZED' }, 1]);
  });

  it('without a proof for want of a nonce is renewed, and not shown twice', async () => {
    const browser = await deployed();
    const challenge = { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': 'n-1' };
    world.api.answer = () => new Response('no', { status: 401, headers: challenge });
    await browser.fetch('/api/backend/items');
    expect([new Set(tokens()).size, tokens().length]).toEqual([2, 2]);
  });

  it('within ten seconds of a renewal is not renewed again, and not shown twice', async () => {
    const browser = await deployed();
    world.api.answer = () => refused();
    for (const _ of [1, 2, 3]) await browser.fetch('/api/backend/items');
    expect([refreshes(), tokens().length]).toEqual([1, 4]);
  });
});

describe('an access token that is over', () => {
  it('is renewed before the API is asked, and the cookie comes with the answer', async () => {
    const browser = await deployed();
    world.pass(EXPIRED);
    const answer = await browser.fetch('/api/backend/items');
    expect([answer.status, tokens().length, refreshes()]).toEqual([200, 1, 1]);
    expect(answer.headers.getSetCookie().join()).toContain(`${NAME}=`);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
  });

  it('is renewed, however long that takes, and the API has all of its own time after it', async () => {
    const browser = await deployed();
    world.pass(EXPIRED);
    world.provider.lies.delay.token = 3_000;
    world.api.answer = () => new Promise((resolve) => setTimeout(() => resolve(Response.json({})), 800));
    expect((await world.skippingWaits(browser.fetch('/api/status'))).status).toBe(200); // one second
  });

  it('is renewed, and the cookie comes with a failure of the API as well', async () => {
    const browser = await deployed();
    world.pass(EXPIRED);
    world.api.answer = () => Promise.reject(new TypeError('fetch failed'));
    const answer = await browser.fetch('/api/backend/items');
    expect([answer.status, answer.headers.getSetCookie().join().includes(`${NAME}=`)]).toEqual([502, true]);
  });

  it('comes with a cookie, and then not even an upstream that speaks for itself makes the answer cacheable', async () => {
    const browser = await deployed();
    world.pass(EXPIRED);
    world.api.answer = () => Response.json({}, { headers: { 'cache-control': 'max-age=60' } });
    expect((await browser.fetch('/api/cached/x')).headers.get('cache-control')).toBe('private, no-store');
    expect((await browser.fetch('/api/cached/x')).headers.get('cache-control')).toBe('private, max-age=60');
  });

  it('and cannot be renewed: only a new sign-in brings another, for a script and for a document', async () => {
    const browser = await deployed({ env: { SSO_SCOPE: 'openid profile' } });
    world.pass(EXPIRED);
    expect(await read(await browser.fetch('/api/backend/items'))).toMatchObject({
      status: 401,
      code: 'UNAUTHENTICATED',
      loginUrl: expect.any(String),
    });
    expect([tokens().length, (await browser.fetch('/api/me')).status]).toEqual([0, 200]);
    const { response, hops } = await browser.navigate('/api/backend/items', { redirect: 'manual' });
    expect([response.status, hops[0]?.headers.get('location')?.startsWith(world.provider.issuer)]).toEqual([303, true]);
  });
});

describe('an entry', () => {
  it('without a token never sends one, and costs neither Redis nor the provider', async () => {
    const browser = await deployed();
    await browser.fetch('/api/public/items');
    const cost = await world.cost(() => browser.fetch('/api/public/items'));
    expect([tokens(), cost]).toEqual([[null, null], { redis: 0, provider: 0 }]);
  });

  it('with an optional token sends it where there is a session', async () => {
    const browser = await deployed();
    expect((await browser.fetch('/api/maybe/items')).status).toBe(200);
    expect((await world.browser().fetch('/api/maybe/items')).status).toBe(200);
    expect(tokens()).toEqual([expect.stringMatching(/^Bearer ./), null]);
  });

  it('with an optional token and no session asks to sign in when the API does', async () => {
    await deployed();
    world.api.answer = () => refused();
    const answer = await read(await world.browser().fetch('/api/maybe/items'));
    expect(answer).toMatchObject({ status: 401, code: 'UNAUTHENTICATED', loginUrl: expect.any(String) });
  });

  it('without a token hands no refusal of the API on, which a browser would ask a password for', async () => {
    await deployed();
    world.api.answer = () => refused('Basic realm="x"');
    const answer = await world.browser().fetch('/api/public/items');
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(await read(answer)).toMatchObject({ status: 401, code: 'UPSTREAM_UNAUTHORIZED' });
  });

  it('for a resource has a token of its own, asked for once', async () => {
    const browser = await deployed({ provider: { resources: ['https://reports.test'] } });
    for (const path of ['/api/backend/x', '/api/reports/x', '/api/reports/y'])
      expect((await browser.fetch(path)).status).toBe(200);
    const [own, first, second] = tokens();
    expect([own === first, first === second, refreshes()]).toEqual([false, true, 1]);
  });

  it('for a resource that the provider does not know is 502, and the log says where to look', async () => {
    const browser = await deployed();
    expect(await read(await browser.fetch('/api/reports/x'))).toMatchObject({
      status: 502,
      code: 'UPSTREAM_TOKEN_DENIED',
    });
    expect([tokens(), failures()]).toEqual([[], ['/api/reports/* token_denied']]);
    const [problem] = world.events('problem');
    expect(problem?.reason).toMatch(/^resource or scope of the upstream: /);
  });

  it('costs neither Redis nor the provider once the isolate has seen the token', async () => {
    const browser = await deployed();
    await browser.fetch('/api/backend/x');
    expect(await world.cost(() => browser.fetch('/api/backend/y'))).toEqual({ redis: 0, provider: 0 });
  });
});

describe('a challenge of the API (RFC 9470)', () => {
  const challenged = (parameters: string) => {
    world.api.answer = () => refused(`${NEEDED}, ${parameters}`);
  };
  const asked = (url: string | null | undefined) => {
    const { searchParams } = new URL(world.resolve(url));
    return [searchParams.get('acr_values'), searchParams.get('max_age')];
  };

  it.each<[string, (string | null)[], string]>([
    ['acr_values="urn:sso:loa:mfa"', ['urn:sso:loa:mfa', null], 'acr_values="urn:sso:loa:mfa"'],
    ['max_age=30', [null, '30'], 'max_age="30"'],
    ['acr_values="a b", max_age=0', ['a b', '0'], 'acr_values="a b", max_age="0"'],
  ])('with %s is the gate’s own step-up to a script', async (parameters, expected, told) => {
    const browser = await deployed();
    challenged(parameters);
    const answer = await browser.fetch('/api/backend/items');
    expect(answer.headers.get('www-authenticate')).toBe(`${NEEDED}, ${told}`);
    const { status, code, loginUrl } = await read(answer);
    expect([status, code, asked(loginUrl)]).toEqual([401, 'STEP_UP_REQUIRED', expected]);
    expect([tokens().length, refreshes(), failures()]).toEqual([1, 0, []]);
  });

  it('takes a document to the provider, and back to what it asked for', async () => {
    const browser = await deployed();
    world.api.answer = ({ headers }) =>
      headers.get('authorization') === tokens()[0]
        ? refused(`${NEEDED}, acr_values="urn:sso:loa:mfa"`)
        : Response.json({ ok: true });
    const { hops } = await browser.navigate('/api/backend/items', { redirect: 'manual' });
    expect([hops[0]?.status, asked(hops[0]?.headers.get('location'))]).toEqual([303, ['urn:sso:loa:mfa', null]]);
  });

  it('that the session meets already is no reason for another trip', async () => {
    const browser = await deployed();
    await browser.navigate('/vault');
    challenged('acr_values="urn:sso:loa:mfa", max_age=3600');
    expect(await read(await browser.fetch('/api/backend/items'))).toMatchObject({
      status: 401,
      code: 'UPSTREAM_UNAUTHORIZED',
    });
    expect([tokens().length, refreshes()]).toEqual([1, 0]);
  });

  it.each(['acr_values="a\\"b"', 'max_age=-1', 'error_description="x"'])(
    'that cannot be read (%s) is a refused token',
    async (parameters) => {
      const browser = await deployed();
      challenged(parameters);
      expect(await read(await browser.fetch('/api/backend/items'))).toMatchObject({ code: 'UPSTREAM_UNAUTHORIZED' });
      expect([tokens().length, refreshes()]).toEqual([2, 1]);
    },
  );
});

describe('with DPoP', () => {
  const nonceOf = (proof: string | null) => {
    const [, claims = ''] = (proof ?? '').split('.');
    return (JSON.parse(atob(claims.replace(/-/g, '+').replace(/_/g, '/'))) as { nonce?: string }).nonce;
  };
  const wanting =
    (nonce: () => string): ApiAnswer =>
    ({ headers }) =>
      nonceOf(headers.get('dpop')) === nonce()
        ? Response.json({ ok: true })
        : new Response('', {
            status: 401,
            headers: { 'www-authenticate': 'DPoP error="use_dpop_nonce"', 'dpop-nonce': nonce() },
          });

  it('the API’s nonce is taken up within the request, kept for the next, and costs no refresh', async () => {
    const browser = await deployed({ provider: { dpop: 'required' }, env: { SSO_DPOP: 'require' } });
    world.api.answer = wanting(() => 'n-1');
    for (const path of ['/api/backend/x', '/api/backend/y']) expect((await browser.fetch(path)).status).toBe(200);
    expect(tokens().every((shown) => shown?.startsWith('DPoP '))).toBe(true);
    expect(world.api.calls.map(({ headers }) => nonceOf(headers.get('dpop')))).toEqual([undefined, 'n-1', 'n-1']);
    expect(refreshes()).toBe(0);
  });

  it('an API that wants another nonce each time is asked twice, and the token is renewed once at most', async () => {
    const browser = await deployed({ provider: { dpop: 'required' }, env: { SSO_DPOP: 'require' } });
    let count = 0;
    world.api.answer = wanting(() => `n-${++count}`);
    expect(await read(await browser.fetch('/api/backend/x'))).toMatchObject({ code: 'UPSTREAM_UNAUTHORIZED' });
    expect([tokens().length <= 4, refreshes() <= 1]).toEqual([true, true]);
  });
});

it('no token is in what the browser or the log gets, whatever the API does', async () => {
  const browser = await deployed();
  const said: string[] = [];
  for (const status of [200, 401, 403, 500]) {
    world.api.answer = () => new Response('', { status, headers: { location: 'https://elsewhere.test/' } });
    const answer = await browser.fetch('/api/backend/items');
    said.push(await answer.text(), ...[...answer.headers].flat());
  }
  const shown = tokens().map((token) => token?.replace(/^\w+ /, '') ?? '');
  for (const token of shown) expect([...said, ...world.logs].join('\n')).not.toContain(token);
});
