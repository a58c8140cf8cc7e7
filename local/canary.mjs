/**
 * `node local/canary.mjs turbopack based …` builds `tests/canary` in these shapes, one after the other, where they are not built
 * of the present sources; see its `next.config.mjs`. With `--beside` it has the lowest priority, beside what must not wait for it.
 */
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { constants, setPriority } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { alone } from './alone.mjs';
import { root } from './setup.mjs';
import { buildSite, PLANTED } from './site.mjs';

/** @typedef {'turbopack' | 'based' | 'i18n' | 'bare'} Variant */

/** @type {readonly Variant[]} */
export const VARIANTS = ['turbopack', 'based', 'i18n', 'bare'];
/** Those that the browser tests open. @satisfies {readonly Variant[]} */
export const IN_BROWSERS = /** @type {const} */ (['turbopack', 'based']);

export const site = join(root, 'tests/canary');

/** @param {Variant} variant */
export const distOf = (variant) => join(site, '.next', variant);

const SOURCES = [
  'lib',
  'middleware.ts',
  'gatehouse.config.ts',
  'package-lock.json',
  'tests/canary',
  'local/canary.mjs',
];

/** Packages of the site that turn Draft Mode on, by their names. Outside of the bundles, where their code is not to be seen. */
const DRAFT_PACKAGES = {
  'draft-of-app':
    "const { draftMode } = require('next/headers');\nexports.on = async () => (await draftMode()).enable();\n",
  'draft-of-pages': 'exports.on = (response) => response.setPreviewData({});\n',
};

/** Builds what is not built of the present sources, secrets in the environment; one process at a time. @param {Variant} variant */
export const ensureBuild = (variant) =>
  alone(`canary-${variant === 'bare' ? 'turbopack' : variant}`, async () => {
    for (const [name, text] of Object.entries(DRAFT_PACKAGES)) writePackage(name, text);
    await build(variant);
  });

/** @param {string} name @param {string} text */
function writePackage(name, text) {
  const dir = join(site, 'node_modules', name);
  const file = join(dir, 'index.js');
  if (existsSync(file) && readFileSync(file, 'utf8') === text) return;
  mkdirSync(dir, { recursive: true });
  writeFileSync(`${file}.${process.pid}`, text); // beside the builds of other shapes, which may read it
  renameSync(`${file}.${process.pid}`, file);
}

/** @param {Variant} variant */
function isBuilt(variant) {
  const id = join(distOf(variant), 'BUILD_ID');
  return existsSync(id) && SOURCES.every((source) => newest(join(root, source)) < statSync(id).mtimeMs);
}

/** @param {Variant} variant */
async function build(variant) {
  if (isBuilt(variant)) return;
  if (variant === 'bare') {
    await build('turbopack');
    if (!isBuilt(variant)) takeMiddlewareAway();
    return;
  }
  const args = variant === 'based' ? ['--webpack'] : [];
  // webpack takes a package for unchanged as long as its version is.
  rmSync(join(distOf(variant), 'cache/webpack'), { recursive: true, force: true });
  await buildSite({ dir: site, args, env: { ...PLANTED, CANARY_VARIANT: variant } });
  if (variant === 'turbopack') takeMiddlewareAway(); // before a server writes into the build
}

/** Makes `bare` of `turbopack`: the same build, whose server finds no middleware in it. It is there as a whole or not at all. */
function takeMiddlewareAway() {
  const [from, to] = [distOf('turbopack'), distOf('bare')];
  const manifest = 'server/middleware-manifest.json';
  const { middleware, ...others } = JSON.parse(readFileSync(join(from, manifest), 'utf8'));
  if (!middleware['/']) throw new Error('the build has no middleware that could be taken away');
  const half = `${to}.half`;
  for (const dir of [half, to]) rmSync(dir, { recursive: true, force: true });
  cpSync(from, half, { recursive: true, preserveTimestamps: true, filter: (path) => path !== join(from, 'cache') });
  writeFileSync(join(half, manifest), JSON.stringify({ ...others, middleware: {}, sortedMiddleware: [] }));
  renameSync(half, to);
}

/** When anything at or below a path was changed last; what Next writes does not count, nor the packages. @param {string} path @returns {number} */
function newest(path) {
  if (!statSync(path).isDirectory()) return statSync(path).mtimeMs;
  const names = readdirSync(path).filter((name) => !['.next', 'next-env.d.ts', 'node_modules'].includes(name));
  return Math.max(...names.map((name) => newest(join(path, name))));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv.includes('--beside')) setPriority(constants.priority.PRIORITY_LOW);
  process.once('SIGTERM', () => process.exit(143)); // by which a build under way ends as well
  for (const variant of VARIANTS) if (process.argv.includes(variant)) await ensureBuild(variant);
}
