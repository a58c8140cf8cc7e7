/**
 * `npm run routes`: every route of the build with the rules that catch it. Exits with 1 when something can be opened
 * that no rule opens: a route that the middleware's matcher leaves out, or a rewrite from an open path to a closed one.
 *
 * `node local/routes.mjs <folder> <build>` looks at another site that uses the same rules.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

/**
 * @typedef {object} Site
 * @property {readonly string[]} routes as Next writes them, `[id]` and all
 * @property {readonly { source: string, destination: string }[]} rewrites
 * @property {(path: string) => boolean} isGated whether the middleware sees a path, or a rewrite makes a 404 of it
 *
 * @typedef {object} Row
 * @property {string} route
 * @property {readonly string[]} rules each as `path → who`
 * @property {string} [fault]
 *
 * @typedef {import('../lib/types').Rule} Rule
 * @typedef {{ rules: readonly Rule[], rulesFor: typeof import('../lib/policy/rules').rulesFor, openness: typeof import('../lib/policy/rules').openness }} Policy
 */

/**
 * Judges a site by its rules.
 *
 * @param {Site} site @param {Policy} policy
 * @returns {{ rows: Row[], idle: string[] }} `idle` are rules that catch no route: misspelt, or behind another one
 */
export function inspect({ routes, rewrites, isGated }, policy) {
  /** @type {Set<Rule>} */
  const used = new Set();
  const rows = [...routes].sort().map((route) => {
    const paths = samples(route, policy.rules);
    const caught = unique(
      paths.flatMap((path) => METHODS.flatMap((method) => policy.rulesFor(policy.rules, [path], method))),
    );
    for (const rule of caught) used.add(rule);
    const ungated = paths.find((path) => !isGated(path));
    return {
      route,
      rules: caught.map(describe),
      ...(ungated && { fault: ungated.startsWith(OWN_FILES) ? BELOW_OWN_FILES : LEFT_OUT }),
    };
  });
  for (const { source, destination } of rewrites) {
    const [from, to] = [source, destination].map((path) => policy.rulesFor(policy.rules, [sample(path)], 'GET'));
    const opened = from && to && policy.openness(from) !== 'closed' && policy.openness(to) === 'closed';
    const fault = opened ? { fault: `opens what the rule of ${destination} keeps closed` } : {};
    rows.push({ route: `${source} ⇒ ${destination}`, rules: (from ?? []).map(describe), ...fault });
  }
  return { rows, idle: policy.rules.filter((rule) => !used.has(rule)).map(({ path }) => path) };
}

/** The build's own files. Where there is none, Next goes on to any dynamic route that fits. */
const OWN_FILES = '/_next/static';
const LEFT_OUT = 'the matcher of middleware.ts leaves it out';
const BELOW_OWN_FILES = `it answers below ${OWN_FILES}, which the matcher leaves out: rewrite that to /404 in next.config`;

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

/** @template T @param {readonly T[]} list */
const unique = (list) => [...new Set(list)];

/** @param {Rule} rule */
function describe({ path, methods, allow, fresh }) {
  const who =
    typeof allow === 'string'
      ? allow
      : Object.entries(allow)
          .map(
            ([name, value]) =>
              `${name} ${[value].flat().map((one) => (typeof one === 'object' ? JSON.stringify(one) : one))}`,
          )
          .join(', ');
  return `${methods ? `${methods.join(' ')} ` : ''}${path} → ${who}${fresh ? ', fresh' : ''}`;
}

/** A path that a route serves. @param {string} route */
const sample = (route) =>
  route
    .replace(/\/\[\[\.\.\.[^\]]+\]\]/, '/any/thing')
    .replace(/\[\.\.\.[^\]]+\]/, 'any/thing')
    .replace(/\[[^\]]+\]/g, 'any')
    .replace(/:[A-Za-z]+\*?/g, 'any') || '/';

const DEPTHS = [1, 2, 3, 4, 5, 6, 7, 8];

/**
 * Paths that a route serves, one for each rule that may catch some of them: `/docs/[slug]` serves `/docs/free` too.
 *
 * @param {string} route @param {readonly Rule[]} rules
 */
function samples(route, rules) {
  const pattern = route
    .replace(/[.*+?^${}()|\\]/g, '\\$&')
    .replace(/\/\[\[[^\]]*\]\]/g, '(/.+)?')
    .replace(/\[\\\.\\\.\\\.[^\]]*\]/g, '.+')
    .replace(/\[[^\]]+\]/g, '[^/]+');
  const serves = new RegExp(`^${pattern || '/'}$`);
  const named = rules.map(({ path }) => path.replace(/\/\*$/, '/any').replace(/:[^/]+/g, 'any'));
  const own = route.includes('[') ? DEPTHS.map((depth) => OWN_FILES + '/any'.repeat(depth)) : [];
  const candidates = [...named, ...rules.map(({ path }) => path), ...own];
  return unique([sample(route), ...candidates.filter((path) => serves.test(path))]);
}

/** @param {string} file */
const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {});

/** What `next build` made in a folder. @param {string} folder @param {string} build @returns {Site} */
function builtSite(folder, build) {
  if (!existsSync(join(build, 'BUILD_ID'))) throw new Error(`There is no build in ${build}: run \`next build\` first.`);
  const pages = Object.keys(read(join(build, 'server/pages-manifest.json'))).filter(
    (path) => !/^\/(_app|_document|_error|404|500)$/.test(path),
  );
  const app = Object.values(read(join(build, 'app-path-routes-manifest.json'))).filter(
    (path) => !/^\/_(global-error|not-found)$/.test(path),
  );
  const publicFolder = join(folder, 'public');
  const files = existsSync(publicFolder)
    ? readdirSync(publicFolder, { recursive: true, withFileTypes: true })
        .filter((file) => file.isFile())
        .map((file) => `/${relative(publicFolder, join(file.parentPath ?? file.path, file.name))}`)
    : [];
  const { rewrites = [], basePath = '' } = read(join(build, 'routes-manifest.json'));
  const { middleware = {} } = read(join(build, 'server/middleware-manifest.json'));
  const { functions = {} } = read(join(build, 'server/functions-config-manifest.json')); // there when it is proxy.ts
  /** @type {{ regexp: string }[]} */
  const matchers = middleware['/']?.matchers ?? functions['/_middleware']?.matchers ?? [];
  // What becomes a 404 before dynamic routes are looked at.
  const early = Array.isArray(rewrites) ? rewrites : [...(rewrites.beforeFiles ?? []), ...(rewrites.afterFiles ?? [])];
  const nowhere = early.filter(({ destination }) => destination === `${basePath}/404`);
  const expressions = [
    ...matchers.map(({ regexp }) => new RegExp(regexp)),
    ...nowhere.map(({ regex }) => new RegExp(regex)),
  ];
  return {
    routes: unique([...pages, ...app, ...files, '/_next/image']),
    rewrites: Array.isArray(rewrites) ? rewrites : Object.values(rewrites).flat(),
    isGated: (path) => expressions.some((expression) => expression.test(basePath + path)),
  };
}

/** The rules and the code that reads them, from their TypeScript. @returns {Promise<Policy>} */
async function loadPolicy() {
  const { runnerImport } = await import('vite');
  const load = async (/** @type {string} */ file) =>
    (await runnerImport(join(root, file), { configFile: false, logLevel: 'silent' })).module;
  const { rules } = /** @type {typeof import('../lib/site')} */ (await load('lib/site.ts'));
  const { rulesFor, openness } = /** @type {typeof import('../lib/policy/rules')} */ (
    await load('lib/policy/rules.ts')
  );
  return { rules, rulesFor, openness };
}

async function main() {
  const folder = resolve(process.argv[2] ?? root);
  const build = resolve(process.argv[3] ?? join(folder, '.next'));
  const { rows, idle } = inspect(builtSite(folder, build), await loadPolicy());
  const width = Math.max(...rows.map(({ route }) => route.length));
  for (const { route, rules, fault } of rows) {
    console.log(`${route.padEnd(width)}  ${rules.join('; ')}${fault ? `  PUBLIC: ${fault}` : ''}`);
  }
  if (idle.length > 0) console.log(`\nNo route of the build is caught by: ${idle.join(', ')}`);
  const faults = rows.filter(({ fault }) => fault);
  console.log(`\n${rows.length} routes, ${faults.length} of them open without a rule that says so.`);
  if (faults.length > 0) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
