import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort, startSite } from '../local/site.mjs';
import { compared, figure, median, ratio } from './figures.mjs';
import { cpuOf, visitAll } from './load.mjs';
import { siteOf } from './sites.mjs';

/** The build of the site has it in the rewrite. */
export const API_PORT = 40_977;

/** The ways to one answer of an API, all behind the gate. */
const PATHS = /** @type {const} */ ({
  proxied: '/api/backend/answer',
  fetched: '/fetched',
  rewritten: '/rewritten/answer',
});

/** @typedef {keyof typeof PATHS} Way */
/** µs per request, by round. @typedef {Record<Way, { cpu: number[], latency: number[] }>} Seen */

/**
 * CPU of the site and latency of a 1 KB answer of an API in another process: by the proxy of the gate, by a route handler with
 * `getAccessToken()` and `fetch`, and by an external rewrite of Next, which sends no token. One server answers all of them, and
 * one session asks.
 *
 * @param {import('./run.mjs').Options} options
 */
export async function measureProxy({ env, mint, rounds, requests }) {
  const url = `http://localhost:${await freePort(0)}`;
  const api = fork(fileURLToPath(new URL('api.mjs', import.meta.url)), [String(API_PORT)]);
  const listening = once(api, 'message');
  await Promise.race([listening, once(api, 'exit').then(() => Promise.reject(new Error(`port ${API_PORT} is taken`)))]);
  const { dir, build } = siteOf('gate');
  const variables = { ...env, BENCH_VARIANT: build, BACKEND_API_URL: `http://127.0.0.1:${API_PORT}` };
  const site = await startSite({ url, mode: 'production', dir, env: variables, log() {} });
  try {
    const [[cookie = '']] = await mint.sessions(1, { stored: true });
    const ask = (/** @type {Way} */ way, /** @type {number} */ times) =>
      visitAll(url + PATHS[way], Array(times).fill(cookie));
    const ways = /** @type {Way[]} */ (Object.keys(PATHS));
    for (const way of ways) await ask(way, 3 * requests);
    const none = () => ({ cpu: [], latency: [] });
    /** @type {Seen} */
    const seen = { proxied: none(), fetched: none(), rewritten: none() };
    for (let number = 0; number < rounds; number += 1) {
      for (const way of ways) {
        const before = cpuOf(site.pid);
        const latency = median(await ask(way, requests));
        seen[way].cpu.push((cpuOf(site.pid) - before) / requests);
        seen[way].latency.push(latency);
      }
      ways.reverse();
    }
    return summary(seen);
  } finally {
    await site.close();
    api.kill();
  }
}

/** @param {Seen} seen */
function summary({ proxied, fetched, rewritten }) {
  const of = (/** @type {'cpu' | 'latency'} */ what) => ({
    proxied: figure(proxied[what]),
    toFetched: compared(proxied[what], fetched[what], ratio),
    toRewritten: compared(proxied[what], rewritten[what], ratio),
  });
  return { cpu: of('cpu'), latency: of('latency') };
}
