import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { freePort, startSite } from '../local/site.mjs';
import { compared, figure, median, ratio } from './figures.mjs';
import { site } from './sites.mjs';

const SERVED = /** @type {const} */ (['none', 'bare', 'gate']);
/**
 * A repeat visitor; a first visit; the same people in other cookies, which are opened while their sessions are
 * known; and a prerendered page for the first.
 */
const KINDS = /** @type {const} */ (['repeat', 'first', 'opened', 'static']);

/** Clock ticks of /proc are hundredths of a second wherever Node runs. */
const TICK_MICROS = 10_000;

/** CPU that a process has used so far, in µs; NaN where there is no /proc. @param {number} pid */
function cpuOf(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}

/** @param {Agent} agent @param {string} url @param {string} cookie */
const visit = (agent, url, cookie) =>
  new Promise((resolve, reject) => {
    const headers = { accept: 'text/html', 'sec-fetch-dest': 'document', 'sec-fetch-mode': 'navigate', cookie };
    request(url, { agent, headers }, (incoming) => {
      incoming.resume().on('end', () => {
        if (incoming.statusCode === 200) resolve(undefined);
        else reject(new Error(`${url} answered ${incoming.statusCode}`));
      });
    })
      .on('error', reject)
      .end();
  });

/** @typedef {Record<typeof SERVED[number], { micros: number[], latency: number[] }>} Seen µs per request, by round */

/**
 * CPU and latency of a page over HTTP in three servers, kind by kind, each with servers of its own: what the first visits
 * leave to the garbage collector would otherwise be paid for by the others.
 *
 * @param {import('./run.mjs').Options} options
 */
export async function measureHttp(options) {
  /** @type {Partial<Record<typeof KINDS[number], ReturnType<typeof summary>>>} */
  const found = {};
  for (const kind of KINDS) found[kind] = summary(await measureKind(kind, options));
  return /** @type {Required<typeof found>} */ (found);
}

/**
 * Interleaved rounds, forwards and backwards in turn, each compared with the ones of the same round. All three servers
 * answer as many requests: one that has answered more is a faster one.
 *
 * @param {typeof KINDS[number]} kind
 * @param {import('./run.mjs').Options} options
 */
async function measureKind(kind, { env, mint, rounds, requests, trips }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** @type {Map<string, { url: string, pid: number, close: () => Promise<void> }>} */
  const servers = new Map();
  const [[one = '']] = await mint.sessions(1, { stored: true });
  const path = kind === 'static' ? '/static' : '/dynamic';
  const order = [...SERVED];

  /** @param {string} variant @param {string[]} cookies */
  const measure = async (variant, cookies) => {
    const { url, pid } = servers.get(variant) ?? { url: '', pid: 0 };
    const before = cpuOf(pid);
    const latency = [];
    for (const cookie of cookies) {
      const at = performance.now();
      await visit(agent, url + path, cookie);
      latency.push((performance.now() - at) * 1000);
    }
    return { micros: (cpuOf(pid) - before) / cookies.length, latency: median(latency) };
  };
  /** @param {Seen} [into] */
  const round = async (into) => {
    const [fresh, again] = await mint.sessions(requests, { stored: true, twice: true });
    const cookies = kind === 'first' ? fresh : kind === 'opened' ? again : fresh.map(() => one);
    if (kind === 'opened') for (const variant of order) await measure(variant, fresh);
    for (const variant of order) {
      const looksUp = variant === 'gate' && kind === 'first' ? requests : 0;
      const visits = () => measure(variant, cookies);
      const { micros, latency } = into ? await trips(kind, looksUp, visits) : await visits();
      into?.[variant].micros.push(micros);
      into?.[variant].latency.push(latency);
    }
    order.reverse();
  };
  try {
    for (const variant of SERVED) {
      const url = `http://localhost:${await freePort(0)}`;
      const settings = { ...env, BENCH_VARIANT: variant };
      const running = await startSite({ url, mode: 'production', dir: site, env: settings, log() {} });
      servers.set(variant, { ...running, url });
    }
    const seen = nothing();
    for (let number = 0; number < 2; number += 1) await round(); // until all of it is warm
    for (let number = 0; number < rounds; number += 1) await round(seen);
    return seen;
  } finally {
    agent.destroy();
    await Promise.all([...servers.values()].map(({ close }) => close()));
  }
}

/** @returns {Seen} */
const nothing = () => ({
  none: { micros: [], latency: [] },
  bare: { micros: [], latency: [] },
  gate: { micros: [], latency: [] },
});

/** @param {Seen} seen */
const summary = ({ none, bare, gate }) => {
  const of = (/** @type {'micros' | 'latency'} */ what) => ({
    none: figure(none[what]),
    bare: figure(bare[what]),
    bareToNone: compared(bare[what], none[what], ratio),
    toBare: compared(gate[what], bare[what], ratio),
    toNone: compared(gate[what], none[what], ratio),
  });
  return { cpu: of('micros'), latency: of('latency') };
};
