/**
 * `npm test`, or `npm test -- types lint` for some steps. It sets up what is missing, runs the steps in order, stops at
 * the first that fails and says at the end what was proved. Node's own modules until they are installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureProxyBuild } from './proxy.mjs';
import { ensureChromium, ensureDependencies, ensureNginx, ensureNode, ensureRedis, root } from './setup.mjs';
import { ensureBuild } from './site.mjs';
import { ensureVercelBuild } from './vercel.mjs';

const artifacts = join(root, '.artifacts');
const unitReport = join(artifacts, 'unit.json');
const sitesReport = join(artifacts, 'sites.json');
const processesReport = join(artifacts, 'processes.json');
const playwrightReport = join(artifacts, 'playwright.json');

/**
 * @typedef {object} Step
 * @property {string} name
 * @property {string} what
 * @property {readonly (readonly string[])[]} commands
 * @property {() => Promise<NodeJS.ProcessEnv | void>} [before] what the step needs; may add to its environment
 * @property {() => { passed: number, failed: number, skipped?: number }} [count]
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
      ['next', 'build'],
      ['node', 'local/routes.mjs'],
    ],
  },
  {
    name: 'unit',
    what: 'Vitest: rooms and contracts; stories in the edge VM, against the build, `vercel build` and proxy.ts on Node',
    // All of them at once: the stories spend most of their time waiting, and so they wait together.
    commands: [vitest(unitReport, ['core', 'bundle', 'node', 'proxy', 'vercel'])],
    before: async () => {
      ensureRedis();
      await ensureBuild(console.log); // the built middleware is under test too, also when this step runs alone
      await ensureProxyBuild(console.log);
      const missing = ensureVercelBuild(console.log);
      if (!missing) return;
      console.log(`SKIPPED: what \`vercel build\` makes is not tested, because ${missing}.`);
      return { GATEHOUSE_WITHOUT_VERCEL: missing };
    },
    count: () => vitestCount(unitReport),
  },
  {
    name: 'sites',
    what: 'Vitest: whole sites behind the built gate, and what is in front of it',
    commands: [vitest(sitesReport, ['sites'])],
    before: async () => {
      ensureRedis();
      ensureNginx();
      await ensureBuild(console.log);
    },
    count: () => vitestCount(sitesReport),
  },
  {
    name: 'processes',
    what: 'Vitest: several processes of the built site, crowded and killed, with the machine for themselves',
    commands: [vitest(processesReport, ['processes'])],
    before: async () => {
      ensureRedis();
      await ensureBuild(console.log);
    },
    count: () => vitestCount(processesReport),
  },
  {
    name: 'e2e',
    what: 'Playwright: a browser, the built site, a provider and Redis',
    commands: [['playwright', 'test']],
    before: async () => {
      ensureRedis();
      const path = await ensureChromium();
      return path ? { CHROMIUM_PATH: path } : {};
    },
    count: () => {
      const { stats } = read(playwrightReport) ?? {};
      return { passed: stats?.expected ?? 0, failed: stats?.unexpected ?? 0 };
    },
  },
];

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`No step is called ${unknown.join(', ')}. There are: ${steps.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}

ensureNode();
ensureDependencies();
mkdirSync(artifacts, { recursive: true });
for (const report of [unitReport, sitesReport, processesReport, playwrightReport]) rmSync(report, { force: true });

/** @type {string[]} */
const summary = [];
const total = { passed: 0, failed: 0, skipped: 0 };
let broken = false;

for (const step of steps.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
  if (broken) {
    summary.push(`  not run  ${step.name}`);
    continue;
  }
  console.log(`\n== ${step.name}: ${step.what}`);
  const started = Date.now();
  const env = (await step.before?.()) ?? {};
  broken = !step.commands.every((command) => run(command, env));
  const counted = step.count?.() ?? { passed: 0, failed: 0 };
  const { skipped = 0 } = counted;
  total.passed += counted.passed;
  total.skipped += skipped;
  // A step can fail without a failed test, by a type error for one. The last line must not say "0 failed" then.
  total.failed += broken ? Math.max(counted.failed, 1) : 0;
  const seconds = ((Date.now() - started) / 1000).toFixed(1);
  const why = env.GATEHOUSE_WITHOUT_VERCEL ? `: ${env.GATEHOUSE_WITHOUT_VERCEL}` : '';
  const left = skipped > 0 ? `, ${skipped} SKIPPED${why}` : '';
  const tests = step.count ? `, ${counted.passed} tests passed${left}` : '';
  summary.push(`  ${broken ? 'FAILED ' : 'ok     '}  ${step.name} (${seconds} s${tests})`);
}

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : '';
console.log(`\n${summary.join('\n')}\n\n${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = broken ? 1 : 0;

/** @param {string} report @param {readonly string[]} projects */
function vitest(report, projects) {
  const named = projects.map((project) => `--project=${project}`);
  return ['vitest', 'run', ...named, '--reporter=default', '--reporter=json', `--outputFile.json=${report}`];
}

/** @param {string} file */
function vitestCount(file) {
  const report = read(file);
  const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0 } = report ?? {};
  return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests };
}

/** @param {readonly string[]} command @param {NodeJS.ProcessEnv} env */
function run([program = '', ...args], env) {
  const local = join(root, 'node_modules/.bin', program);
  const { status } = spawnSync(existsSync(local) ? local : program, args, {
    cwd: root,
    env: { ...process.env, NEXT_TELEMETRY_DISABLED: '1', ...env },
    stdio: 'inherit',
    shell: process.platform === 'win32',
  });
  return status === 0;
}

/** @param {string} file @returns {any} undefined when the runner did not get as far as writing it */
function read(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}
