/**
 * What has to be on the machine before the demo or the tests can run. Node's own modules only: this is what runs first
 * after a clone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

const say = (/** @type {string} */ line) => console.log(line);

/** The tools around the site are pickier than the site: vite wants 20.19, and older ones lack what the provider uses. */
export function ensureNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new Error(`The demo and the tests need Node 20.19 or later; this is ${process.versions.node}.`);
}

/** Installs what `package-lock.json` names, unless it is there. */
export function ensureDependencies() {
  if (dependenciesMatch()) return say('Dependencies: installed.');
  say('Dependencies: installing what package-lock.json names (npm ci).');
  insist('npm', ['ci', '--include=dev', '--no-audit', '--no-fund']);
}

/**
 * Compares versions, not times: a checkout gives every file the same moment. What npm installed may lack packages of
 * other platforms, which the lock marks as optional.
 */
function dependenciesMatch() {
  const installed = packagesIn(join(root, 'node_modules/.package-lock.json'));
  const wanted = Object.entries(packagesIn(join(root, 'package-lock.json'))).filter(([path]) => path !== '');
  return wanted.every(([path, { version, optional }]) => {
    const found = installed[path]?.version;
    return found === version || (found === undefined && optional === true);
  });
}

/** @param {string} file @returns {Record<string, { version?: string, optional?: boolean }>} */
const packagesIn = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).packages : {});

/** A real Redis for the tests, installed where that is ours to do; without one, the embedded engine has to do. */
export function ensureRedis() {
  const { REDIS_URL, GATEHOUSE_REDIS } = process.env;
  if (REDIS_URL || GATEHOUSE_REDIS) return say('Redis: as REDIS_URL or GATEHOUSE_REDIS says.');
  if (onPath('redis-server')) return say('Redis: the redis-server of this machine.');
  if (canInstall()) {
    say('Redis: installing redis-server (apt-get); it is started for the run only, not as a service.');
    install('redis-server');
    if (onPath('redis-server')) return;
  }
  say('Redis: there is no redis-server here, so the embedded engine is used.');
}

/**
 * A caching proxy for the tests that look whether anything personal stays in one. It is started for the run only.
 *
 * @returns {string | undefined} where it is; undefined = there is none, and those tests are left out
 */
export function ensureNginx() {
  const path = findNginx();
  if (path) {
    say(`Caching proxy: ${path}.`);
    return path;
  }
  if (canInstall()) {
    say('Caching proxy: installing nginx-light (apt-get); it is started for the run only, not as a service.');
    install('nginx-light');
    const installed = findNginx();
    if (installed) return installed;
  }
  say('Caching proxy: there is no nginx here, so the proof with a real cache is left out.');
  return undefined;
}

/** Debian keeps it where only root's PATH leads. */
const findNginx = () => findProgram('nginx', ['/usr/sbin', '/usr/local/sbin']);

/**
 * Debian's Chromium without a window, which is what Playwright itself takes for headless tests: the whole browser takes
 * half as much CPU again.
 */
const HEADLESS_SHELL = '/usr/bin/chromium-headless-shell';
const SYSTEM_CHROMIUM = '/usr/bin/chromium';

/**
 * A browser for the tests.
 *
 * @returns {Promise<string | undefined>} where it is; undefined = where Playwright looks by itself
 */
export async function ensureChromium() {
  const { CHROMIUM_PATH } = process.env;
  const isThere = CHROMIUM_PATH !== undefined || existsSync(HEADLESS_SHELL);
  if (!isThere && canInstall()) {
    say('Browser: installing chromium-headless-shell (apt-get).');
    install('chromium-headless-shell');
  }
  const path = CHROMIUM_PATH ?? [HEADLESS_SHELL, SYSTEM_CHROMIUM].find((file) => existsSync(file));
  if (path) {
    say(`Browser: ${path}.`);
    return path;
  }
  const { chromium } = await import('@playwright/test');
  if (existsSync(chromium.executablePath())) {
    say("Browser: Playwright's own Chromium.");
    return undefined;
  }
  say("Browser: installing Playwright's own Chromium (npx playwright install chromium).");
  insist('npx', ['playwright', 'install', 'chromium']);
  return undefined;
}

/** @param {string} program @param {readonly string[]} [elsewhere] folders besides those of the PATH */
const findProgram = (program, elsewhere = []) =>
  [...(process.env.PATH ?? '').split(delimiter), ...elsewhere]
    .map((folder) => join(folder, program))
    .find((path) => existsSync(path));

/** @param {string} program */
const onPath = (program) => findProgram(program) !== undefined;

/** Root on a Debian-like system: a container or a build machine. On another machine no package is touched. */
export const canInstall = () => process.getuid?.() === 0 && onPath('apt-get');

/** Tells Debian's maintainer scripts whether a service may be started when its package is installed. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Installs a Debian package and starts none of the services that it brings. Whether it worked shows when one looks for
 * what it holds; without a network there is another way for everything here.
 *
 * @param {string} name
 */
function install(name) {
  const forbid = !existsSync(POLICY);
  if (forbid) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  const env = { DEBIAN_FRONTEND: 'noninteractive' };
  try {
    run('apt-get', ['update', '-q'], env);
    run('apt-get', ['install', '-y', '-q', '--no-install-recommends', name], env);
  } finally {
    if (forbid) rmSync(POLICY);
  }
}

/** @param {string} program @param {string[]} args @param {Record<string, string>} [env] */
function run(program, args, env) {
  const { status } = spawnSync(program, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: 'inherit',
    shell: process.platform === 'win32', // npm is a .cmd there
  });
  return status === 0;
}

/** @param {string} program @param {string[]} args */
function insist(program, args) {
  if (!run(program, args)) throw new Error(`${program} ${args.join(' ')} failed`);
}
