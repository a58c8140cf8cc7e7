/**
 * `node local/story-site.mjs` builds the site of the stories, `tests/world/site`, in `.artifacts/`: with the `middleware.ts` of
 * the sample site, for Edge, and with that file renamed to `proxy.ts`, as it will have to be on the day that Next drops the
 * old name. Next runs a proxy on Node.
 */
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone } from './alone.mjs';
import { root } from './setup.mjs';
import { buildSite, isBuilt, PACKAGE } from './site.mjs';

const SITE = 'tests/world/site';
const SHARED = ['middleware.ts', 'tsconfig.json', 'package.json'];

/** The configuration of the site of the stories, which another site can carry in place of its own. */
export const STORY_CONFIG = `${SITE}/gatehouse.config.ts`;

/** @typedef {'middleware' | 'proxy'} Convention the name of the file with which Next finds the gate */

/** @param {Convention} convention */
export const dirOf = (convention) => join(root, '.artifacts', convention);

/**
 * Builds it when it has to be, in one process at a time.
 *
 * @param {Convention} convention
 * @param {(line: string) => void} log
 */
export const ensureStoryBuild = (convention, log) => alone(`story-${convention}`, () => build(convention, log));

/** @param {Convention} convention @param {(line: string) => void} log */
async function build(convention, log) {
  const dir = dirOf(convention);
  if (isBuilt(join(dir, '.next/BUILD_ID'), [SITE, ...SHARED, 'local/story-site.mjs', ...PACKAGE])) return;
  log(`Building the site of the stories with a ${convention}.ts (next build).`);
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  cpSync(join(root, SITE), dir, { recursive: true });
  for (const file of SHARED) cpSync(join(root, file), join(dir, file.replace(/^middleware\b/, convention)));
  await buildSite({ dir });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await ensureStoryBuild('middleware', console.log);
  await ensureStoryBuild('proxy', console.log);
}
