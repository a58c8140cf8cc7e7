import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { root } from '../../local/setup.mjs';
import { ensureBuild as ensureOwnBuild, PLANTED, PLANTED_LIST } from '../../local/site.mjs';
import { distOf, ensureBuild, type Variant } from './builds';

const variants: Variant[] = ['turbopack', 'based'];
beforeAll(() => Promise.all([...variants.map(ensureBuild), ensureOwnBuild(console.log)]), 600_000);

/** Every file that a build leaves, but for what only speeds up the next one. */
const filesOf = (dist: string) =>
  readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(dist, 'cache')));

const filesWith = (dist: string, text: string) => filesOf(dist).filter((file) => readFileSync(file).includes(text));

function expectToBeWhole(dist: string) {
  const names = filesOf(dist).map((file) => file.slice(dist.length));
  for (const kind of [/^\/static\/.*\.js$/, /^\/server\/app\/.*\.rsc$/, /^\/server\/edge\/|^\/server\/middleware\.js$/])
    expect(names.some((name) => kind.test(name))).toBe(true);
  expect(filesWith(dist, '/auth/backchannel-logout').length + filesWith(dist, 'gatehouse/1/').length).toBeGreaterThan(
    0,
  );
}

describe.each(variants)('what %s builds while secrets are in the environment', (variant) => {
  const dist = distOf(variant);

  it('was built with them, and has the files that the search is for', () => {
    expect(readFileSync(join(dist, 'server/app/static-page.html'), 'utf8')).toMatch(/built with .*secrets/);
    expectToBeWhole(dist);
  });

  it.each(Object.entries(PLANTED))('shows %s in no file', (_, value) => {
    expect(filesWith(dist, value)).toEqual([]);
  });
});

describe('what is built of the sample site while its whole configuration is in the environment', () => {
  const dist = join(root, '.next');

  it('was built with it, and has the files that the search is for', () => {
    expect(JSON.parse(readFileSync(PLANTED_LIST, 'utf8'))).toEqual(Object.keys(PLANTED));
    expectToBeWhole(dist);
  });

  it('shows nothing of it in any file, neither to browsers nor on the server', () => {
    for (const value of Object.values(PLANTED)) expect(value).toContain('planted-');
    expect(filesWith(dist, 'planted-')).toEqual([]);
  });
});
