import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

/** `/api/backend/*` of the world goes to its API with the access token of the session. */
let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const call = () => {
  const [only, ...more] = world.api.calls;
  if (!only || more.length > 0) throw new Error(`${world.api.calls.length} calls`);
  return only;
};
const problemOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];
const failures = () => world.events('upstream_failed').map(({ upstream, why }) => `${upstream} ${why}`);

describe('a request to an upstream', () => {
  it('goes on with the access token and without a cookie, and its answer comes back', async () => {
    const browser = await world.signedIn();
    world.api.answer = () => Response.json({ items: [1] }, { headers: { 'x-total-count': '1', server: 'x' } });
    const answer = await browser.fetch('/api/backend/items/a%20b?q=1&q=2');
    expect([answer.status, await answer.json()]).toEqual([200, { items: [1] }]);
    expect(answer.headers.get('x-total-count')).toBe('1');
    expect(answer.headers.get('server')).toBeNull();
    expect(call().url).toBe(`${world.api.base}/items/a%20b?q=1&q=2`);
    expect(call().headers.get('authorization')).toMatch(/^Bearer .+/);
    expect(call().headers.get('cookie')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('carries a body both ways', async () => {
    const browser = await world.signedIn();
    world.api.answer = async ({ text }) => new Response(`got ${await text}`, { status: 201 });
    const headers = { 'content-type': 'text/plain', 'content-length': '5' };
    const answer = await browser.fetch('/api/backend/items', { method: 'POST', headers, body: 'hello' });
    expect([answer.status, await answer.text()]).toEqual([201, 'got hello']);
  });

  it('without a session is 401, and nothing reaches the upstream', async () => {
    const answer = await world.browser().fetch('/api/backend/items');
    expect(await problemOf(answer)).toEqual([401, 'UNAUTHENTICATED']);
    expect(world.api.calls).toEqual([]);
  });

  it('of an upstream that cannot be reached is 502, and the log has one event without its address', async () => {
    const browser = await world.signedIn();
    world.api.answer = () => Promise.reject(new TypeError('fetch failed'));
    expect(await problemOf(await browser.fetch('/api/backend/items'))).toEqual([502, 'UPSTREAM_UNREACHABLE']);
    expect(failures()).toEqual(['/api/backend/* unreachable']);
    expect(world.logs.join('\n')).not.toContain('api-');
  });
});
