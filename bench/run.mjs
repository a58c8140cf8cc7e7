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
 */

ensureNode();
ensureDependencies();
ensureRedis();
const { line } = await import('./figures.mjs');
const { measureHttp } = await import('./http.mjs');
const { measureCold, measureMemory, measureSandbox, startNodder } = await import('./sandbox.mjs');
const { createMint, gateEnv } = await import('./sessions.mjs');
const { buildAll, sizeOf } = await import('./sites.mjs');
const { startRedis } = await import('../local/redis/open.mjs');

const quick = process.argv.includes('--quick');
const extent = quick ? { rounds: 3, requests: 200 } : { rounds: 11, requests: 500 };
const memory = quick ? { requests: 10_000, sessions: 1_000 } : { requests: 100_000, sessions: 10_000 };
const origin = 'http://localhost:3000';

console.log(
  'Building the site four times: without middleware, with a bare one, with a leaner bare one, with the gate.',
);
await buildAll();
const size = { bare: sizeOf('bare'), gate: sizeOf('gate') };

const nodder = await startNodder();
const redis = await startRedis({});
try {
  const inside = { ...extent, env: gateEnv(origin, nodder), mint: await createMint(gateEnv(origin, nodder)) };
  const outside = { ...extent, env: gateEnv(origin, redis), mint: await createMint(gateEnv(origin, redis)) };
  console.log(`In Next's sandbox, without HTTP: ${extent.rounds} rounds of ${extent.requests} requests each.`);
  const sandbox = await measureSandbox(inside);
  const cold = await measureCold({ ...inside, rounds: quick ? 3 : 7 });
  console.log(
    `Memory: ${memory.requests.toLocaleString('en')} requests with ${memory.sessions.toLocaleString('en')} sessions.`,
  );
  const heap = await measureMemory(inside, memory);
  console.log(`Over HTTP, three servers: ${extent.rounds} rounds of ${extent.requests} requests each.`);
  const http = await measureHttp(outside);

  const ratio = (/** @type {string} */ name, /** @type {'micros' | 'latency'} */ of, base = 'bare') =>
    (http[name]?.[of] ?? 0) / (http[base]?.[of] || Number.NaN);
  const report = [
    '',
    'CPU per request in the sandbox, over a bare middleware',
    line('(the bare one itself)', sandbox.bare, 'µs'),
    line('(one that takes only NextResponse of next/server)', sandbox.lean, 'µs'),
    line('somebody who was here before', sandbox.repeat - sandbox.bare, 'µs', 40),
    line('a first visit: cookie opened', sandbox.opened - sandbox.bare, 'µs', 230),
    line('somebody who was here before, over the leaner one', sandbox.repeat - sandbox.lean, 'µs', 40),
    line('a first visit: cookie opened, over the leaner one', sandbox.opened - sandbox.lean, 'µs', 230),
    line('a first visit: cookie opened, session looked up in Redis', sandbox.first - sandbox.bare, 'µs'),
    '',
    'A page over HTTP, CPU of the server per request',
    line('(without middleware)', http.none?.micros ?? Number.NaN, 'µs'),
    line('(with a bare middleware)', http.bare?.micros ?? Number.NaN, 'µs'),
    line('somebody who was here before, to the bare one', ratio('repeat', 'micros'), '×', 1.2, 2),
    line('a first visit with its look-up, to the bare one', ratio('first', 'micros'), '×', 1.5, 2),
    line('somebody who was here before, to no middleware', ratio('repeat', 'micros', 'none'), '×', undefined, 2),
    '',
    'A page over HTTP, median latency',
    line('(without middleware)', http.none?.latency ?? Number.NaN, 'µs'),
    line('somebody who was here before, to the bare one', ratio('repeat', 'latency'), '×', undefined, 2),
    line('a first visit with its look-up, to the bare one', ratio('first', 'latency'), '×', undefined, 2),
    '',
    'The Edge bundle',
    line('raw', size.gate.raw, 'bytes'),
    line('gzip', size.gate.gzip, 'bytes', 92_000),
    line('gzip, over a bare middleware', size.gate.gzip - size.bare.gzip, 'bytes'),
    '',
    'An isolate',
    line('first answer of a cold one, bare', cold.bare, 'ms'),
    line('first answer of a cold one, gate', cold.gate, 'ms'),
    .../** @type {const} */ (['bare', 'gate']).map((variant) =>
      line(
        `heap that stays after ${memory.requests.toLocaleString('en')} requests, ${variant}`,
        heap[variant] / 1_048_576,
        'MB',
        undefined,
        1,
      ),
    ),
  ];
  console.log(report.join('\n'));
  if (!Number.isFinite(http.none?.micros))
    console.log('\nThere is no /proc here, so the CPU of the servers is not known.');
  mkdirSync(join(root, '.artifacts'), { recursive: true });
  const figures = { at: new Date().toISOString(), node: process.version, extent, size, sandbox, cold, heap, http };
  writeFileSync(join(root, '.artifacts/bench.json'), `${JSON.stringify(figures, null, 2)}\n`);
} finally {
  nodder.close();
  await redis.close();
}
