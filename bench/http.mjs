import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { freePort, startSite } from '../local/site.mjs';
import { compared, figure, median, ratio } from './figures.mjs';
import { site } from './sites.mjs';

const SERVED = /** @type {const} */ (['none', 'bare', 'gate']);
/** Somebody who was here before, somebody new, and a prerendered page for the former. */
const KINDS = /** @type {const} */ (['repeat', 'first', 'static']);

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
 * CPU and latency of a page over HTTP in three servers, interleaved, each round compared with the ones just before. All
 * three answer as many requests of each kind: a server that has answered more is a faster one.
 *
 * @param {import('./run.mjs').Options} options
 */
export async function measureHttp({ env, mint, rounds, requests, trips }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** @type {Map<string, { url: string, pid: number, close: () => Promise<void> }>} */
  const servers = new Map();
  const [[one = '']] = await mint.sessions(1, { stored: true });
  /** @type {Record<typeof KINDS[number], Seen>} */
  const seen = { repeat: nothing(), first: nothing(), static: nothing() };

  /** @param {string} variant @param {string} path @param {string[]} cookies */
  const measure = async (variant, path, cookies) => {
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
  /** @param {typeof seen} [into] */
  const round = async (into) => {
    const [fresh] = await mint.sessions(requests, { stored: true });
    const known = fresh.map(() => one);
    for (const kind of KINDS) {
      for (const variant of SERVED) {
        const path = kind === 'static' ? '/static' : '/dynamic';
        const visits = () => measure(variant, path, kind === 'first' ? fresh : known);
        const looksUp = variant === 'gate' && kind === 'first' ? requests : 0;
        const { micros, latency } = into ? await trips(kind, looksUp, visits) : await visits();
        into?.[kind][variant].micros.push(micros);
        into?.[kind][variant].latency.push(latency);
      }
    }
  };
  try {
    for (const variant of SERVED) {
      const url = `http://localhost:${await freePort(0)}`;
      const settings = { ...env, BENCH_VARIANT: variant };
      const running = await startSite({ url, mode: 'production', dir: site, env: settings, log() {} });
      servers.set(variant, { ...running, url });
    }
    for (let number = 0; number < 2; number += 1) await round(); // until all of it is warm
    for (let number = 0; number < rounds; number += 1) await round(seen);
    return { repeat: summary(seen.repeat), first: summary(seen.first), static: summary(seen.static) };
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
