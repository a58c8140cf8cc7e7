import { beforeAll, describe, expect, it } from 'vitest';
import { isTaken, ROUTES, type Route } from '../lib/routes';
import { createWorld, type World } from './world/world';

let world: World;
beforeAll(async () => {
  world = await createWorld({ env: { SSO_RESPONSE_MODE: 'form_post', SSO_FRONTCHANNEL: 'on' } }); // so that all rows are there
});

const ask = (method: string, path: string, headers: Record<string, string> = {}) =>
  world.isolate.send(
    new Request(world.site + path, { method, headers: { host: new URL(world.site).host, ...headers } }),
  );
const rows: readonly (readonly [string, Route])[] = ROUTES.map((route) => [`${route.method} ${route.path}`, route]);
const has = (test: (route: Route) => boolean) => rows.filter(([, route]) => test(route));
const AS_DOCUMENT = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

describe('what a row of the route table says holds for the answers of its route', () => {
  it.each(rows)('%s is cached nowhere, and a refusal of it shown in no frame', async (_, row) => {
    const { method, path, framing, caching } = row;
    const answer = await ask(method, path, { origin: world.site, ...AS_DOCUMENT });
    expect(framing).toBe(path === '/auth/frontchannel-logout' ? 'of the provider' : 'never');
    expect(answer.headers.get('cache-control')).toBe(caching);
    const isPage = answer.headers.get('content-type')?.startsWith('text/html') ?? false;
    expect(answer.headers.get('content-security-policy')?.includes("frame-ancestors 'none'") ?? false).toBe(isPage);
  });

  it.each(has(({ head }) => head === 'empty'))('HEAD of %s is an empty 200 that costs nothing', async (_, { path }) => {
    const cost = await world.cost(async () => {
      const answer = await ask('HEAD', path, AS_DOCUMENT);
      expect(answer.status).toBe(200);
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(await answer.text()).toBe('');
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
  });

  it.each(has(({ head }) => head === 'as GET'))('HEAD of %s has the status of GET and no body', async (_, { path }) => {
    const [head, get] = [await ask('HEAD', path), await ask('GET', path)];
    expect(head.status).toBe(get.status);
    expect(await head.text()).toBe('');
    expect(await get.text()).not.toBe('');
  });

  it.each(has(({ origin }) => origin === 'same'))(
    '%s is refused to a page of another site',
    async (_, { method, path }) => {
      expect((await ask(method, path, { origin: 'https://other.test' })).status).toBe(403);
    },
  );

  it.each(has(({ origin }) => origin === 'any'))(
    '%s is open to a link on another site',
    async (_, { method, path }) => {
      const answer = await ask(method, path, { ...AS_DOCUMENT, 'sec-fetch-site': 'cross-site' });
      expect(answer.status).not.toBe(403);
    },
  );

  it.each(rows)('the path of %s answers PUT with 405 and the methods of its rows', async (_, { path }) => {
    const answer = await ask('PUT', path);
    const methods: string[] = ROUTES.filter((route) => route.path === path).map(({ method }) => method);
    if (methods.includes('GET')) methods.push('HEAD');
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')?.split(', ').sort()).toEqual(methods.sort());
  });
});

describe('a path that no callback can have', () => {
  it.each([
    ['/auth/login', true],
    ['/auth/logout/', true],
    ['/auth/backchannel-logout', true],
    ['/auth/callback', false],
    ['/auth/logins', false],
    ['/', false],
  ])('%s: %s', (path, taken) => {
    expect(isTaken(path)).toBe(taken);
  });
});
