import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { buildSite } from '../../local/site.mjs';

/** The shapes in which `tests/canary` is built; see its `next.config.mjs`. */
export type Variant = 'turbopack' | 'webpack' | 'based' | 'i18n' | 'assets' | 'slash' | 'bare';

/** What is in the environment while the site is built, and must be in nothing that comes of it. */
export const PLANTED = {
  SSO_CLIENT_SECRET: 'planted-client-secret-Zk3vQ8',
  SESSION_SECRET: 'planted-session-secret-Xw9rT2-abcdefghijklm',
  UPSTASH_REDIS_REST_TOKEN: 'planted-redis-token-Lm5nB7',
} as const;

const root = join(import.meta.dirname, '../..');
export const site = join(root, 'tests/canary');
export const distOf = (variant: Variant) => join(site, '.next', variant);

/** Builds what is not built of the present sources, secrets in the environment. */
export async function ensureBuild(variant: Variant): Promise<void> {
  const id = join(distOf(variant), 'BUILD_ID');
  const sources = [
    'lib',
    'middleware.ts',
    'gatehouse.config.ts',
    'package-lock.json',
    'tests/canary',
    'tests/bypass/builds.ts',
  ];
  if (existsSync(id) && sources.every((source) => newest(join(root, source)) < statSync(id).mtimeMs)) return;
  const args = variant === 'webpack' ? ['--webpack'] : [];
  // webpack takes a package for unchanged as long as its version is.
  rmSync(join(distOf(variant), 'cache/webpack'), { recursive: true, force: true });
  await buildSite({ dir: site, args, env: { ...PLANTED, CANARY_VARIANT: variant } });
}

/** When anything at or below a path was changed last; what Next writes does not count. */
function newest(path: string): number {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  const names = readdirSync(path).filter((name) => name !== '.next' && name !== 'next-env.d.ts');
  return Math.max(...names.map((name) => newest(join(path, name))));
}
