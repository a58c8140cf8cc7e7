/**
 * `npm run routes`: every route of the build with the rules that catch it. Exits with 1 when something can be opened
 * that no rule opens (a route that the middleware's matcher leaves out, a rewrite from an open path to a closed one, a
 * Server Action at an open page, a rule that comes too late), or when the site gives away what opens it: its cookies to
 * another origin, or its preview id to browsers. Warnings do not change the exit code.
 *
 * `node local/routes.mjs <folder> <build>` looks at another site.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { builtSite, matchersOf } from './built-site.mjs';
import { hiddenRules } from './routes/hidden-rules.mjs';
import { OWN_FILES, samples } from './routes/paths.mjs';
import { caughtBy, described, isOpen } from './routes/policy.mjs';
import { handedOver, LEFT_OUT, rewriteRow } from './routes/rewrites.mjs';
import { bodyLimitNote, cookielessNotes, draftModeNote, formActionNotes } from './routes/site-notes.mjs';
import { root } from './setup.mjs';

/**
 * @typedef {import('./built-site.mjs').Site} Site
 * @typedef {import('./built-site.mjs').Action} Action
 * @typedef {import('./routes/policy.mjs').Policy} Policy
 *
 * @typedef {object} Row
 * @property {string} route
 * @property {readonly string[]} rules each as `path → who`
 * @property {string} [fault]
 *
 * @typedef {object} Judgement
 * @property {Row[]} rows
 * @property {string[]} idle rules that catch no route: misspelt, or behind another one
 * @property {string[]} faults of the site as a whole
 * @property {string[]} warnings
 */

/**
 * Judges a site by its rules.
 *
 * @param {Site} site @param {Policy} policy @returns {Judgement}
 */
export function inspect(site, policy) {
  const routes = [...site.routes].sort().map((route) => routeRow(route, site, policy));
  const rewrites = site.rewrites.map((rewrite) => rewriteRow(rewrite, site, policy));
  const actions = site.actions.flatMap((action) => actionRow(action, policy));
  const used = new Set(site.routes.flatMap((route) => caughtBy(samples(route, policy.rules), policy).flat()));
  const draft = draftModeNote(site);
  const isKnown = policy.allowsDraftMode === true;
  return {
    rows: [...routes, ...rewrites, ...actions],
    idle: policy.rules.filter((rule) => !used.has(rule)).map(({ path }) => path),
    faults: [
      ...hiddenRules(policy.rules, site),
      ...handedOver(site, policy),
      ...(draft && !isKnown ? [`${draft}. Take it out, or ${KNOWN}`] : []),
    ],
    warnings: [...(draft && isKnown ? [draft] : []), ...formActionNotes(site), ...cookielessNotes(site, policy)],
  };
}

const KNOWN = 'say in gatehouse.config.ts that this is known: allowsDraftMode: true';

/** @param {string} route @param {Site} site @param {Policy} policy @returns {Row} */
function routeRow(route, { isGated, locales }, policy) {
  const paths = samples(route, policy.rules);
  const ungated = paths.find((path) => !isGated(path));
  return {
    route,
    rules: described(caughtBy(paths, policy)),
    ...(ungated && { fault: route.includes('[') ? leftOut(ungated) : LEFT_OUT }),
    ...(ungated && locales.length > 0 && { fault: `${LEFT_OUT}, in some locale or without one: ${REMEDY}` }),
  };
}

const REMEDY = `give that matcher, and the rewrite of ${OWN_FILES} to /404, \`locale: false\``;

/** @param {string} path */
function leftOut(path) {
  if (path.startsWith(OWN_FILES))
    return `it answers below ${OWN_FILES}, which the matcher leaves out: rewrite that to /404 in next.config`;
  return path.startsWith('/_next/') ? 'it answers below /_next, which the matcher leaves out' : LEFT_OUT;
}

/** The page that answers wherever there is none. */
const NOT_FOUND = '/_not-found';

const CALLABLE =
  'anybody may call it there: move it to a file that no open page imports, or name it in openActions of gatehouse.config.ts';

/** Nothing for an action that no open page has. @param {Action} action @param {Policy} policy @returns {Row[]} */
function actionRow({ name, file, pages }, policy) {
  const addresses = (/** @type {string} */ page) => samples(page === NOT_FOUND ? '/[...any]' : page, policy.rules);
  const at = pages.filter((page) => addresses(page).some((path) => isOpen(path, 'POST', policy)));
  if (at.length === 0) return [];
  // Next calls every action that is written inside of a component alike, so a name of its making opens nothing.
  const isMeant = !name.startsWith('$$') && policy.openActions.includes(name);
  return [
    {
      route: `action ${name} (${file})`,
      rules: [`at ${at.join(', ')}`],
      ...(!isMeant && { fault: CALLABLE }),
    },
  ];
}

/**
 * The rules of a site, from its `gatehouse.config.ts`, and the code that reads them.
 *
 * @param {string} folder @returns {Promise<Policy>}
 */
async function loadPolicy(folder) {
  const { runnerImport } = await import('vite');
  const home = [folder, join(folder, 'src')].find((place) => existsSync(join(place, 'gatehouse.config.ts'))) ?? root;
  const resolve = { alias: { 'next-gatehouse': join(root, 'lib/index.ts') } };
  const load = async (/** @type {string} */ file) =>
    (await runnerImport(file, { configFile: false, logLevel: 'silent', resolve })).module;
  const { default: site } = /** @type {{ default: import('../lib/site-configuration').GatehouseConfig }} */ (
    await load(join(home, 'gatehouse.config.ts'))
  );
  const { rulesFor, openness } = /** @type {typeof import('../lib/policy/rules')} */ (
    await load(join(root, 'lib/policy/rules.ts'))
  );
  const { readings, withHidden } = /** @type {typeof import('../lib/policy/path')} */ (
    await load(join(root, 'lib/policy/path.ts'))
  );
  const { rules = [], openActions = [], allowsDraftMode = false } = site;
  return { rules, openActions, allowsDraftMode, rulesFor, openness, readings, withHidden };
}

async function main() {
  const folder = resolve(process.argv[2] ?? root);
  const build = resolve(process.argv[3] ?? join(folder, '.next'));
  const site = builtSite(folder, build);
  const { rows, idle, faults, warnings } = inspect(site, await loadPolicy(folder));
  if (matchersOf(build).length === 0) console.log('This build has no middleware. Is middleware.ts beside app/?\n');
  const width = Math.max(...rows.map(({ route }) => route.length));
  for (const { route, rules, fault } of rows) {
    console.log(`${route.padEnd(width)}  ${rules.join('; ')}${fault ? `  PUBLIC: ${fault}` : ''}`);
  }
  if (idle.length > 0) console.log(`\nNo route of the build is caught by: ${idle.join(', ')}`);
  console.log(`\n${bodyLimitNote(site)}`);
  for (const warning of warnings) console.log(`\nWARNING: ${warning}.`);
  for (const fault of faults) console.log(`\nFAULT: ${fault}.`);
  const open = rows.filter(({ fault }) => fault);
  console.log(`\n${rows.length} routes, ${open.length} of them open without a rule that says so.`);
  if (open.length + faults.length > 0) process.exitCode = 1;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
