import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

async function atTheProvider(path = '/dashboard') {
  const browser = world.browser();
  const { hops } = await browser.navigate(path, { redirect: 'manual' });
  const back = new URL(await world.provider.signIn(hops[0]?.headers.get('location') ?? ''));
  return { browser, back };
}
const flows = (browser: ReturnType<World['browser']>) =>
  browser.cookies.all().filter(({ name }) => name.startsWith('__Host-Http-oidc_flow.'));
const tokenCalls = () => world.provider.ledger.filter(({ endpoint }) => endpoint === 'token').length;

it('a code of 12 KB is spent as any other, and keeps nothing of its length in Redis', async () => {
  world = await createWorld({ provider: { codePadding: 12_000 } });
  const { browser, back } = await atTheProvider();
  expect((await browser.navigate(back.href)).response.status).toBe(200);
  expect(await world.redis.dump()).not.toContain('x'.repeat(1_000));
  const again = await browser.navigate(back.href, { redirect: 'manual' });
  expect([again.response.status, tokenCalls()]).toEqual([303, 1]);
});

describe('the flow', () => {
  it('of another browser is refused, and the code is not spent', async () => {
    const { back } = await atTheProvider();
    const { response } = await world.browser().navigate(back.href, { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('LOGIN_REJECTED');
    expect(tokenCalls()).toBe(0);
  });

  it('without a flow takes a cookie along that is no session', async () => {
    const browser = world.browser();
    browser.cookies.set('__Host-Http-session', 'garbage');
    const { response } = await browser.navigate('/auth/callback?state=x&code=y', { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
  });

  it('older than ten minutes is refused with a way to start again', async () => {
    const { browser, back } = await atTheProvider();
    world.pass(601);
    const { response } = await browser.navigate(back.href, { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('href="/auth/login');
  });

  it('is spent by a failure too: its cookie goes, the others stay', async () => {
    const { browser, back } = await atTheProvider();
    await browser.navigate('/other', { redirect: 'manual' });
    expect(flows(browser)).toHaveLength(2);
    back.searchParams.set('error', 'access_denied');
    const { response } = await browser.navigate(back.href, { redirect: 'manual' });
    expect(flows(browser)).toHaveLength(1);
    expect(await response.text()).toContain('/auth/login?returnTo=%2Fdashboard');
  });

  it('replayed from a copy of the browser is refused: claimed once for all isolates', async () => {
    const { browser, back } = await atTheProvider();
    const copy = world.browser(await world.anotherIsolate());
    for (const { name, value } of flows(browser)) copy.cookies.set(name, value);
    expect((await browser.navigate(back.href)).response.status).toBe(200);
    const { response } = await copy.navigate(back.href, { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('LOGIN_USED');
    expect(tokenCalls()).toBe(1);
  });

  it('that a browser fetches ahead spends nothing and writes nothing; the visit itself signs in', async () => {
    const { browser, back } = await atTheProvider();
    const ahead = await browser.navigate(back.href, { headers: { 'sec-purpose': 'prefetch;prerender' } });
    expect([ahead.response.status, ahead.hops[0]?.setCookie]).toEqual([401, []]);
    expect(tokenCalls()).toBe(0);
    expect((await browser.navigate(back.href)).response.status).toBe(200);
  });

  it('arriving twice at once spends the code once', async () => {
    const { browser, back } = await atTheProvider();
    const twins = [browser.clone(), browser.clone()];
    const answers = await Promise.all(twins.map((twin) => twin.navigate(back.href, { redirect: 'manual' })));
    expect(answers.map(({ response }) => response.status).sort()).toEqual([303, 400]);
    expect(tokenCalls()).toBe(1);
  });

  it('already used, in a browser with a session, goes on to its page', async () => {
    const { browser, back } = await atTheProvider('/account');
    const kept = flows(browser)[0];
    await browser.navigate(back.href);
    browser.cookies.set(kept?.name ?? '', kept?.value ?? '');
    const { response } = await browser.navigate(back.href, { redirect: 'manual' });
    expect([response.status, world.resolve(response.headers.get('location'))]).toEqual([303, `${world.site}/account`]);
    expect(flows(browser)).toEqual([]);
  });

  it.each([
    ['good', 0],
    ['due', 730],
    ['over', 901],
  ])(
    'without a flow, in a browser whose tokens are %s, goes home too, and the provider hears nothing of it',
    async (_, age) => {
      const browser = await world.signedIn();
      world.pass(age);
      const before = world.provider.ledger.length;
      const { hops } = await browser.navigate('/auth/callback?code=1&state=1', { redirect: 'manual' });
      expect([hops[0]?.status, world.resolve(hops[0]?.headers.get('location'))]).toEqual([303, `${world.site}/`]);
      await world.isolate.settled();
      expect(world.provider.ledger.length).toBe(before);
    },
  );

  it('without a flow, in a browser whose session has come to its end, is refused with a word', async () => {
    world = await createWorld({ env: { SESSION_IDLE_SECONDS: '60' } });
    const browser = await world.signedIn();
    world.pass(61);
    const { response } = await browser.navigate('/auth/callback?code=1&state=1', { redirect: 'manual' });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('LOGIN_REJECTED')]);
  });

  it('without a flow is counted like the others, so that going home and being sent away again comes to an end', async () => {
    const browser = await world.signedIn();
    for (let time = 0; time < 3; time += 1)
      await browser.navigate('/auth/callback?code=1&state=1', { redirect: 'manual' });
    browser.cookies.delete('__Host-Http-session');
    const { response } = await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(await response.text()).toContain('LOGIN_LOOP');
  });

  it('keeps the provider’s references for the person who asks for help, and no other text of it', async () => {
    const { browser, back } = await atTheProvider();
    back.searchParams.set('error', 'server_error');
    back.searchParams.set('error_ref', 'SSOERR-ABC1234');
    back.searchParams.set('request_id', 'req-123');
    back.searchParams.set('error_description', '<script>alert(1)</script>');
    const html = await (await browser.navigate(back.href, { redirect: 'manual' })).response.text();
    expect(html).toContain('SSOERR-ABC1234 / req-123');
    expect(html).not.toContain('alert(1)');
  });
});

describe('methods and paths below /auth/', () => {
  it.each([
    ['PUT', '/auth/login', 405, 'GET, POST, HEAD'],
    ['POST', '/auth/callback', 405, 'GET, HEAD'],
    ['DELETE', '/auth/callback', 405, 'GET, HEAD'],
    ['PUT', '/auth/logout', 405, 'GET, POST, HEAD'],
    ['OPTIONS', '/auth/session', 405, 'GET, POST, HEAD'],
    ['GET', '/auth', 404, null],
    ['GET', '/auth/', 404, null],
    ['GET', '/auth/nothing', 404, null],
    ['GET', '/auth/login/more', 404, null],
    ['GET', '/AUTH/logout', 404, null],
    ['GET', '/auth/%5Clogin', 400, null],
    ['GET', '/%', 400, null],
    ['GET', `/favicon.ico${'.rsc'.repeat(20)}`, 400, null],
  ])('%s %s is %i', async (method, path, status, allow) => {
    const response = await world.isolate.send(new Request(`${world.site}${path}`, { method }));
    expect(response.status).toBe(status);
    expect(response.headers.get('allow')).toBe(allow);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('HEAD answers as GET, without a body', async () => {
    const browser = await world.signedIn();
    const headers = { cookie: `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}` };
    const response = await world.isolate.send(new Request(`${world.site}/auth/session`, { method: 'HEAD', headers }));
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it.each([
    ['returnTo doubled', 'returnTo=/a&returnTo=/b'],
    ['prompt doubled', 'prompt=login&prompt=none'],
    ['prompt unknown', 'prompt=shout'],
    ['prompt none and login', 'prompt=none+login'],
    ['max_age not a number', 'max_age=soon'],
    ['max_age negative', 'max_age=-1'],
    ['acr_values with a newline', 'acr_values=a%0Ab'],
    ['acr_values with a quotation mark', 'acr_values=a%22b'],
    ['acr_values with a backslash', 'acr_values=a%5Cb'],
    ['login_hint huge', `login_hint=${'a'.repeat(300)}`],
    ['ui_locales huge', `ui_locales=${'a'.repeat(1_025)}`],
    ['ui_locales with markup', 'ui_locales=%3Cb%3E'],
  ])('/auth/login with %s is 400', async (_, query) => {
    const { response } = await world.browser().navigate(`/auth/login?${query}`, { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('/auth/login with an empty extra is as without', async () => {
    const { hops } = await world.browser().navigate('/auth/login?prompt=&max_age=&login_hint=', { redirect: 'manual' });
    expect(hops[0]?.status).toBe(303);
    const { searchParams } = new URL(hops[0]?.headers.get('location') ?? '');
    expect(['prompt', 'max_age', 'login_hint'].filter((name) => searchParams.has(name))).toEqual([]);
  });
});
