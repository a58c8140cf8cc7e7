import { expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import site from '../world/site/gatehouse.config';
import { createWorld } from '../world/world';

it('what Next shows with the locale in front and no base path comes back to what the browser asked for', async () => {
  const world = await createWorld({ basePath: '/base' });
  const gate = createGate({
    load: () => createDeps(world.env, site.rules),
    log: () => {},
  });
  const ask = (path: string) => {
    const request = new Request(world.site + path, { method: 'POST', headers: { 'next-action': '7f' } });
    return gate(request, { builtBasePath: '/base', pathname: '/base/id/board', locale: 'id', waitUntil: () => {} });
  };
  const redirect = async (path: string) => ((await ask(path)) as Response).headers.get('x-action-redirect');
  expect(await redirect('/id/base/id/board?a=1')).toBe(
    `/auth/login?returnTo=${encodeURIComponent('/base/id/board?a=1')};push`,
  );
  expect(await redirect('/id/basement')).toBe(`/auth/login?returnTo=${encodeURIComponent('/id/basement')};push`);
});

it('a failure there leads to the site below its base path, and to nothing else on its host', async () => {
  const world = await createWorld({ basePath: '/base' });
  const load = () => createDeps(world.env, site.rules);
  const gate = createGate({ load, log: () => {} });
  const headers = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  const request = new Request(`${world.site}/id/base/id/auth/nothing`, { headers });
  const surroundings = { builtBasePath: '/base', pathname: '/base/id/auth/nothing', locale: 'id', waitUntil: () => {} };
  const answer = (await gate(request, surroundings)) as Response;
  expect(answer.status).toBe(404);
  const links = [...(await answer.text()).matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
  expect(links).toEqual(['/base']);
});

it('a page that a rule opens is open in every locale, and no other one', async () => {
  const world = await createWorld({ basePath: '/base' });
  const load = () => createDeps(world.env, site.rules);
  const gate = createGate({ load, log: () => {} });
  const status = async (path: string, written = 'id') => {
    const request = new Request(`${world.site}/id/base/${written}${path}`);
    const pathname = `/base/${written}${path}`;
    const answer = await gate(request, { builtBasePath: '/base', pathname, locale: 'id', waitUntil: () => {} });
    return answer instanceof Response ? answer.status : 'through';
  };
  expect([await status('/signed-out'), await status('/dashboard'), await status('/admin')]).toEqual([
    'through',
    401,
    401,
  ]);
  // Next takes a locale in any case.
  expect([await status('/signed-out', 'ID'), await status('/dashboard', 'ID')]).toEqual(['through', 401]);
});

it('a base path that is called like a locale is no locale', async () => {
  const world = await createWorld({ basePath: '/id' });
  const load = () => createDeps(world.env, site.rules);
  const gate = createGate({ load, log: () => {} });
  const request = new Request(`${world.site}/id/id/board`, { method: 'POST', headers: { 'next-action': '7f' } });
  const surroundings = { basePath: '/id', builtBasePath: '/id', pathname: '/board', locale: 'id', waitUntil: () => {} };
  const answer = (await gate(request, surroundings)) as Response;
  expect(answer.headers.get('x-action-redirect')).toBe(
    `/auth/login?returnTo=${encodeURIComponent('/id/id/board')};push`,
  );
});

it('on a site without a base path such a page is a page like others, wherever its callback is', async () => {
  const world = await createWorld({ basePath: '/sso' });
  const load = () => createDeps(world.env, site.rules);
  const gate = createGate({ load, log: () => {} });
  const status = async (path: string) => {
    const surroundings = { pathname: path, locale: 'id', waitUntil: () => {} };
    const answer = await gate(new Request(`${world.site}/id${path}`), surroundings);
    return answer instanceof Response ? answer.status : 'through';
  };
  expect([await status('/sso/id'), await status('/sso/id/signed-out')]).toEqual([401, 401]);
  expect(await status('/sso/id/auth/session')).toBe(404);
  expect(await status('/signed-out')).toBe('through');
});
