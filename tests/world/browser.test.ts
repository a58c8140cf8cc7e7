import { describe, expect, it } from 'vitest';
import { createBrowser } from './browser';

const SITE = 'https://site.test';
type Reply = { status?: number; location?: string; cookies?: readonly string[] };

/** A browser, the replies it will get by URL (200 where none is set), and the requests that it sent. */
function setUp(replies: Record<string, Reply> = {}, origin = SITE) {
  const clock = { now: 1_000_000 };
  const sent: Request[] = [];
  const send = async (request: Request) => {
    sent.push(request);
    const { status, location, cookies = [] } = replies[request.url] ?? {};
    const headers = new Headers(location === undefined ? {} : { location });
    for (const cookie of cookies) headers.append('set-cookie', cookie);
    return new Response(null, { status: status ?? (location === undefined ? 200 : 303), headers });
  };
  const browser = createBrowser({ origin, send, now: () => clock.now });
  const header = (name: string) => sent.map(({ headers }) => headers.get(name));
  return { browser, clock, sent, header };
}

/** What a browser keeps of a `Set-Cookie` header that a document of `url` brings. */
async function offered(cookie: string, url = `${SITE}/a/b`) {
  const { browser } = setUp({ [url]: { cookies: [cookie] } });
  await browser.navigate(url);
  return { kept: browser.cookies.all(), reason: browser.cookies.refused[0]?.reason };
}

describe('a cookie is kept', () => {
  it('with its attributes', async () => {
    const { kept } = await offered('__Host-Http-session=a=b; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=60');
    expect(kept).toEqual([
      {
        name: '__Host-Http-session',
        value: 'a=b',
        host: 'site.test',
        hostOnly: true,
        path: '/',
        secure: true,
        httpOnly: true,
        sameSite: 'Strict',
        expiresAt: 1_060_000,
      },
    ]);
  });

  it('as Lax, for the folder of the page and this visit, where nothing is said', async () => {
    expect((await offered('a=1')).kept).toMatchObject([
      { secure: false, httpOnly: false, sameSite: 'Lax', path: '/a', expiresAt: null },
    ]);
  });

  it.each(['http://localhost:3000/', 'http://127.0.0.1/', 'http://app.localhost/'])(
    'Secure, by %s too',
    async (url) => {
      expect((await offered('__Host-a=1; Secure; Path=/', url)).kept).toHaveLength(1);
    },
  );

  it.each([`a=${'x'.repeat(4095)}`, '__Secure-a=1; Secure; Domain=site.test', 'a=1; Domain=.site.test'])(
    'when it is as large or as wide as is allowed: %#',
    async (cookie) => {
      expect((await offered(cookie)).kept).toHaveLength(1);
    },
  );
});

describe('a cookie is refused', () => {
  it.each([
    ['__Host-a=1; Path=/', '__Host- without Secure'],
    ['__host-a=1; Path=/', '__host- without Secure'],
    ['__Host-a=1; Secure', '__Host- with a Domain or without Path=/'],
    ['__Host-a=1; Secure; Path=/; Domain=site.test', '__Host- with a Domain or without Path=/'],
    ['__Secure-a=1; Path=/', '__Secure- without Secure'],
    ['a=1; SameSite=None', 'SameSite=None without Secure'],
    ['a=1; Domain=other.test', 'a Domain of another site'],
    ['a=1; Domain=test', 'a Domain of another site'],
    [`a=${'x'.repeat(4096)}`, 'name and value over 4096 bytes'],
    ['__Host-a', 'no name'],
  ])('%s', async (cookie, reason) => {
    expect(await offered(cookie)).toEqual({ kept: [], reason });
  });

  it('when it is Secure and comes over plain http', async () => {
    expect(await offered('a=1; Secure', 'http://site.test/')).toEqual({
      kept: [],
      reason: 'Secure from an insecure origin',
    });
  });

  it('when an iframe of another site brings it as Lax', async () => {
    const { browser } = setUp({ [`${SITE}/frame`]: { cookies: ['a=1', 'b=1; SameSite=None; Secure'] } });
    await browser.embed('/frame', { as: 'iframe', origin: 'https://op.test' });
    expect(browser.cookies.all().map(({ name }) => name)).toEqual(['b']);
  });
});

describe('a cookie ends', () => {
  it('by the clock, by Max-Age before Expires, and by a date that has passed', async () => {
    const past = 'Expires=Thu, 01 Jan 1970 00:00:00 GMT';
    const { browser, clock } = setUp({
      [`${SITE}/`]: { cookies: [`a=1; Path=/; Max-Age=60; ${past}`, 'b=1; Path=/', 'c=1; Path=/'] },
      [`${SITE}/out`]: { cookies: ['b=; Path=/; Max-Age=0', `c=; Path=/; ${past}`] },
    });
    const names = () => browser.cookies.all().map(({ name }) => name);
    await browser.navigate('/');
    expect(names()).toEqual(['a', 'b', 'c']);
    await browser.navigate('/out');
    expect(names()).toEqual(['a']);
    clock.now += 60_000;
    expect(names()).toEqual([]);
  });
});

describe('cookies go along', () => {
  it('to their host and path, the longest path first, several at once', async () => {
    const { browser, header } = setUp();
    browser.cookies.set('a', '1');
    browser.cookies.set('b', '2', { path: '/deep' });
    browser.cookies.set('c', '3', { host: 'op.test' });
    await browser.fetch('/deep/er');
    await browser.fetch('/deeper');
    await browser.fetch('http://site.test/');
    await browser.fetch('https://sub.site.test/');
    expect(header('cookie')).toEqual(['b=2; a=1', 'a=1', null, null]);
  });

  it.each([
    ['a link', 'lax=1', 'navigate'],
    ['a form', null, 'post'],
    ['a script', null, 'fetch'],
    ['an iframe', null, 'iframe'],
    ['an image', null, 'image'],
  ] as const)('from another site with %s: %s', async (_, expected, how) => {
    const { browser, header } = setUp();
    browser.cookies.set('lax', '1');
    browser.cookies.set('strict', '1', { sameSite: 'Strict' });
    const origin = 'https://evil.test';
    if (how === 'iframe' || how === 'image') await browser.embed('/', { as: how, origin });
    else await browser[how]('/', { origin });
    expect(header('cookie')).toEqual([expected]);
  });

  it('Strict ones not, when a redirect led through another site; all of them, when the site stayed the same', async () => {
    const { browser, header } = setUp({
      [`${SITE}/`]: { location: 'https://op.test/authorize' },
      'https://op.test/authorize': { location: `${SITE}/auth/callback` },
      [`${SITE}/old`]: { location: '/new' },
    });
    browser.cookies.set('lax', '1');
    browser.cookies.set('strict', '1', { sameSite: 'Strict' });
    await browser.navigate('/');
    await browser.navigate('/old');
    const both = 'lax=1; strict=1';
    expect(header('cookie')).toEqual([both, null, 'lax=1', both, both]);
  });

  it('and a clone has its own', async () => {
    const { browser } = setUp();
    browser.cookies.set('a', '1');
    const other = browser.clone();
    other.cookies.delete('a');
    other.cookies.set('b', '1');
    expect([browser, other].map(({ cookies }) => cookies.all().map(({ name }) => name))).toEqual([['a'], ['b']]);
  });
});

describe('a request says what it is', () => {
  it.each([
    ['navigate', undefined, ['navigate', 'document', 'none', null]],
    ['navigate', SITE, ['navigate', 'document', 'same-origin', null]],
    ['navigate', 'https://evil.test', ['navigate', 'document', 'cross-site', null]],
    ['post', undefined, ['navigate', 'document', 'same-origin', SITE]],
    ['post', 'https://evil.test', ['navigate', 'document', 'cross-site', 'https://evil.test']],
    ['post', 'null', ['navigate', 'document', 'cross-site', 'null']],
    ['fetch', undefined, ['cors', 'empty', 'same-origin', null]],
    ['fetch', 'https://sub.site.test', ['cors', 'empty', 'same-site', 'https://sub.site.test']],
  ] as const)('%s from %s', async (how, origin, expected) => {
    const { browser, header } = setUp();
    await browser[how]('/', origin === undefined ? {} : { origin });
    const names = ['sec-fetch-mode', 'sec-fetch-dest', 'sec-fetch-site', 'origin'];
    expect(names.flatMap(header)).toEqual(expected);
  });

  it('with headers of the test’s own, which win; a host, cookie or origin only where the way begins', async () => {
    const { browser, header } = setUp({ [`${SITE}/`]: { location: '/b' } });
    browser.cookies.set('a', '1');
    const headers = { host: 'www.test', cookie: 'own=1', 'sec-fetch-site': 'cross-site', 'x-real-ip': '192.0.2.1' };
    await browser.navigate('/', { headers });
    expect(header('host')).toEqual(['www.test', null]);
    expect(header('cookie')).toEqual(['own=1', 'a=1']);
    expect(header('sec-fetch-site')).toEqual(['cross-site', 'cross-site']);
    expect(header('x-real-ip')).toEqual(['192.0.2.1', '192.0.2.1']);
  });
});

describe('redirects', () => {
  it.each([
    [301, 'GET', ''],
    [302, 'GET', ''],
    [303, 'GET', ''],
    [307, 'POST', 'a=1'],
    [308, 'POST', 'a=1'],
  ])('%i after a form become %s', async (status, method, body) => {
    const { browser, sent } = setUp({ [`${SITE}/form`]: { status, location: 'done#part' } });
    const { hops } = await browser.post('/form', { form: { a: '1' } });
    expect(hops.map((hop) => [hop.url, hop.status])).toEqual([
      [`${SITE}/form`, status],
      [`${SITE}/done#part`, 200],
    ]);
    expect([sent[1]?.url, sent[1]?.method, await sent[1]?.text()]).toEqual([`${SITE}/done`, method, body]);
  });

  it('stop at the first answer when asked to, for scripts always, and after twenty', async () => {
    const { browser, sent } = setUp({ [`${SITE}/`]: { location: '/', cookies: ['a=1', 'b=2'] } });
    const { response, hops } = await browser.navigate('/', { redirect: 'manual' });
    expect([response.status, hops[0]?.setCookie]).toEqual([303, ['a=1', 'b=2']]);
    expect((await browser.fetch('/')).status).toBe(303);
    await expect(browser.navigate('/')).rejects.toThrow('too many redirects');
    expect(sent).toHaveLength(2 + 21);
  });

  it('of a third party do not carry the first one’s Origin', async () => {
    const { browser, header } = setUp({
      'https://op.test/': { status: 307, location: 'https://third.test/' },
      [`${SITE}/own`]: { status: 307, location: 'https://third.test/' },
    });
    await browser.post('https://op.test/');
    await browser.post('/own');
    expect(header('origin')).toEqual([SITE, 'null', SITE, SITE]);
  });
});
