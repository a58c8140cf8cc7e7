/**
 * Programs from Debian's packages without installing them: their files are unpacked into `.artifacts/debian/`, no maintainer script
 * runs, and neither services nor users come of it. For programs that only the tests need; `node local/debian.mjs` unpacks all of
 * them. Node's own modules only.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { canInstall, root } from './setup.mjs';

const PLACE = join(root, '.artifacts/debian');

/**
 * @typedef {object} Wanted
 * @property {string} name the package that is wanted
 * @property {string} version what its version begins with: another one may want another configuration
 * @property {readonly string[]} [with] what else is needed of what its dependencies leave open
 *
 * @typedef {{ readonly folder: string, readonly missing?: undefined } | { readonly folder?: undefined, readonly missing: string }} Unpacked
 * where it is, as if it were `/`; or why it is not there
 */

/** An OpenID provider in C, with its sign-in as an API for its own pages. */
export const ensureGlewlwyd = () =>
  ensureUnpacked({ name: 'glewlwyd', version: '2.7.', with: ['dbconfig-no-thanks', 'sqlite3'] });

/** The portal of a single sign-on in Perl, and a server for it. */
export const ensureLemonLdap = () =>
  ensureUnpacked({
    name: 'liblemonldap-ng-portal-perl',
    version: '2.16.',
    with: ['libstring-random-perl', 'libcrypt-openssl-bignum-perl', 'libio-string-perl', 'starman'],
  });

/**
 * @param {Wanted} wanted
 * @returns {Unpacked}
 */
function ensureUnpacked({ name, version, with: others = [] }) {
  const folder = join(PLACE, name);
  if (existsSync(folder)) return { folder };
  if (!isDebian() || !canInstall()) return { missing: `its packages are unpacked on Debian alone, as root` };
  const packages = dependenciesOf([name, ...others]);
  if (!packages) return { missing: 'Debian does not offer its packages here' };
  if (packages.size === 0) return { folder: '/' }; // all of them are installed
  const found = packages.get(name);
  if (!found?.startsWith(version))
    return { missing: `version ${version}x is wanted, and ${found ?? 'something else'} would be installed here` };
  console.log(`Providers: unpacking ${name} ${found} from Debian's packages (apt-get download).`);
  return unpack([...packages.keys()], folder) ? { folder } : { missing: 'its packages could not be downloaded' };
}

/** Every package that installing these would bring, with its version; undefined when that is impossible. @param {readonly string[]} names */
function dependenciesOf(names) {
  const simulate = () => apt(['install', '--simulate', '--no-install-recommends', ...names]);
  // A container has no package lists until it is asked to fetch them.
  const said = simulate() ?? (apt(['update']) === undefined ? undefined : simulate());
  const lines = said?.matchAll(/^Inst (\S+)(?: \[[^\]]*\])? \((\S+)/gm);
  return lines && new Map([...lines].map(([, name = '', version = '']) => [name, version]));
}

/** @param {readonly string[]} packages @param {string} folder appears when all of it is there */
function unpack(packages, folder) {
  mkdirSync(PLACE, { recursive: true });
  const download = mkdtempSync(join(PLACE, 'download-'));
  const files = join(download, 'files');
  try {
    if (apt(['download', ...packages], download) === undefined) return false;
    for (const archive of readdirSync(download).filter((file) => file.endsWith('.deb')))
      if (spawnSync('dpkg', ['-x', archive, files], { cwd: download }).status !== 0) return false;
    renameSync(files, folder);
    return true;
  } finally {
    rmSync(download, { recursive: true, force: true });
  }
}

/** What it says; undefined when it failed. @param {readonly string[]} args @param {string} [cwd] */
function apt(args, cwd) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  // Its own user for downloads cannot write into our folders.
  const options = ['-q', '-o', 'APT::Sandbox::User=root'];
  const { status, stdout } = spawnSync('apt-get', [...options, ...args], { cwd, env, encoding: 'utf8' });
  return status === 0 ? stdout : undefined;
}

const isDebian = () => existsSync('/etc/os-release') && /^ID=debian$/m.test(readFileSync('/etc/os-release', 'utf8'));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  ensureGlewlwyd();
  ensureLemonLdap();
}
