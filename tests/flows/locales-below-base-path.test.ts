import { expect, it } from 'vitest';
import { createDeps } from '../../lib/deps';
import { createGate } from '../../lib/gate';
import { createWorld } from '../world/world';

it('what Next shows with the locale in front and no base path comes back to what the browser asked for', async () => {
  const world = await createWorld({ basePath: '/base' });
  const gate = createGate({
    load: () => ({ ...createDeps(world.env), log: () => {} }),
    log: () => {},
    showVariables: false,
  });
  const ask = (path: string) => {
    const request = new Request(world.site + path, { method: 'POST', headers: { 'next-action': '7f' } });
    return gate(request, { pathname: '/base/id/board', locale: 'id', waitUntil: () => {} });
  };
  const redirect = async (path: string) => ((await ask(path)) as Response).headers.get('x-action-redirect');
  expect(await redirect('/id/base/id/board?a=1')).toBe(
    `/auth/login?returnTo=${encodeURIComponent('/base/id/board?a=1')};push`,
  );
  expect(await redirect('/id/basement')).toBe(`/auth/login?returnTo=${encodeURIComponent('/id/basement')};push`);
});

it('a page that a rule opens is open in every locale, and no other one', async () => {
  const world = await createWorld({ basePath: '/base' });
  const load = () => ({ ...createDeps(world.env), log: () => {} });
  const gate = createGate({ load, log: () => {}, showVariables: false });
  const status = async (path: string) => {
    const request = new Request(`${world.site}/id/base/id${path}`);
    const answer = await gate(request, { pathname: `/base/id${path}`, locale: 'id', waitUntil: () => {} });
    return answer instanceof Response ? answer.status : 'through';
  };
  expect([await status('/signed-out'), await status('/dashboard'), await status('/admin')]).toEqual([
    'through',
    401,
    401,
  ]);
});
