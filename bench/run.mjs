/**
 * `npm run bench`: what the gate costs, beside no middleware and beside a bare one in the same run. Ratios and differences
 * mean something on any machine; absolute times mean something on this one only.
 *
 * `npm run bench -- http size` measures these parts alone, `--quick` with fewer rounds. With the folder of another checkout
 * in `BENCH_BEFORE`, in which `npm run bench -- size` has run, its gate is measured in the same rounds.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureDependencies, ensureNode, ensureRedis, root } from '../local/setup.mjs';

/**
 * @typedef {object} Options
 * @property {Record<string, string>} env
 * @property {Awaited<ReturnType<typeof import('./sessions.mjs').createMint>>} mint
 * @property {number} rounds
 * @property {number} requests in a round
 * @property {<T>(what: string, expected: number, work: () => Promise<T>) => Promise<T>} trips checks how often work asks Redis
 */

ensureNode();
ensureDependencies();
ensureRedis();
const { featureWeights } = await import('./features.mjs');
const { measureHttp } = await import('./http.mjs');
const { measureProxy } = await import('./proxy.mjs');
const { report } = await import('./report.mjs');
const { measureCold, measureMemory, measureSandbox, startStandIn } = await import('./sandbox.mjs');
const { createMint, gateEnv, loadEndedSessions } = await import('./sessions.mjs');
const { simulate } = await import('./simulation.mjs');
const { buildAll, isCompared, middlewareFiles, sizeOf, VARIANTS } = await import('./sites.mjs');
const { weights } = await import('./weights.mjs');
const { startRedis } = await import('../lib/dev-redis/open.mjs');

const quick = process.argv.includes('--quick');
const inProcess = quick ? { rounds: 24, requests: 150 } : { rounds: 100, requests: 250 };
const overHttp = quick ? { rounds: 4, requests: 500 } : { rounds: 10, requests: 700 };
const memory = quick ? { requests: 10_000, sessions: 1_000 } : { requests: 100_000, sessions: 10_000 };
const deployment = { isolates: 100, people: 100_000, seconds: 300, visitSeconds: 60, signOutsPerMinute: 200 };
const origin = 'http://localhost:3000';

/** @type {(() => unknown)[]} */
const closers = [];
const close = () => Promise.all(closers.splice(0).map((closer) => closer()));
// Without a handler a signal ends the process at once, and what it has started goes on without it.
for (const [signal, code] of /** @type {const} */ ([
  ['SIGINT', 130],
  ['SIGTERM', 143],
]))
  process.once(signal, () => void close().finally(() => process.exit(code)));

/**
 * A look-up that fails lets the visitor through all the same, and would be measured as one that did not.
 *
 * @param {{ calls: () => number }} redis @returns {Options['trips']}
 */
const counting = (redis) => async (what, expected, work) => {
  const before = redis.calls();
  const result = await work();
  const made = redis.calls() - before;
  if (made !== expected) throw new Error(`"${what}" asked Redis ${made} times and not ${expected}`);
  return result;
};

/** @param {{ url: string, token: string, calls: () => number }} redis */
const optionsFor = async (redis) => {
  const env = gateEnv(origin, redis);
  return { env, mint: await createMint(env), trips: counting(redis) };
};

/** What each part needs to be built, and how it is measured. */
const PARTS = {
  size: {
    variants: ['bare', 'gate'],
    measure: async () => ({
      bare: sizeOf('bare').gzip,
      gate: sizeOf('gate').gzip,
      before: isCompared ? sizeOf('before').gzip : Number.NaN,
      parts: weights(middlewareFiles('gate').paths),
    }),
  },
  features: { variants: [], measure: featureWeights },
  sandbox: {
    variants: ['bare', 'lean', 'gate'],
    measure: async () => measureSandbox({ ...(await withStandIn()), ...inProcess }),
  },
  cold: {
    variants: ['bare', 'gate'],
    measure: async () => measureCold({ ...(await withStandIn()), ...inProcess, rounds: quick ? 3 : 7 }),
  },
  memory: {
    variants: ['bare', 'gate'],
    measure: async () => ({ ...(await measureMemory({ ...(await withStandIn()), ...inProcess }, memory)), ...memory }),
  },
  http: {
    variants: ['none', 'bare', 'gate'],
    measure: async () => {
      const redis = await startRedis({});
      closers.push(redis.close);
      return measureHttp({ ...(await optionsFor(redis)), ...overHttp });
    },
  },
  proxy: {
    variants: ['gate'],
    measure: async () => {
      const redis = await startRedis({});
      closers.push(redis.close);
      return measureProxy({ ...(await optionsFor(redis)), ...overHttp });
    },
  },
  endings: {
    variants: [],
    measure: async () => ({
      deployment,
      list: await simulate(deployment, await loadEndedSessions()),
      asked: await simulate(deployment, 'by a question per session'),
    }),
  },
};

/** A stand-in for Redis, which costs as little as an answer can. */
async function withStandIn() {
  const redis = await startStandIn();
  closers.push(redis.close);
  return optionsFor(redis);
}

const named = process.argv.slice(2).filter((value) => !value.startsWith('--'));
for (const name of named) if (!(name in PARTS)) throw new Error(`parts are: ${Object.keys(PARTS).join(', ')}`);

try {
  const parts = Object.entries(PARTS).filter(([name]) => named.length === 0 || named.includes(name));
  await buildAll(
    VARIANTS.filter((variant) => parts.some(([, { variants }]) => variants.some((one) => one === variant))),
  );
  /** @type {Record<string, any>} */
  const figures = {};
  for (const [name, { measure }] of parts) {
    console.log(`Measuring: ${name}.`);
    figures[name] = await measure();
  }
  console.log(report(figures));
  const about = { at: new Date().toISOString(), node: process.version, quick, inProcess, overHttp };
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  writeFileSync(join(root, '.artifacts/bench.json'), `${JSON.stringify({ ...about, ...figures }, null, 2)}\n`);
} finally {
  await close();
}
