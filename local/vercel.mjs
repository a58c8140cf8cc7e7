/**
 * `node local/vercel.mjs` makes what would be uploaded to Vercel, in `.artifacts/vercel/.vercel/output/`: with Vercel's own
 * CLI, in a copy of the site that has the rules of the stories, without an account and without telemetry. Node's own modules
 * only.
 */
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copySite, linkPackages } from './copy.mjs';
import { ensurePackage } from './package.mjs';
import { root } from './setup.mjs';
import { isBuilt, PACKAGE, SITE } from './site.mjs';
import { STORY_CONFIG } from './story-site.mjs';
import { ensureCli, runCli } from './vercel-cli.mjs';

const dir = join(root, '.artifacts/vercel');

/** What `vercel link` would write, had it an account. The packages are there, so that there is nothing to install. */
const PROJECT = {
  projectId: 'gatehouse',
  orgId: 'local',
  settings: { framework: 'nextjs', nodeVersion: '24.x', installCommand: 'echo skip' },
};

const MADE_FROM = [
  ...SITE,
  ...PACKAGE,
  STORY_CONFIG,
  'vercel.json',
  'local/vercel.mjs',
  'local/vercel-cli.mjs',
  'local/vercel-cli',
];

/** In every variable of the site while it is built: a build needs none, so none may be found in what it makes. */
export const PLANTED = 'planted-for-the-build';

/**
 * Makes the output when it has to be made.
 *
 * @param {(line: string) => void} log
 * @returns {Promise<string | undefined>} why this machine cannot; undefined = the output is there
 */
export async function ensureVercelBuild(log) {
  const made = join(dir, '.vercel/output/functions/middleware.func/.vc-config.json');
  if (isBuilt(made, MADE_FROM)) return undefined;
  const missing = await ensureCli(log);
  if (missing) {
    rmSync(dir, { recursive: true, force: true }); // what is there is of another site
    return missing;
  }
  log('Building the site as Vercel does (vercel build).');
  await ensurePackage(log);
  copySite(dir, { and: ['vercel.json'] });
  cpSync(join(root, STORY_CONFIG), join(dir, 'gatehouse.config.ts'));
  write(dir, 'package.json', manifest());
  linkPackages(dir);
  write(join(dir, '.vercel'), 'project.json', PROJECT);
  const { status, stdout, stderr } = runCli(['build', '--prod', '--yes'], { cwd: dir, env: planted() });
  if (status !== 0 || !existsSync(made)) throw new Error(`vercel build failed with ${status}\n${stdout}\n${stderr}`);
  return undefined;
}

/** Of a site that has the package installed, as Vercel finds one: this repository's own would build it first. */
function manifest() {
  const { type, dependencies, devDependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  return { name: 'site', private: true, type, dependencies, devDependencies };
}

function planted() {
  const example = readFileSync(join(root, '.env.example'), 'utf8');
  return Object.fromEntries([...example.matchAll(/^#?([A-Z_]+)=/gm)].map(([, name]) => [name, PLANTED]));
}

/** @param {string} folder @param {string} name @param {object} content */
function write(folder, name, content) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, name), JSON.stringify(content, null, 2));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const missing = await ensureVercelBuild(console.log);
  console.log(missing ?? `Made: ${join(dir, '.vercel/output')}`);
  process.exitCode = missing ? 1 : 0;
}
