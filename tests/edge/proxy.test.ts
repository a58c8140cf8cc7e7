import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { freePort, startSite } from '../../local/site.mjs';
import { build, startIsolate } from '../world/isolate-proxy';
import { realFetch } from '../world/network';
import { createWorld } from '../world/world';

const site = join(build, '..');
const read = (name: string) => JSON.parse(readFileSync(join(build, 'server', name), 'utf8'));

describe('the gate as proxy.ts', () => {
  it('is built for Node, and in front of the same paths', () => {
    expect(existsSync(join(site, 'middleware.ts'))).toBe(false);
    expect(read('middleware-manifest.json').middleware).toEqual({});
    const proxy = read('functions-config-manifest.json').functions['/_middleware'];
    expect(proxy).toMatchObject({ runtime: 'nodejs', matchers: [{ originalSource: '/:path((?!_next/static/).*)?' }] });
  });

  it('starts, and answers', async () => {
    const logs: string[] = [];
    const isolate = await startIsolate({ env: {}, onLog: (line) => logs.push(line) });
    const response = await isolate.send(new Request('https://site.test/dashboard'));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'MISCONFIGURED' });
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['misconfigured', 'problem']);
  });

  it('shares nothing between two isolates here, so that the stories of several of them mean something', async () => {
    const world = await createWorld();
    const other = await world.anotherIsolate({ SSO_ISSUER: 'nonsense' });
    const ask = new Request(`${world.site}/dashboard`);
    expect((await other.send(ask)).status).toBe(503);
    expect((await world.isolate.send(ask)).status).toBe(401);
    expect((await other.send(ask)).status).toBe(503);
  });

  it('is what `next start` asks first', async () => {
    globalThis.fetch = realFetch; // an isolate of the tests above has put the test world in its place
    const url = `http://localhost:${await freePort(0)}`;
    const running = await startSite({ url, mode: 'production', env: {}, log: () => {}, dir: site });
    onTestFinished(() => running.close());
    const response = await fetch(`${url}/dashboard`);
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'MISCONFIGURED' });
    expect((await fetch(`${url}/_next/static/none.js`)).status).toBe(404);
  });
});
