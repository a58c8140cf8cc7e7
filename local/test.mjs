/**
 * `npm test`, or `npm test -- types lint` for some steps. It sets up what is missing, runs the steps in order, stops at
 * the first that fails and says at the end what was proved. Node's own modules until they are installed.
 */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { VARIANTS } from './canary.mjs';
import { ensureGlewlwyd, ensureLemonLdap } from './debian.mjs';
import { ensurePackage } from './package.mjs';
import { ensureChromium, ensureDependencies, ensureNginx, ensureNode, ensureRedis, root } from './setup.mjs';
import { ensureBuild } from './site.mjs';
import { ensureStoryBuild } from './story-site.mjs';
import { ensureVercelBuild } from './vercel.mjs';

const artifacts = join(root, '.artifacts');
const unitReport = join(artifacts, 'unit.json');
const sitesReport = join(artifacts, 'sites.json');
const crowdsReport = join(artifacts, 'crowds.json');
const playwrightReport = join(artifacts, 'playwright.json');

/** `once`, or `everywhere`: each story in every realm, and whatever else a run leaves to the night; see vitest.config.ts. */
const { GATEHOUSE_STORIES = 'once' } = process.env;

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what
 * @property {readonly (readonly string[])[]} commands
 * @property {() => Promise<NodeJS.ProcessEnv | void>} [before] what the step needs; may add to its environment
 * @property {() => Count} [count]
 *
 * @typedef {object} Count
 * @property {number} passed
 * @property {number} failed
 * @property {readonly Skipped[]} skipped
 *
 * @typedef {object} Skipped
 * @property {string} file
 * @property {string} [reason]
 */

/** @type {readonly Step[]} */
const steps = [
  {
    name: 'types',
    what: 'TypeScript, strictly',
    commands: [
      ['next', 'typegen'], // the site's type check includes what Next derives from its routes
      ['npm', 'run', '--silent', 'typecheck'],
    ],
  },
  { name: 'lint', what: 'Biome: rules and format', commands: [['npm', 'run', '--silent', 'lint']] },
  {
    name: 'build',
    what: 'the production build, and the rule of every route in it',
    commands: [
      ['node', 'local/site.mjs'],
      ['npm', 'run', '--silent', 'routes'],
    ],
  },
  {
    name: 'unit',
    what: 'Vitest: rooms and contracts; stories against the build, `vercel build` and proxy.ts on Node',
    // All of them at once: while the stories of one wait, those of another compute.
    commands: [vitest(unitReport, ['core', 'server', 'bundle', 'node', 'hooks', 'proxy', 'vercel'])],
    before: async () => {
      await ensureBuild(console.log); // the built middleware is under test too, also when this step runs alone
      await prepared();
      ensureRedis();
      await Promise.all([ensureStoryBuild('middleware', console.log), ensureStoryBuild('proxy', console.log)]);
      const missing = await ensureVercelBuild(console.log);
      if (willRun('sites')) providers = inBackground(['local/debian.mjs']); // no `apt-get` beside it
      if (!missing) return {};
      console.log(`SKIPPED: what \`vercel build\` makes is not tested, because ${missing}.`);
      return { GATEHOUSE_WITHOUT_VERCEL: missing };
    },
    count: () => vitestCount(unitReport),
  },
  {
    name: 'crowds',
    what: 'Vitest: a thousand requests to several processes of the built site, with no other test beside them',
    commands: [vitest(crowdsReport, ['crowds'])],
    before: async () => {
      await prepared();
      ensureRedis();
      await ensureBuild(console.log);
    },
    count: () => vitestCount(crowdsReport),
  },
  {
    name: 'e2e',
    what: 'Playwright: a browser, the built site, a provider and Redis',
    commands: [['playwright', 'test']],
    before: async () => {
      await prepared();
      ensureRedis();
      buildCanaries('--beside', ...VARIANTS); // in this order: first those that it opens
      const path = await ensureChromium();
      return path ? { CHROMIUM_PATH: path } : {};
    },
    count: () => playwrightCount(playwrightReport),
  },
  {
    name: 'sites',
    what: 'Vitest: whole sites behind the built gate, what is in front of it, providers that are not ours, and kills',
    commands: [vitest(sitesReport, ['sites', 'waits'])],
    before: async () => {
      await prepared();
      ensureRedis();
      ensureNginx();
      await providers?.exited;
      ensureGlewlwyd();
      ensureLemonLdap();
      await ensureBuild(console.log);
      await Promise.all([ensureStoryBuild('middleware', console.log), ensureStoryBuild('proxy', console.log)]);
      canaries?.stop();
      await canaries?.exited;
      buildCanaries(...VARIANTS); // those that are left, beside the files that wait; the others wait for the builds
    },
    count: () => vitestCount(sitesReport),
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`No step is called ${unknown.join(', ')}. There are: ${steps.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

/** @param {string} name */
const willRun = (name) => wanted.length === 0 || wanted.includes(name);

/** @typedef {{ exited: Promise<unknown>, stop: () => void }} Work */
/** What steps need, but for what they build and check themselves. @type {Work | undefined} */
let programs;
/** @type {Work | undefined} */
let builds;

async function prepared() {
  const say = () => console.log('Waiting for programs and builds that were begun behind the steps before.');
  const late = setTimeout(say, 2_000);
  await Promise.all([programs?.exited, builds?.exited]);
  clearTimeout(late);
}

/** @type {Work | undefined} */
let canaries;
/** @type {Work | undefined} */
let providers;

/** Builds sites in the background. @param {readonly string[]} args */
function buildCanaries(...args) {
  canaries = inBackground(['local/canary.mjs', ...args]);
}

/** @param {readonly string[]} args @returns {Work} */
function inBackground(args) {
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: 'ignore' });
  return { exited: once(child, 'exit'), stop: () => child.kill() };
}

ensureNode();
const needy = steps.filter(({ name, before }) => before && willRun(name)).map(({ name }) => name);
if (needy.length > 0) programs = inBackground(['local/prepare.mjs', 'programs', ...needy]);
ensureDependencies();
await ensurePackage(console.log);
if (needy.length > 0) builds = inBackground(['local/prepare.mjs', 'builds', ...needy]);
mkdirSync(artifacts, { recursive: true });
for (const report of [unitReport, sitesReport, crowdsReport, playwrightReport]) rmSync(report, { force: true });

/** @type {string[]} */
const summary = [];
const total = { passed: 0, failed: 0, skipped: 0 };
let broken = false;

for (const step of steps.filter(({ name }) => willRun(name))) {
  if (broken) {
    summary.push(`  not run  ${step.name}`);
    continue;
  }
  console.log(`\n== ${step.name}: ${step.what}`);
  const started = Date.now();
  const env = (await step.before?.()) ?? {};
  broken = !step.commands.every((command) => run(command, env));
  const { passed, failed, skipped } = step.count?.() ?? { passed: 0, failed: 0, skipped: [] };
  total.passed += passed;
  total.skipped += skipped.length;
  // A step can fail without a failed test, by a type error for one. The last line must not say "0 failed" then.
  total.failed += broken ? Math.max(failed, 1) : 0;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const left = skipped.length > 0 ? `, ${skipped.length} SKIPPED` : '';
  const tests = step.count ? `, ${passed} tests passed${left}` : '';
  summary.push(`  ${broken ? 'FAILED ' : 'ok     '}  ${step.name} (${seconds} s${tests})`, ...leftOut(skipped));
}

for (const work of [programs, builds, canaries, providers]) work?.stop();
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = broken ? 1 : 0;

/** @param {string} report @param {readonly string[]} projects */
function vitest(report, projects) {
  const named = projects.map((project) => `--project=${project}`);
  return ['vitest', 'run', ...named, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
}

/** @param {string} file @returns {Count} */
function vitestCount(file) {
  const { numPassedTests = 0, numFailedTests = 0, testResults = [] } = read(file) ?? {};
  /** @type {Skipped[]} */
  const skipped = [];
  for (const { name, assertionResults } of testResults)
    for (const { status, meta } of assertionResults)
      if (status !== 'passed' && status !== 'failed')
        skipped.push({ file: relative(root, name), reason: meta?.skipped }); // see tests/setup/skipped.ts
  return { passed: numPassedTests, failed: numFailedTests, skipped };
}

/** @param {string} file @returns {Count} */
function playwrightCount(file) {
  const { stats, suites = [] } = read(file) ?? {};
  /** @type {Skipped[]} */
  const skipped = [];
  for (const suite of suites) collect(suite);
  return { passed: stats?.expected ?? 0, failed: stats?.unexpected ?? 0, skipped };

  /** @param {any} suite */
  function collect(suite) {
    for (const inner of suite.suites ?? []) collect(inner);
    for (const { file: name, tests } of suite.specs ?? [])
      for (const { status, annotations } of tests)
        if (status === 'skipped')
          skipped.push({
            file: `tests/e2e/${name}`,
            reason: annotations.map((/** @type {any} */ { description }) => description).find(Boolean),
          });
  }
}

/**
 * What a step did not prove on this machine, and why: one line for each reason.
 *
 * @param {readonly Skipped[]} skipped
 */
function leftOut(skipped) {
  const reasons = [...new Set(skipped.map(({ reason }) => reason))];
  return reasons.map((reason) => {
    const tests = skipped.filter((test) => test.reason === reason);
    const [first = '', ...more] = new Set(tests.map(({ file }) => file));
    const where = more.length > 0 ? `${first} and ${more.length} more` : first;
    return `             ${tests.length} SKIPPED in ${where}: ${reason ?? 'the test gives no reason'}`;
  });
}

/** @param {readonly string[]} command @param {NodeJS.ProcessEnv} env */
function run([program = '', ...args], env) {
  const local = join(root, 'node_modules/.bin', program);
  const { status } = spawnSync(existsSync(local) ? local : program, args, {
    cwd: root,
    env: { ...process.env, GATEHOUSE_STORIES, NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return status === 0;
}

/** @param {string} file @returns {any} undefined when the runner did not get as far as writing it */
function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
