/**
 * `node local/vercel.mjs` makes what would be uploaded to Vercel, in `.artifacts/vercel/.vercel/output/`: with Vercel's own
 * CLI, in a copy of the site, without an account and without telemetry. Node's own modules only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { copySite, linkPackages } from './copy.mjs';
import { root } from './setup.mjs';
import { inheritedEnv, isBuilt } from './site.mjs';

const cli = join(root, '.artifacts/vercel-cli');
const dir = join(root, '.artifacts/vercel');

const CLI = {
  name: 'vercel-cli',
  private: true,
  dependencies: { vercel: '64.0.2' },
  overrides: { sandbox: '4.5.0' }, // this CLI asks for 4.4.0, which npm does not have
};
const INSTALL = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--no-package-lock', '--fetch-retries=1'];

/** What `vercel link` would write, had it an account. The packages are there, so that there is nothing to install. */
const PROJECT = {
  projectId: 'gatehouse',
  orgId: 'local',
  settings: { framework: 'nextjs', nodeVersion: '24.x', installCommand: 'echo skip' },
};

/** In every variable of the site while it is built: a build needs none, so none may be found in what it makes. */
export const PLANTED = 'planted-for-the-build';

/**
 * Makes the output when it has to be made.
 *
 * @param {(line: string) => void} log
 * @returns {string | undefined} why this machine cannot; undefined = the output is there
 */
export function ensureVercelBuild(log) {
  const made = join(dir, '.vercel/output/functions/middleware.func/.vc-config.json');
  if (isBuilt(made, ['package.json', 'vercel.json', 'local/vercel.mjs'])) return undefined;
  const missing = installCli(log);
  if (missing) {
    rmSync(dir, { recursive: true, force: true }); // what is there is of another site
    return missing;
  }
  log('Building the site as Vercel does (vercel build).');
  copySite(dir, { and: ['package.json', 'vercel.json'] });
  linkPackages(dir);
  write(join(dir, '.vercel'), 'project.json', PROJECT);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(cli, 'node_modules/vercel/dist/vc.js'), 'build', '--prod', '--yes', '--global-config', join(cli, 'home')],
    { cwd: dir, env: { ...environment(), ...planted() }, encoding: 'utf8' },
  );
  if (status !== 0 || !existsSync(made)) throw new Error(`vercel build failed with ${status}\n${stdout}\n${stderr}`);
  return undefined;
}

/** @param {(line: string) => void} log @returns {string | undefined} what npm says when it cannot */
function installCli(log) {
  const { vercel } = CLI.dependencies;
  const installed = join(cli, 'node_modules/vercel/package.json');
  if (existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === vercel) return undefined;
  log(`Installing the Vercel CLI ${vercel} in .artifacts/vercel-cli (npm install).`);
  write(cli, 'package.json', CLI);
  const { status, error, stderr } = spawnSync('npm', INSTALL, {
    cwd: cli,
    env: environment(),
    encoding: 'utf8',
    shell: process.platform === 'win32', // npm is a .cmd there
  });
  if (status === 0) return undefined;
  rmSync(join(cli, 'node_modules'), { recursive: true, force: true });
  const said = /npm error code (\S+)/.exec(stderr ?? '')?.[1] ?? error?.message ?? status;
  return `the Vercel CLI ${vercel} cannot be installed here (npm: ${said})`;
}

/** Nobody's account, nobody's project, nothing sent home. */
function environment() {
  const inherited = Object.entries(inheritedEnv()).filter(([name]) => !/^(VERCEL|NOW)(_|$)/.test(name));
  const quiet = { VERCEL_TELEMETRY_DISABLED: '1', NEXT_TELEMETRY_DISABLED: '1', NO_UPDATE_NOTIFIER: '1' };
  return /** @type {NodeJS.ProcessEnv} */ ({ ...Object.fromEntries(inherited), ...quiet });
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
  const missing = ensureVercelBuild(console.log);
  console.log(missing ?? `Made: ${join(dir, '.vercel/output')}`);
  process.exitCode = missing ? 1 : 0;
}
