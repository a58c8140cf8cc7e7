import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../../local/setup.mjs';
import { checkApis, checkOrdersPage } from './check-apis';
import { checkTemplateInBrowser } from './check-browser';
import { checkDevicesPage, checkDevicesRoutes } from './check-devices';
import type { Running } from './open';

type Checks = (running: () => Running) => void;

/** What only one of the sites has, by its name. */
export const OWN_CHECKS: Readonly<Record<string, Checks>> = {
  'create-next-app': checkTemplate,
  'pages-router': checkPagesRouter,
  'next-intl': checkNextIntl,
  'own-proxy': checkOwnSite,
  standalone: checkStandalone,
};

/** An App Router page names headers of Next in `Vary`; the gate's name stands beside them. */
const BESIDE_NEXT = /rsc.*, Cookie/i;
const built = ({ dir }: Running, file: string) => readFileSync(join(dir, '.next', file), 'utf8');

function checkTemplate(running: () => Running): void {
  checkOrdersPage(running);
  checkTemplateInBrowser(running);

  it('opens the pictures of the template, and has its style sheet by Tailwind', async () => {
    const { get, dir } = running();
    const picture = await get('/next.svg');
    expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/svg+xml']);
    const folder = join(dir, '.next/static/chunks');
    const sheets = readdirSync(folder).filter((name) => name.endsWith('.css'));
    expect(sheets.map((name) => readFileSync(join(folder, name), 'utf8')).join('')).toContain(
      '.antialiased{-webkit-font-smoothing:antialiased',
    );
  });

  it('prerenders the shell of a page that needs a session, and streams what depends on it', async () => {
    const shell = built(running(), 'server/app/dashboard.html');
    expect(shell).toContain('One moment…');
    expect(shell).not.toContain('You are signed in');
    const { browser } = await running().signedIn();
    const { response } = await browser.navigate('/dashboard');
    const text = await response.text();
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'private, no-store']);
    expect(text).toContain('One moment…');
    expect(text).toMatch(/You are signed in as (<!-- -->)?ana/);
    expect(response.headers.get('vary')).toMatch(BESIDE_NEXT);
  });

  it('does not hand out the shell without a session', async () => {
    const asked = await running().get('/dashboard', { rsc: '1' });
    expect(asked.status).toBe(401);
    expect(await asked.text()).not.toContain('One moment');
  });

  it.each([
    ['loose', []],
    ['strict', ['--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess']],
  ])(
    'compiles with %s types',
    async (_, options) => {
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const args = [tsc, '-p', running().dir, '--incremental', 'false', ...options];
      const printed = new Promise((resolve) => execFile(process.execPath, args, (__, stdout) => resolve(stdout)));
      expect(await printed).toBe('');
    },
    120_000,
  );
}

function checkPagesRouter(running: () => Running): void {
  checkApis(running);
  checkDevicesRoutes(running);

  it('asks for a session in every language, and for the data of a page', async () => {
    const { get, signedIn, at } = running();
    const data = `/_next/data/${built(running(), 'BUILD_ID')}/de/account.json`;
    for (const path of ['/de/account', '/de/admin', data])
      expect([path, (await get(path)).status]).toEqual([path, 401]);
    const { browser } = await signedIn();
    const { response } = await browser.navigate(at('/de/account'));
    const text = await response.text();
    expect(text).toContain('Hello, Ana Plain');
    expect(text).toContain('locale de');
    expect((await browser.navigate(at('/de/admin'))).response.status).toBe(403);
    const { pageProps } = (await (await browser.fetch(at(data))).json()) as { pageProps: unknown };
    expect(pageProps).toMatchObject({ session: { user: { sub: 'ana', name: 'Ana Plain' } } });
  });

  it('serves nothing outside its base path', async () => {
    const { browser } = await running().signedIn();
    const { response } = await browser.navigate('/account');
    expect(response.status).toBe(404);
    expect(await response.text()).not.toContain('ADOPTER');
  });

  it.each(['', '/de'])('has the gate in front of its start page: /base%s', async (path) => {
    const { get, signedIn, at } = running();
    const { headers } = await get(path);
    expect(headers.get('vary')).toMatch(/(^|, )Cookie(,|$)/);
    expect(headers.get('cache-control')).toBe('public, s-maxage=60'); // as the site has it, without a session
    const { browser } = await signedIn();
    const { response } = await browser.navigate(at(path));
    expect(await response.text()).toContain('Hello, Ana Plain');
    expect(response.headers.get('cache-control')).toBe('private, no-store');
  });

  it('shows the page of the documentation', async () => {
    const { browser } = await running().signedIn();
    const { response } = await browser.navigate(running().at('/profile'));
    expect(await response.text()).toMatch(/You are signed in as (<!-- -->)?ana/);
  });
}

function checkNextIntl(running: () => Running): void {
  const localeCookie = (response: Response) =>
    response.headers.getSetCookie().filter((line) => line.startsWith('NEXT_LOCALE='));

  it('is redirected by next-intl where the gate lets a request through, and by the gate alone elsewhere', async () => {
    const { get, signedIn } = running();
    const german = await get('/', { 'accept-language': 'de' });
    expect([german.status, german.headers.get('location')]).toEqual([307, '/de']);
    expect(german.headers.get('vary')).toMatch(/(^|, )Cookie(,|$)/);
    const refused = await get('/de/account', { 'accept-language': 'de' });
    expect([refused.status, refused.headers.get('link'), localeCookie(refused)]).toEqual([401, null, []]);
    const { browser } = await signedIn();
    const { response } = await browser.navigate('/en/account', { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([307, '/account']);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
  });

  it('has the pages that next-intl rewrites to, in the language of the address', async () => {
    const { browser } = await running().signedIn();
    const german = await browser.navigate('/de/account');
    expect(await german.response.text()).toContain('Hallo, Ana Plain');
    expect(german.response.headers.get('vary')).toMatch(BESIDE_NEXT);
  });

  it.each(['/admin', '/de/admin', '/en/admin', '/DE/admin', '/de/%61dmin'])(
    'refuses a page for a role under each of its addresses: %s',
    async (path) => {
      const { browser } = await running().signedIn();
      expect((await browser.fetch(path)).status).toBe(403);
    },
  );

  it('gets the cookies of both on one answer', async () => {
    const headers = { cookie: 'gatehouse_session=no-session', 'accept-language': 'en' };
    const answer = await running().get('/de', headers);
    expect(answer.status).toBe(200);
    expect(localeCookie(answer)).toEqual([expect.stringMatching(/^NEXT_LOCALE=de;/)]);
    const gone = answer.headers.getSetCookie().filter((line) => line.startsWith('gatehouse_session='));
    expect(gone).toEqual([expect.stringMatching(/^gatehouse_session=; .*Max-Age=0/)]);
  });

  it('shows a page the header that next-intl adds, and not the cookie that the gate hides', async () => {
    const { browser } = await running().signedIn();
    const cookie = `theme=dark; gatehouse_session=${browser.cookies.get('gatehouse_session')?.value}`;
    const seen = await (await running().get('/de/seen', { cookie, 'accept-language': 'de' })).text();
    const { locale, names } = JSON.parse(/<pre>(.*?)<\/pre>/.exec(seen)?.[1]?.replaceAll('&quot;', '"') ?? '{}');
    expect([locale, names]).toEqual(['de', ['theme']]);
  });
}

function checkOwnSite(running: () => Running): void {
  checkApis(running);
  checkOrdersPage(running);
  checkDevicesPage(running);

  it('runs the gate on Node', () => {
    const { functions } = JSON.parse(built(running(), 'server/functions-config-manifest.json'));
    expect(functions['/_middleware']).toMatchObject({ runtime: 'nodejs' });
  });

  checkOwnProxy(running);

  it('keeps what another wrapper has configured', async () => {
    expect((await running().get('/about')).headers.get('x-own')).toBe('1');
  });

  it('says of a page that depends on the session that it does, beside what Next says', async () => {
    expect((await running().get('/')).headers.get('vary')).toMatch(BESIDE_NEXT);
  });
}

/** What a site behind the documented nginx gets through it. */
function checkStandalone(running: () => Running): void {
  it('gives the session to https alone, by a cookie that no other host can set', async () => {
    const { browser } = await running().signedIn();
    const cookie = browser.cookies.get('__Host-Http-session');
    expect(cookie).toMatchObject({ secure: true, httpOnly: true, sameSite: 'Lax' });
  });

  it('runs the gate on Edge, in a server that calls supportGate()', () => {
    expect(built(running(), 'server/middleware-manifest.json')).toContain('"/:path((?!_next/static/).*)?"');
    expect(readFileSync(join(running().dir, 'instrumentation.js'), 'utf8')).toContain('supportGate()');
  });
}

/** `gatehouse(site, { then })` in a `proxy.ts`. */
function checkOwnProxy(running: () => Running): void {
  const seenByProxy = ({ headers }: Response) => headers.get('x-seen-by-proxy');

  it('does not call its own proxy for what the gate refuses', async () => {
    const refused = await running().get('/mine');
    expect([refused.status, seenByProxy(refused)]).toEqual([401, null]);
    expect(refused.headers.getSetCookie()).toEqual([]);
  });

  it('keeps the rewrite, the request header and the cookie of its own proxy, and the gate’s caching headers', async () => {
    const { browser } = await running().signedIn();
    const answer = await browser.fetch('/mine');
    expect(await answer.json()).toEqual({
      sub: 'ana',
      runsOn: 'node',
      names: expect.arrayContaining(['gatehouse_session']), // of a response cookie route handlers know nothing
    });
    expect(seenByProxy(answer)).toContain('gatehouse_session');
    expect(answer.headers.getSetCookie()).toEqual([expect.stringMatching(/^visited=1;/)]);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('vary')).toMatch(/(^|, )Cookie(,|$)/);
  });

  it('hides the session from its own proxy where a rule is public', async () => {
    const { browser } = await running().signedIn();
    const cookie = `theme=dark; gatehouse_session=${browser.cookies.get('gatehouse_session')?.value}`;
    expect(seenByProxy(await running().get('/about', { cookie }))).toBe('theme');
    expect(seenByProxy(await running().get('/seen', { cookie }))).toBe('theme gatehouse_session');
  });

  it('answers with a problem and without the message when its own proxy fails', async () => {
    const { browser } = await running().signedIn();
    const failed = await browser.fetch('/broken');
    const text = await failed.text();
    expect([failed.status, JSON.parse(text).code]).toEqual([500, 'INTERNAL']);
    expect(text).not.toContain('planted');
  });
}
