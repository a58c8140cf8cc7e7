import { freePort, startSite } from '../local/site.mjs';
import { compared, figure, median, ratio } from './figures.mjs';
import { cpuOf, visitAll } from './load.mjs';
import { isCompared, siteOf } from './sites.mjs';

/** A server gets faster for thousands of requests, by a factor of ten, while its code is compiled. */
const WARM_UP = 10_000;

/** @typedef {'none' | 'bare' | 'gate' | 'before'} Served */

/** @type {readonly Served[]} */
const SERVED = ['none', 'bare', 'gate', ...(isCompared ? [/** @type {const} */ ('before')] : [])];

/**
 * Who comes: a repeat visitor, for a page that the build has rendered, which leaves most of a request to the middleware, and
 * for one that is rendered anew; people whose cookies are opened and whose sessions are known; and first visits, with a
 * look-up in Redis. In this order, because those that leave garbage would be paid for by those that do not.
 *
 * `share` of the requests of a round.
 */
const PARTS = /** @type {const} */ ([
  { part: 'repeat', path: '/static', share: 1, warm: WARM_UP },
  { part: 'rendered', path: '/dynamic', share: 0.2, warm: WARM_UP / 10 },
  { part: 'opened', path: '/static', share: 0.5, warm: 0 },
  { part: 'first', path: '/static', share: 0.5, warm: 0 },
]);

/** @typedef {typeof PARTS[number]} Part */
/** @typedef {{ url: string, pid: number, close: () => Promise<void> }} Server */
/** µs per request, by round. @typedef {Record<Served, { cpu: number[], latency: number[] }>} Seen */

/**
 * CPU and latency of a page over HTTP, each variant in a server of its own that is warm, with 16 connections kept alive.
 *
 * @param {import('./run.mjs').Options} options
 */
export async function measureHttp(options) {
  const servers = /** @type {Record<Served, Server>} */ ({});
  /** @type {Partial<Record<Part['part'], ReturnType<typeof summary>>>} */
  const found = {};
  try {
    for (const variant of SERVED) servers[variant] = await start(variant, options.env);
    for (const part of PARTS) found[part.part] = summary(await measurePart(part, servers, options));
    return /** @type {Required<typeof found>} */ (found);
  } finally {
    await Promise.all(Object.values(servers).map(({ close }) => close()));
  }
}

/** @param {Served} variant @param {Record<string, string>} env @returns {Promise<Server>} */
async function start(variant, env) {
  const { dir, build } = siteOf(variant);
  const url = `http://localhost:${await freePort(0)}`;
  const running = await startSite({ url, mode: 'production', dir, env: { ...env, BENCH_VARIANT: build }, log() {} });
  return { ...running, url };
}

/**
 * Interleaved rounds, forwards and backwards in turn, each compared with the ones of the same round. All servers answer as
 * many requests: one that has answered more is a faster one.
 *
 * @param {Part} part @param {Record<Served, Server>} servers @param {import('./run.mjs').Options} options
 */
async function measurePart({ part, path, share, warm }, servers, { mint, rounds, requests, trips }) {
  const [[one = '']] = await mint.sessions(1, { stored: true });
  const order = [...SERVED];
  /** @param {Served} variant @param {string[]} cookies */
  const measure = async (variant, cookies) => {
    const { url, pid } = servers[variant];
    const before = cpuOf(pid);
    const latency = median(await visitAll(url + path, cookies));
    return { cpu: (cpuOf(pid) - before) / cookies.length, latency };
  };
  /** @param {number} times @param {Seen} into */
  const round = async (times, into) => {
    const isNew = part === 'opened' || part === 'first';
    const [fresh, again] = isNew
      ? await mint.sessions(times, { stored: true, twice: true })
      : [Array(times).fill(one), []];
    const cookies = part === 'opened' ? again : fresh;
    for (const variant of order) {
      const isGate = variant === 'gate' || variant === 'before';
      if (part === 'opened' && isGate) await visitAll(servers[variant].url + path, fresh);
      const work = () => measure(variant, cookies);
      const { cpu, latency } = variant === 'before' ? await work() : await trips(part, 0, work);
      into[variant].cpu.push(cpu);
      into[variant].latency.push(latency);
    }
    order.reverse();
  };
  for (const server of Object.values(servers)) await visitAll(server.url + path, Array(warm + 1).fill(one));
  const times = Math.ceil(requests * share);
  await round(times, nothing());
  const seen = nothing();
  for (let number = 0; number < Math.ceil(rounds * Math.sqrt(share)); number += 1) await round(times, seen);
  return seen;
}

const nothing = () => {
  const none = () => ({ cpu: [], latency: [] });
  return /** @type {Seen} */ ({ none: none(), bare: none(), gate: none(), before: none() });
};

/** @param {Seen} seen */
function summary({ none, bare, gate, before }) {
  const of = (/** @type {'cpu' | 'latency'} */ what) => ({
    none: figure(none[what]),
    bare: figure(bare[what]),
    bareToNone: compared(bare[what], none[what], ratio),
    toBare: {
      gate: compared(gate[what], bare[what], ratio),
      before: compared(before[what], bare[what], ratio),
    },
  });
  return { cpu: of('cpu'), latency: of('latency') };
}
