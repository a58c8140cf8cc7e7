import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { PLANTED } from '../../local/vercel.mjs';
import { output, readFunction, startIsolate } from '../world/isolate-vercel';

interface Route {
  readonly src?: string;
  readonly handle?: string;
  readonly continue?: boolean;
  readonly middlewarePath?: string;
  readonly has?: unknown;
  readonly missing?: readonly { type: string; key: string; value?: string }[];
}

/** Vercel's limit for an Edge function on the smallest plan. */
const MAX_GZIP_BYTES = 1_000_000;

/** Read in the tests: where the CLI cannot be installed there is nothing to read, and they are skipped. */
const readRoutes = () => (JSON.parse(readFileSync(join(output, 'config.json'), 'utf8')) as { routes: Route[] }).routes;
const isGate = (route: Route) => route.middlewarePath !== undefined;

describe('what `vercel build` makes', () => {
  it('has the gate as an Edge function, small enough for every plan', () => {
    const { runtime, source } = readFunction();
    expect(runtime).toBe('edge');
    expect(gzipSync(source).length).toBeLessThan(MAX_GZIP_BYTES);
  });

  it('starts in a VM without Node, and answers', async () => {
    const logs: string[] = [];
    const isolate = await startIsolate({ env: {}, onLog: (line) => logs.push(line) });
    const response = await isolate.send(new Request('https://site.test/dashboard'));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'MISCONFIGURED' });
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['misconfigured', 'problem']);
  });

  it.each([
    ['/', true],
    ['/dashboard', true],
    ['/dashboard.rsc', true],
    ['/dashboard.segments/_tree.segment.rsc', true],
    ['/404', true],
    ['/_next/image', true],
    ['/_next/data/build/dashboard.json', true],
    ['/_next/staticky', true],
    ['/favicon.ico', true],
    ['/_next/static/chunks/a.js', false],
  ])('sends %s through the gate: %s', (path, expected) => {
    const gates = readRoutes().filter(isGate);
    expect(gates.map(({ middlewarePath }) => middlewarePath)).toEqual(['middleware']);
    expect(new RegExp(gates[0]?.src ?? '').test(path)).toBe(expected);
  });

  it('asks the gate before any file or page is looked for', () => {
    const routes = readRoutes();
    const before = routes.slice(0, routes.findIndex(isGate));
    expect(before.filter((route) => route.handle !== undefined || route.continue !== true)).toEqual([]);
  });

  it('leaves the gate out for Vercel itself alone, which knows a secret of this build when it renews a page', () => {
    const gate = readRoutes().find(isGate);
    const value = readFunction().environment.__NEXT_PREVIEW_MODE_ID;
    expect(value).toMatch(/^[0-9a-f]{32}$/);
    expect(gate?.has).toBeUndefined();
    expect(gate?.missing).toEqual([{ type: 'header', key: 'x-prerender-revalidate', value }]);
  });

  it('holds no value of the site’s variables, which all had one during the build', () => {
    const files = readdirSync(output, { recursive: true, withFileTypes: true, encoding: 'utf8' });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => readFileSync(path).includes(PLANTED))).toEqual([]);
  });
});
