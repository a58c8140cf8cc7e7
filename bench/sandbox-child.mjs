/**
 * A process with one built middleware in Next's own sandbox, without HTTP and without a page: what `next start` calls for
 * each request, and nothing around it. Takes rounds by message and answers with what they cost.
 */
import { createRequire } from 'node:module';
import { DOCUMENT } from './load.mjs';
import { distOf, middlewareFiles } from './sites.mjs';

const load = createRequire(import.meta.url); // no `require`, or the compiler would take Next's types in
load('next/dist/server/node-environment');
const { run } = load('next/dist/server/web/sandbox');

const variant = /** @type {import('./sites.mjs').Variant} */ (process.argv[2]);
const { name, paths } = middlewareFiles(variant);
const call = {
  distDir: distOf(variant),
  name,
  paths,
  edgeFunctionEntry: { name, paths, wasm: [], assets: [], env: {} },
  useCache: true,
  onWarning() {},
};
const document = {
  ...DOCUMENT,
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-host': 'localhost:3000',
  host: 'localhost:3000',
};

/** @param {string} cookie */
async function request(cookie) {
  const { response } = await run({
    ...call,
    request: {
      url: 'http://localhost:3000/dynamic',
      method: 'GET',
      headers: { ...document, cookie },
      nextConfig: {},
      page: { name },
      signal: new AbortController().signal,
      waitUntil() {},
    },
  });
  if (!response.headers.has('x-middleware-next')) throw new Error(`not let through: ${response.status}`);
}

/**
 * Each request in a turn of its own, as a server's requests are. In a tight loop the bare one would never turn the event
 * loop: what Next leaves to a timer after every answer would pile up and be paid for when the clock no longer runs, while
 * the gate, which waits for a thread when it opens a cookie, would pay for it inside.
 *
 * @param {string[]} cookies @param {number} times
 */
async function requests(cookies, times) {
  for (let index = 0; index < times; index += 1) {
    await request(cookies[index % cookies.length] ?? '');
    await new Promise(setImmediate);
  }
}

/** What waits for a turn of the event loop to be let go is no memory that stays. Throws code away too, so never in a race. */
async function settle() {
  for (let time = 0; time < 3; time += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    global.gc?.();
  }
}

process.on(
  'message',
  async (/** @type {{ cookies: string[], times: number, weigh: boolean }} */ { cookies, times, weigh }) => {
    try {
      if (weigh) await settle();
      const before = { cpu: process.cpuUsage(), heap: process.memoryUsage().heapUsed, at: performance.now() };
      await requests(cookies, times);
      const { user, system } = process.cpuUsage(before.cpu);
      const ms = performance.now() - before.at;
      if (weigh) await settle();
      process.send?.({ micros: (user + system) / times, ms, heap: process.memoryUsage().heapUsed - before.heap });
    } catch (error) {
      process.send?.({ error: String(error) });
    }
  },
);
