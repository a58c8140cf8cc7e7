import { beforeEach, describe, expect, it } from 'vitest';
import { REDIS_FAULTS } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const NAME = '__Host-Http-session';
const EXPIRED = 901;
/** The cookies that the site sees; undefined: those that were sent. */
const seenBySite = ({ headers }: Response) =>
  headers.has('x-middleware-override-headers') ? (headers.get('x-middleware-request-cookie') ?? '') : undefined;

describe('a public path', () => {
  it('is the same for all visitors: the site sees no session, and any cache may keep the answer', async () => {
    const browser = await world.signedIn();
    browser.cookies.set('theme', 'dark');
    const response = await browser.fetch('/signed-out');
    expect(response.status).toBe(200);
    expect(seenBySite(response)).toContain('theme=dark');
    expect(seenBySite(response)).not.toContain(`${NAME}=`);
    expect(response.headers.get('cache-control')).toBeNull();
    expect(response.headers.getSetCookie()).toEqual([]);
  });

  it('hides the session however its cookie is written', async () => {
    const value = (await world.signedIn()).cookies.get(NAME)?.value ?? '';
    for (const written of [`a=b; ${NAME} =${value}`, ` ${NAME}\t= ${value}; a=b`, `a=b;${NAME}=${value};c=d`]) {
      const { host } = new URL(world.site);
      const request = new Request(`${world.site}/signed-out`, { headers: { host, cookie: written } });
      const seen = seenBySite(await world.isolate.send(request));
      expect(seen).toContain('a=b');
      expect(seen).not.toContain(NAME);
    }
  });

  it('shows the site no cookie at all, where the session was all that came', async () => {
    const browser = await world.signedIn();
    browser.cookies.delete('__Host-Http-oidc_trips');
    const response = await browser.fetch('/signed-out');
    expect(seenBySite(response)).toBe('');
    expect(response.headers.get('x-middleware-override-headers')?.split(',')).not.toContain('cookie');
  });

  it('renews nothing, makes no call and clears nothing, whatever the cookie is', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    expect(await world.cost(() => browser.navigate('/signed-out'))).toEqual({ redis: 0, provider: 0 });
    browser.cookies.set(NAME, 'garbage');
    expect((await browser.navigate('/signed-out')).response.headers.getSetCookie()).toEqual([]);
  });
});

describe('an optional path', () => {
  it('shows a session its own page, which no cache may keep', async () => {
    const browser = await world.signedIn();
    const { response } = await browser.navigate('/');
    expect(response.status).toBe(200);
    for (const name of ['cache-control', 'cdn-cache-control']) // RFC 9213: a CDN goes by the second
      expect(response.headers.get(name)).toBe('private, no-store');
    expect(response.headers.get('vary')).toMatch(/cookie/i);
  });

  it('leaves a stranger’s page to caches, for strangers alone', async () => {
    const { headers } = await world.browser().fetch('/');
    expect(headers.get('cache-control')).toBeNull();
    expect(headers.get('vary')).toMatch(/cookie/i);
    expect((await world.browser().fetch('/signed-out')).headers.get('vary') ?? '').not.toMatch(/cookie/i);
  });

  it('renews a session whose tokens are over', async () => {
    const browser = await world.signedIn();
    const before = browser.cookies.get(NAME)?.value;
    world.pass(EXPIRED);
    const { response } = await browser.navigate('/');
    expect(response.status).toBe(200);
    expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(['refreshed']);
    const after = browser.cookies.get(NAME)?.value ?? '';
    expect(after).not.toBe(before);
    expect(seenBySite(response)).toContain(after);
  });

  it('shows a stranger the page when the session is over, and takes the cookie', async () => {
    const browser = await world.signedIn();
    world.provider.lies.instead.token = () => Response.json({ error: 'invalid_grant' }, { status: 400 });
    world.pass(EXPIRED);
    const { response } = await browser.navigate('/');
    expect(response.status).toBe(200);
    expect(seenBySite(response)).not.toContain(NAME);
    expect(browser.cookies.get(NAME)).toBeUndefined();
    expect(response.headers.get('cache-control')).toBe('private, no-store'); // a cache would end every session
  });

  it('shows the anonymous page, and keeps the cookie, while the state of the session is unknown', async () => {
    const browser = await world.signedIn();
    world.redis.fault = REDIS_FAULTS.refused;
    world.pass(EXPIRED);
    const { response } = await browser.navigate('/');
    expect(response.status).toBe(200);
    expect(seenBySite(response)).not.toContain(NAME);
    expect(browser.cookies.get(NAME)).toBeDefined();
    expect(world.events('renewal_unavailable')).toHaveLength(1); // but the operator hears of it
  });
});
