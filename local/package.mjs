/**
 * `npm run package` builds `next-gatehouse` from `lib/`, packs it to `.artifacts/next-gatehouse-<version>.tgz` and unpacks
 * that file into `node_modules/next-gatehouse`, where the sample site and the sites of the tests find it as any other site
 * would. Node's own modules, `tsc`, `rolldown`, `npm pack` and `tar`.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PAPERS, writePapers } from './packed-papers.mjs';
import { root } from './setup.mjs';
import { vendor } from './vendor.mjs';

/**
 * The repository has another name than the package. A file resolves the name of its own package to the `exports` of the
 * nearest package.json, and the sample site would so find sources instead of the package (Node, "self-referencing").
 */
const NAME = 'next-gatehouse';

const artifacts = join(root, '.artifacts');
const stage = join(artifacts, 'package');
const installed = join(root, 'node_modules', NAME);
const stamp = join(artifacts, 'package.sources');

const SOURCES = [
  'lib',
  'package.json',
  'package-lock.json',
  'local/package.mjs',
  'local/packed-papers.mjs',
  'local/vendor.mjs',
  ...PAPERS,
];

/** What the manifest of the package has of the repository's. No scripts: an installation runs nothing. */
const FIELDS = [
  'version',
  'description',
  'keywords',
  'license',
  'private',
  'type',
  'sideEffects',
  'files',
  'exports',
  'bin',
  'engines',
  'peerDependencies',
  'dependencies',
];

/**
 * Installs the package of the present sources, unless it is there. Sources are compared by content: a checkout changes times.
 *
 * @param {(line: string) => void} log
 */
export function ensurePackage(log) {
  running = running.then(() => makeCurrent(log));
  return running;
}

/** One at a time: a build that finds the package made does nothing. */
let running = Promise.resolve();

/** @param {(line: string) => void} log */
async function makeCurrent(log) {
  const sources = digest(SOURCES.flatMap(filesAt));
  const current = existsSync(stamp) && readFileSync(stamp, 'utf8') === sources;
  if (current && existsSync(join(installed, 'package.json'))) return;
  log(`Package: building ${NAME} (tsc, rolldown, npm pack).`);
  rmSync(stamp, { force: true });
  const tarball = await makePackage();
  install(tarball);
  writeFileSync(stamp, sources);
  log(`Package: ${relative(root, tarball)}`);
}

/** @returns {Promise<string>} the packed file */
async function makePackage() {
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', join(root, 'lib/tsconfig.build.json')]);
  await vendor(join(stage, 'dist'));
  writePapers(stage);
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const fields = FIELDS.filter((field) => field in manifest).map((field) => [field, manifest[field]]);
  writeFileSync(
    join(stage, 'package.json'),
    `${JSON.stringify({ name: NAME, ...Object.fromEntries(fields) }, null, 2)}\n`,
  );
  run('npm', ['pack', '--ignore-scripts', '--pack-destination', artifacts], stage);
  return join(artifacts, `${NAME}-${manifest.version}.tgz`);
}

/** Replaces the folder as a whole: its files may be hard links that another folder shares. @param {string} tarball */
function install(tarball) {
  const unpacked = join(artifacts, 'unpacked');
  rmSync(unpacked, { recursive: true, force: true });
  mkdirSync(unpacked, { recursive: true });
  run('tar', ['-xzf', tarball, '-C', unpacked]);
  rmSync(installed, { recursive: true, force: true });
  renameSync(join(unpacked, 'package'), installed);
}

/** @param {string} path below the root @returns {string[]} */
function filesAt(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat ? [path] : [];
  return readdirSync(join(root, path))
    .sort()
    .flatMap((name) => filesAt(`${path}/${name}`));
}

/** @param {readonly string[]} files */
function digest(files) {
  const hash = createHash('sha256');
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(readFileSync(join(root, file)))
      .update('\0');
  return hash.digest('hex');
}

/** @param {string} program @param {readonly string[]} args @param {string} [cwd] */
function run(program, args, cwd = root) {
  const shell = process.platform === 'win32' && program === 'npm'; // npm is a .cmd there
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, shell, encoding: 'utf8' });
  if (status !== 0) throw error ?? new Error(`${program} failed\n${stdout}${stderr}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--force')) rmSync(stamp, { force: true });
  await ensurePackage(console.log);
}
