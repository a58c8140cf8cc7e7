import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

type Browser = ReturnType<World['browser']>;
const NAME = '__Host-Http-session';
const tokenCalls = () => world.provider.calls('token').length;
const flowsOf = (browser: Browser) => browser.cookies.all().filter(({ name }) => name.includes('oidc_flow.'));

async function atTheProvider(path = '/dashboard') {
  const browser = world.browser();
  const { hops } = await browser.navigate(path, { redirect: 'manual' });
  const back = new URL(await world.provider.signIn(hops[0]?.headers.get('location') ?? ''));
  return { browser, back };
}

describe('the address of a callback, asked for by anything but a navigation,', () => {
  it.each<[string, (browser: Browser, url: string) => Promise<Response>]>([
    ['a script', (browser, url) => browser.fetch(url)],
    ['an image', (browser, url) => browser.embed(url, { as: 'image' })],
    ['a frame', (browser, url) => browser.embed(url, { as: 'iframe' })],
  ])('%s: 401, nothing is spent, and the navigation itself signs in', async (_, ask) => {
    const { browser, back } = await atTheProvider();
    const response = await ask(browser, back.href);
    expect([response.status, response.headers.getSetCookie()]).toEqual([401, []]);
    expect(tokenCalls()).toBe(0);
    expect((await browser.navigate(back.href)).response.status).toBe(200);
  });

  it('a service worker that passes the navigation on signs in', async () => {
    const { browser, back } = await atTheProvider();
    await browser.navigate(back.href, { headers: { 'sec-fetch-dest': 'empty' } });
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('HEAD, which mail scanners send before a person follows a link,', () => {
  it('of a callback spends nothing and writes nothing; the visit itself signs in', async () => {
    const { browser, back } = await atTheProvider();
    const ahead = await browser.navigate(back.href, { method: 'HEAD', redirect: 'manual' });
    expect([ahead.response.status, ahead.hops[0]?.setCookie]).toEqual([200, []]);
    expect(tokenCalls()).toBe(0);
    expect((await browser.navigate(back.href)).response.status).toBe(200);
  });

  it('of /auth/login starts nothing', async () => {
    const { hops } = await world.browser().navigate('/auth/login', { method: 'HEAD', redirect: 'manual' });
    expect([hops[0]?.status, hops[0]?.setCookie]).toEqual([200, []]);
    expect(world.events('login_started')).toEqual([]);
  });

  it('of a page leads to /auth/login, and starts nothing', async () => {
    const { hops } = await world.browser().navigate('/dashboard', { method: 'HEAD', redirect: 'manual' });
    expect([hops[0]?.status, hops[0]?.setCookie]).toEqual([303, []]);
    expect(world.resolve(hops[0]?.headers.get('location'))).toBe(`${world.site}/auth/login?returnTo=%2Fdashboard`);
  });

  it('of /auth/session renews nothing', async () => {
    const browser = await world.signedIn();
    world.pass(901);
    const { response } = await browser.navigate('/auth/session', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
    await world.isolate.settled();
    expect(world.provider.refreshPresentations()).toEqual([]);
  });

  it('of the way on from a sign-out takes nothing', async () => {
    const browser = await world.signedIn();
    const { location } = (await (await browser.fetch('/auth/logout', { method: 'POST' })).json()) as {
      location: string;
    };
    await browser.navigate(location, { method: 'HEAD', redirect: 'manual' });
    const { hops } = await browser.navigate(location, { redirect: 'manual' });
    expect(hops[0]?.headers.get('location')).toContain('id_token_hint=');
  });
});

describe('callbacks that a reload could mend', () => {
  const unavailable = async (browser: Browser, error: string) => {
    const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
    const back = new URL(await world.provider.signIn(hops[0]?.headers.get('location') ?? ''));
    if (error) back.searchParams.set('error', error);
    return browser.navigate(back.href, { redirect: 'manual' });
  };

  it('are counted by the loop guard too: the fourth automatic trip waits for the person', async () => {
    const browser = world.browser();
    for (let time = 0; time < 3; time += 1) {
      const { response } = await unavailable(browser, 'temporarily_unavailable');
      expect(response.status).toBe(503);
    }
    const { response } = await browser.navigate('/dashboard', { redirect: 'manual' });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('LOGIN_LOOP')]);
  });

  it('are over when the provider itself has said so: the flow is cleared', async () => {
    const browser = world.browser();
    await unavailable(browser, 'temporarily_unavailable');
    expect(flowsOf(browser)).toEqual([]);
  });

  it('keep their flow when Redis did not answer', async () => {
    const browser = world.browser();
    world.redis.fault = async () => Response.json({ error: 'ERR' }, { status: 500 });
    const { response } = await unavailable(browser, '');
    expect([response.status, flowsOf(browser).length]).toEqual([503, 1]);
  });
});

describe('six sign-ins begun within one second', () => {
  it('the oldest is given up, not the newest', async () => {
    const browser = world.browser();
    const backs: URL[] = [];
    for (let tab = 0; tab < 6; tab += 1) {
      const { hops } = await browser.navigate(`/page-${tab}`, { redirect: 'manual' });
      backs.push(new URL(await world.provider.signIn(hops[0]?.headers.get('location') ?? '')));
    }
    expect(flowsOf(browser)).toHaveLength(5);
    const statuses: number[] = [];
    for (const back of backs) {
      const tab = browser.clone();
      statuses.push((await tab.navigate(back.href, { redirect: 'manual' })).response.status);
    }
    expect(statuses).toEqual([400, 303, 303, 303, 303, 303]);
  });
});

describe('a sign-in that the provider denied', () => {
  it('is not called cancelled, and another account is offered', async () => {
    const { browser, back } = await atTheProvider('/account');
    back.searchParams.set('error', 'access_denied');
    const { response } = await browser.navigate(back.href, { redirect: 'manual' });
    const html = (await response.text()).replaceAll('&amp;', '&');
    expect(html).toContain('<h1>Sign-in refused</h1>');
    expect(html).toContain('href="/auth/login?returnTo=%2Faccount"');
    expect(html).toContain('href="/auth/login?returnTo=%2Faccount&prompt=select_account"');
    expect(browser.cookies.get(NAME)).toBeUndefined();
  });
});

it('the loop guard does not stop a browser with a session from stepping up', async () => {
  const browser = world.browser();
  for (let time = 0; time < 4; time += 1) await browser.navigate('/auth/login');
  const { response, hops } = await browser.navigate('/vault');
  expect([response.status, hops.length]).toEqual([200, 4]);
});

it('a callback with a doubled parameter costs its flow', async () => {
  const browser = world.browser();
  const { hops } = await browser.navigate('/dashboard', { redirect: 'manual' });
  const state = new URL(hops[0]?.headers.get('location') ?? '').searchParams.get('state');
  const { response } = await browser.navigate(`/auth/callback?state=${state}&code=a&code=b`);
  expect(response.status).toBe(400);
  expect(browser.cookies.all().filter(({ name }) => name.includes('oidc_flow'))).toEqual([]);
});
