/**
 * `node local/proxy.mjs` builds the site in `.artifacts/proxy/` with its `middleware.ts` renamed to `proxy.ts`, as it will
 * have to be on the day that Next drops the old name. Next runs a proxy on Node, not on Edge.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copySite } from './copy.mjs';
import { root } from './setup.mjs';
import { buildSite, isBuilt } from './site.mjs';

const dir = join(root, '.artifacts/proxy');

/** Builds it when it has to be. @param {(line: string) => void} log */
export async function ensureProxyBuild(log) {
  if (isBuilt(join(dir, '.next/BUILD_ID'))) return;
  log('Building the site with middleware.ts renamed to proxy.ts (next build).');
  copySite(dir, { and: ['package.json'], rename: { 'middleware.ts': 'proxy.ts' } });
  await buildSite({ dir });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await ensureProxyBuild(console.log);
