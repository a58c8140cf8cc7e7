/**
 * Vercel's command line, as `local/vercel-cli/package-lock.json` pins it, in `.artifacts/vercel-cli/`. It is some 150
 * packages of other makers, so it is kept from what it does not need: no install script runs, and neither npm nor the
 * command line inherits the environment, where a shell or a build machine keeps its tokens. Node's own modules only.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from './alone.mjs';
import { root } from './setup.mjs';

const pinned = join(root, 'local/vercel-cli');
const LOCK = 'package-lock.json';
const INSTALL = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--fetch-retries=1'];

/** What any program needs to run and to find others, on Windows too. */
const SYSTEM = /^(PATH|PATHEXT|SYSTEMROOT|WINDIR|COMSPEC|TMPDIR|TEMP|TMP|LANG|LC_ALL|TZ)$/i;
/** Where npm finds its settings, and how it reaches the registry. Of its own variables those that hold no secret. */
const NPM =
  /^(HOME|USERPROFILE|APPDATA|LOCALAPPDATA|(HTTPS?|NO)_PROXY|NODE_EXTRA_CA_CERTS|SSL_CERT_(FILE|DIR)|NPM_CONFIG_(REGISTRY|CACHE|USERCONFIG|GLOBALCONFIG|CAFILE|STRICT_SSL|PROXY|HTTPS_PROXY|NOPROXY))$/i;
/** Nothing is sent home or asked for, and the command line does not hand over to its native program. */
const QUIET = {
  VERCEL_CLI_USE_NATIVE_BINARY: '0',
  VERCEL_TELEMETRY_DISABLED: '1',
  NEXT_TELEMETRY_DISABLED: '1',
  NO_UPDATE_NOTIFIER: '1',
  npm_config_update_notifier: 'false',
};

/** What `installCli` does, by one process at a time. @param {(line: string) => void} log */
export const ensureCli = (log) => alone('vercel-cli', async () => installCli(log));

/**
 * Installs the command line unless it is there as the lock has it.
 *
 * @param {(line: string) => void} log
 * @param {string} [folder]
 * @returns {string | undefined} why npm cannot; undefined = it is there
 */
export function installCli(log, folder = join(root, '.artifacts/vercel-cli')) {
  if (isInstalled(folder)) return undefined;
  log('Installing the Vercel CLI as its lock has it (npm ci).');
  const packages = join(folder, 'node_modules');
  rmSync(packages, { recursive: true, force: true }); // first, so that a copied lock never vouches for what was before
  mkdirSync(folder, { recursive: true });
  for (const name of ['package.json', LOCK]) copyFileSync(join(pinned, name), join(folder, name));
  const { status, error, stderr } = spawnSync('npm', INSTALL, {
    cwd: folder,
    env: only(SYSTEM, NPM),
    encoding: 'utf8',
    shell: process.platform === 'win32', // npm is a .cmd there
  });
  if (status === 0) return undefined;
  rmSync(packages, { recursive: true, force: true });
  const said = /npm error code (\S+)/.exec(stderr ?? '')?.[1] ?? error?.message ?? status;
  return `the Vercel CLI cannot be installed here (npm: ${said})`;
}

/**
 * Runs the command line: without an account, and with a home folder in which nothing of the person is.
 *
 * @param {readonly string[]} args
 * @param {{ cwd: string, env: Readonly<Record<string, string>>, folder?: string }} options `env` is all that it gets
 *   besides what any program needs
 */
export function runCli(args, { cwd, env, folder = join(root, '.artifacts/vercel-cli') }) {
  const home = join(folder, 'home');
  const program = join(folder, 'node_modules/vercel/dist/vc.js');
  return spawnSync(process.execPath, [program, ...args, '--global-config', home], {
    cwd,
    env: { ...only(SYSTEM), HOME: home, USERPROFILE: home, ...env },
    encoding: 'utf8',
  });
}

/** npm writes the inner lock last, when every package is in place. @param {string} folder */
function isInstalled(folder) {
  const copy = join(folder, LOCK);
  if (!existsSync(copy) || !existsSync(join(folder, 'node_modules/.package-lock.json'))) return false;
  return readFileSync(copy, 'utf8') === readFileSync(join(pinned, LOCK), 'utf8');
}

/** An allow-list: a list of what to keep back could not know the names. @param {readonly RegExp[]} wanted */
function only(...wanted) {
  const inherited = Object.entries(process.env).filter(([name]) => wanted.some((names) => names.test(name)));
  return /** @type {NodeJS.ProcessEnv} */ ({ ...Object.fromEntries(inherited), ...QUIET });
}
