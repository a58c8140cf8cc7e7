import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const EXPIRED = 901;

describe('a picture through the optimizer of Next', () => {
  const image = (source: string) => `/_next/image?url=${encodeURIComponent(source)}&w=64&q=75`;
  it.each([
    ['/icon.svg', 200, 200],
    ['/icon.svg?v=2', 200, 200],
    ['/_next/static/media/photo.1a2b.png', 200, 200],
    ['/_next/static/..%2f..%2fadmin/photo.png', 401, 403],
    ['/_next/static/../../admin/photo.png', 401, 403],
    ['/admin/..%2F_next%2Fstatic%2Fphoto.png', 401, 403],
    ['/photo.png', 401, 200],
    ['/admin/photo.png', 401, 403],
    ['/ADMIN/photo.png', 401, 403],
    ['/x/..%2Fadmin/photo.png', 401, 403],
    ['/_next/data/build/admin/photo.png', 401, 403],
    ['/signed-out/../admin/photo.png', 401, 403],
    ['https://elsewhere.test/a.png', 401, 200],
    ['//elsewhere.test/icon.svg', 401, 200],
    ['/\\elsewhere.test/icon.svg', 401, 200],
  ])('%s: %d without a session, %d without the role', async (source, stranger, member) => {
    expect((await world.browser().embed(image(source), { as: 'image' })).status).toBe(stranger);
    const browser = await world.signedIn();
    expect((await browser.embed(image(source), { as: 'image' })).status).toBe(member);
  });

  it.each([
    '/admin/..%2F_next%2Fimage?url=%2Ficon.svg',
    '/users/..%2F_next%2Fimage?url=%2Ficon.svg&w=64&q=75',
    '/admin/item/..%2F..%2F..%2F_next%2Fimage?url=%2Fdashboard',
  ])('is not what Next serves as a page: %s', async (path) => {
    expect((await world.browser().fetch(path)).status).toBe(401);
    const browser = await world.signedIn();
    expect((await browser.fetch(path)).status).toBe(path.startsWith('/admin') ? 403 : 200);
  });

  it('of a name with too many readings is refused, as the same path is', async () => {
    const browser = await world.signedIn();
    const hidden = `/admin/photo${'.rsc'.repeat(20)}`;
    expect((await browser.embed(hidden, { as: 'image' })).status).toBe(400);
    expect((await browser.embed(image(hidden), { as: 'image' })).status).toBe(400);
  });

  it('with two sources falls under the rule of no picture', async () => {
    const twice = `${image('/icon.svg')}&url=%2Fadmin%2Fphoto.png`;
    expect((await world.browser().embed(twice, { as: 'image' })).status).toBe(401);
  });

  it('never carries a cookie: Next gives the answer to any cache, whatever the gate says', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const shown = await browser.embed(image('/photo.png'), { as: 'image' });
    const { response: opened } = await browser.navigate(image('/photo.png')); // in a tab of its own
    for (const response of [shown, opened])
      expect([response.status, response.headers.getSetCookie()]).toEqual([200, []]);
  });
});
