/**
 * What the command and the test kit need of npm, and a site's server does not: it is bundled into the package, so that an
 * installation stays small and brings no second provider, parser or Lua machine into `npm audit`.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './setup.mjs';

/** `devDependencies` that files of `lib/` import; a CommonJS one as its default export, which is all that a bundle of it has. */
export const VENDORED = ['@babel/parser', '@redis/client', 'diff', 'fengari', 'magic-string', 'oidc-provider'];

const IMPORT = /(\bfrom\s+|\bimport\s*\(\s*)'([^'.][^']*)'/g;

/**
 * Bundles the vendored packages that the files of `dist` import to `dist/vendor`, licences included, and has the files
 * import them from there.
 *
 * @param {string} dist
 */
export async function vendor(dist) {
  const files = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?js$/.test(name));
  const found = new Set(files.flatMap((name) => importsOf(readFileSync(join(dist, name), 'utf8'))));
  const input = Object.fromEntries([...found].map((specifier) => [nameOf(specifier), specifier]));
  if (found.size === 0) return;
  await bundle(input, join(dist, 'vendor'));
  for (const name of files) {
    const path = join(dist, name);
    const text = readFileSync(path, 'utf8');
    const to = relative(dirname(path), join(dist, 'vendor')).replaceAll('\\', '/');
    const changed = text.replace(IMPORT, (all, before, specifier) =>
      isVendored(specifier) ? `${before}'${to.startsWith('.') ? to : `./${to}`}/${nameOf(specifier)}.js'` : all,
    );
    if (changed !== text) writeFileSync(path, changed);
  }
}

/** @param {string} specifier */
const isVendored = (specifier) => VENDORED.some((name) => specifier === name || specifier.startsWith(`${name}/`));

/** @param {string} text */
const importsOf = (text) => [...text.matchAll(IMPORT)].map(([, , specifier]) => specifier).filter(isVendored);

/** The name of its file. @param {string} specifier */
const nameOf = (specifier) =>
  specifier
    .replace(/^@/, '')
    .replace(/(\/index)?\.m?js$/, '')
    .replaceAll('/', '-');

/** @param {Record<string, string>} input @param {string} dir */
async function bundle(input, dir) {
  const { rolldown } = await import('rolldown');
  const build = await rolldown({ input, platform: 'node', cwd: root, onLog: () => {} });
  const { output } = await build.write({
    dir,
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name]-[hash].js',
  });
  await build.close();
  const modules = output.flatMap((file) => (file.type === 'chunk' ? Object.keys(file.modules) : []));
  const packages = new Set(
    modules.flatMap((id) => /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(id.replaceAll('\\', '/'))?.[1] ?? []),
  );
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, 'LICENSES.txt'), [...packages].sort().map(licenceOf).join('\n\n'));
}

/** @param {string} folder of a package */
function licenceOf(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
  const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), 'utf8').trim() : '';
  return `${name} ${version} (${license})\n\n${text}`.trim();
}
