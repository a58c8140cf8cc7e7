/**
 * `npm run bench`, or `npm run bench -- --quick`: what the gate costs, beside no middleware and beside a bare one in the
 * same run. Ratios and differences mean something on any machine; absolute times mean something on this one only.
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
const { measureHttp } = await import('./http.mjs');
const { report } = await import('./report.mjs');
const { measureCold, measureMemory, measureSandbox, startNodder } = await import('./sandbox.mjs');
const { createMint, gateEnv } = await import('./sessions.mjs');
const { buildAll, sizeOf } = await import('./sites.mjs');
const { startRedis } = await import('../local/redis/open.mjs');

const quick = process.argv.includes('--quick');
const inProcess = quick ? { rounds: 24, requests: 150 } : { rounds: 100, requests: 250 };
const overHttp = quick ? { rounds: 4, requests: 80 } : { rounds: 10, requests: 300 };
const memory = quick ? { requests: 10_000, sessions: 1_000 } : { requests: 100_000, sessions: 10_000 };
const origin = 'http://localhost:3000';
const number = (/** @type {number} */ value) => value.toLocaleString('en');

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

try {
  console.log('Building the site four times: without middleware, with a bare one, a leaner bare one, the gate.');
  await buildAll();
  const size = { bare: sizeOf('bare'), gate: sizeOf('gate') };
  const nodder = await startNodder();
  closers.push(nodder.close);
  const redis = await startRedis({});
  closers.push(redis.close);

  const inside = { ...(await optionsFor(nodder)), ...inProcess };
  console.log(
    `In Next's sandbox, without HTTP: up to ${inProcess.rounds} rounds of ${inProcess.requests} requests each.`,
  );
  const sandbox = await measureSandbox(inside);
  const cold = await measureCold({ ...inside, rounds: quick ? 3 : 7 });
  console.log(`Memory: ${number(memory.requests)} requests with ${number(memory.sessions)} sessions.`);
  const heap = { ...(await measureMemory(inside, memory)), ...memory };
  console.log(`Over HTTP, three servers: ${overHttp.rounds} rounds of ${overHttp.requests} requests each.`);
  const http = await measureHttp({ ...(await optionsFor(redis)), ...overHttp });

  const figures = { size, sandbox, cold, heap, http };
  console.log(report(figures));
  const about = { at: new Date().toISOString(), node: process.version, quick, inProcess, overHttp };
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  writeFileSync(join(root, '.artifacts/bench.json'), `${JSON.stringify({ ...about, ...figures }, null, 2)}\n`);
} finally {
  await close();
}
