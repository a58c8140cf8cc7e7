import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { copySite } from '../../local/copy.mjs';
import { root } from '../../local/setup.mjs';
import { buildSite, isBuilt, PACKAGE, SITE } from '../../local/site.mjs';
import { distOf, ensureBuild, PLANTED, type Variant } from './builds';

const variants: Variant[] = ['turbopack', 'webpack'];
const ownSite = join(root, '.artifacts/secrets');
beforeAll(() => Promise.all([...variants.map(ensureBuild), ensureOwnBuild()]), 180_000);

/** Everything that the site is configured with, told by one word. */
const ALL_PLANTED = {
  ...PLANTED,
  SSO_ISSUER: 'https://planted-issuer.example',
  SSO_CLIENT_ID: 'planted-client-id',
  SSO_REDIRECT_URI: 'https://planted-site.example/auth/callback',
  SSO_POST_LOGOUT_URI: 'https://planted-site.example/',
  UPSTASH_REDIS_REST_URL: 'https://planted-redis.example',
  KV_REST_API_TOKEN: 'planted-kv-token',
};

/** A page that says, without naming it, whether a secret was there. */
const WITNESS = 'app/static-page';

/** The sample site itself, in a copy: the build in the tree is the one that other tests run. */
async function ensureOwnBuild() {
  const sources = [...SITE, ...PACKAGE, 'tests/bypass/secrets.test.ts', 'tests/bypass/stage.ts'];
  if (isBuilt(join(ownSite, '.next/BUILD_ID'), sources)) return;
  copySite(ownSite, { and: ['package.json'] });
  cpSync(join(root, 'tests/canary', WITNESS), join(ownSite, WITNESS), { recursive: true });
  await buildSite({ dir: ownSite, env: ALL_PLANTED });
}

/** Every file that a build leaves, but for what only speeds up the next one. */
const filesOf = (dist: string) =>
  readdirSync(dist, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !file.startsWith(join(dist, 'cache')));

const filesWith = (dist: string, text: string) => filesOf(dist).filter((file) => readFileSync(file).includes(text));

function expectToBeWhole(dist: string) {
  expect(readFileSync(join(dist, 'server/app/static-page.html'), 'utf8')).toMatch(/built with .*secrets/);
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
    expectToBeWhole(dist);
  });

  it.each(Object.entries(PLANTED))('shows %s in no file', (_, value) => {
    expect(filesWith(dist, value)).toEqual([]);
  });
});

describe('what is built of the sample site while its whole configuration is in the environment', () => {
  const dist = join(ownSite, '.next');

  it('was built with it, and has the files that the search is for', () => {
    expectToBeWhole(dist);
  });

  it('shows nothing of it in any file, neither to browsers nor on the server', () => {
    for (const value of Object.values(ALL_PLANTED)) expect(value).toContain('planted-');
    expect(filesWith(dist, 'planted-')).toEqual([]);
  });
});
