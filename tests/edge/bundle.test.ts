import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EdgeVM } from '@edge-runtime/vm';
import { describe, expect, it } from 'vitest';
import { weigh } from '../../bench/sites.mjs';
import { isolatesOf, middlewareFiles } from '../world/isolate-bundle';

const build = join(import.meta.dirname, '../../.next');
const manifest = JSON.parse(readFileSync(join(build, 'server/middleware-manifest.json'), 'utf8')) as {
  middleware: Record<string, { matchers: { regexp: string }[] }>;
};
const files = middlewareFiles(build);

/**
 * What we allow ourselves of the megabyte that an Edge function may have: every cold isolate loads all of it. Next's own part
 * is 45,000 of it, and the two official clients of the store 25,000: the limiter is published as CommonJS alone, of which a
 * bundler can leave nothing out. `npm run bench -- size features` shows what the rest is.
 */
const MAX_GZIP_BYTES = 156_000;

describe('the built middleware', () => {
  it('starts in a VM without Node, and answers', async () => {
    const logs: string[] = [];
    const isolate = await isolatesOf(build)({ env: {}, onLog: (line) => logs.push(line) });
    const response = await isolate.send(new Request('https://site.test/dashboard'));
    expect(response.status).toBe(503);
    expect(await response.json()).toMatchObject({ code: 'MISCONFIGURED' });
    expect(logs.map((line) => JSON.parse(line).event)).toEqual(['misconfigured', 'problem']);
  });

  it('is refused by that VM as soon as it would make code of a string (so the test above means something)', () => {
    const vm = new EdgeVM({ codeGeneration: { strings: false, wasm: false } });
    expect(() => vm.evaluate('new Function("return 1")()')).toThrow(/Code generation from strings disallowed/);
    expect(() => vm.evaluate('require("node:fs")')).toThrow();
    expect(() => vm.evaluate('Buffer.from("a")')).toThrow();
  });

  it('is small: an addition to it shows its cost', () => {
    expect(weigh(files).gzip).toBeLessThanOrEqual(MAX_GZIP_BYTES);
  });

  it.each([
    ['/', true],
    ['/dashboard', true],
    ['/_next/image', true],
    ['/_next/data/build/dashboard.json', true],
    ['/_next/staticky', true],
    ['/favicon.ico', true],
    ['/_next/static/chunks/a.js', false],
  ])('stands in front of %s: %s', (path, expected) => {
    expect((manifest.middleware['/']?.matchers ?? []).some(({ regexp }) => new RegExp(regexp).test(path))).toBe(
      expected,
    );
  });
});
