import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const ask = (path: string, cookie = '') => {
  const headers = { host: new URL(world.site).host, 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty', cookie };
  return world.isolate.send(new Request(world.site + path, { headers }));
};

describe('addresses that a router in front of Next reads as another page', () => {
  it.each([
    '/docs/[slug]',
    '/docs/%5Bslug%5D?nxtPslug=internal',
    '/[...all]',
    '/admin/[[...rest]]',
    '/signed-out/[id]',
    '/?nxtP',
  ])('%s: 400, also with a session and below a public path', async (path) => {
    const browser = await world.signedIn();
    const cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
    expect([(await ask(path)).status, (await ask(path, cookie)).status]).toEqual([400, 400]);
  });

  it.each(['/admin.action', '/admin.prefetch.rsc', '/admin.rsc', '/admin/reports.action', '/ADMIN.action'])(
    '%s: needs what the page needs',
    async (path) => {
      const browser = await world.signedIn(); // without the role
      const cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
      expect([(await ask(path)).status, (await ask(path, cookie)).status]).toEqual([401, 403]);
    },
  );

  it('a bracket inside of a name is a name', async () => {
    const response = await ask('/.well-known/report[1].pdf');
    expect(response.headers.has('x-middleware-next')).toBe(true);
  });
});

it.each(['/admin.segments/_tree.segment', '/admin.segments/admin/__PAGE__.segment.rsc', '/admin.rsc', '/admin/x.rsc'])(
  'the role is asked for what was prerendered of a page too: %s',
  async (path) => {
    const browser = await world.signedIn();
    expect((await browser.fetch(path)).status).toBe(403);
  },
);
