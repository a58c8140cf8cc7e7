import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { distOf, ensureBuild, PLANTED, type Variant } from './stage';

const variants: Variant[] = ['turbopack', 'webpack'];
beforeAll(() => Promise.all(variants.map(ensureBuild)), 120_000);

/** Every file that a build leaves, but for what only speeds up the next one. */
const filesOf = (variant: Variant) =>
  readdirSync(distOf(variant), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(distOf(variant), 'cache')));

const filesWith = (variant: Variant, text: string) =>
  filesOf(variant).filter((file) => readFileSync(file).includes(text));

describe.each(variants)('what %s builds while secrets are in the environment', (variant) => {
  it('was built with them, and has the files that the search is for', () => {
    const dist = distOf(variant);
    const rendered = readFileSync(join(dist, 'server/app/static-page.html'), 'utf8');
    expect(rendered).toMatch(/built with .*secrets/);
    const names = filesOf(variant).map((file) => file.slice(dist.length));
    for (const kind of [
      /^\/static\/.*\.js$/,
      /^\/server\/app\/.*\.rsc$/,
      /^\/server\/edge\/|^\/server\/middleware\.js$/,
    ])
      expect(names.some((name) => kind.test(name))).toBe(true);
    expect(
      filesWith(variant, '/auth/backchannel-logout').length + filesWith(variant, 'gatehouse/1/').length,
    ).toBeGreaterThan(0);
  });

  it.each(Object.entries(PLANTED))('shows %s in no file', (_, value) => {
    expect(filesWith(variant, value)).toEqual([]);
  });
});
