import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { freePort, startSite } from '../local/site.mjs';
import { median } from './figures.mjs';
import { site } from './sites.mjs';

const SERVED = /** @type {const} */ (['none', 'bare', 'gate']);

/** Clock ticks of /proc are hundredths of a second wherever Node runs. */
const TICK_MICROS = 10_000;

/** CPU that a process has used so far, in µs; undefined where there is no /proc. @param {number} pid */
function cpuOf(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
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

/**
 * CPU and latency of a page over HTTP in three servers, interleaved: without middleware, with a bare one, behind the gate
 * for somebody who was there before and for somebody new.
 *
 * @param {import('./run.mjs').Options} options
 */
export async function measureHttp({ env, mint, rounds, requests }) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** @type {Record<string, { url: string, pid: number, close: () => Promise<void> }>} */
  const servers = {};
  try {
    for (const variant of SERVED) {
      const url = `http://localhost:${await freePort(0)}`;
      const running = await startSite({
        url,
        mode: 'production',
        dir: site,
        env: { ...env, BENCH_VARIANT: variant },
        log() {},
      });
      servers[variant] = { ...running, url };
    }
    const [[one = '']] = await mint.sessions(1, { stored: true });
    /** @type {Record<'none' | 'bare' | 'repeat' | 'first', { micros: number[], latency: number[] }>} */
    const seen = { none: empty(), bare: empty(), repeat: empty(), first: empty() };
    /** @param {string} variant @param {string[]} cookies @param {{ micros: number[], latency: number[] }} [into] */
    const round = async (variant, cookies, into) => {
      const server = servers[variant];
      if (!server) throw new Error(`no server ${variant}`);
      const before = cpuOf(server.pid);
      const latency = [];
      for (let index = 0; index < requests; index += 1) {
        const at = performance.now();
        await visit(agent, `${server.url}/dynamic`, cookies[index % cookies.length] ?? '');
        latency.push(performance.now() - at);
      }
      const after = cpuOf(server.pid);
      into?.latency.push(median(latency) * 1000);
      if (before !== undefined && after !== undefined) into?.micros.push((after - before) / requests);
    };
    for (const variant of SERVED) await round(variant, [one]); // until they are warm
    for (let number = 0; number < rounds; number += 1) {
      const [fresh] = await mint.sessions(requests, { stored: true });
      await round('none', [one], seen.none);
      await round('bare', [one], seen.bare);
      await round('gate', [one], seen.repeat);
      await round('gate', fresh, seen.first);
    }
    return Object.fromEntries(
      Object.entries(seen).map(([name, { micros, latency }]) => [
        name,
        { micros: median(micros), latency: median(latency) },
      ]),
    );
  } finally {
    agent.destroy();
    await Promise.all(Object.values(servers).map(({ close }) => close()));
  }
}

/** @returns {{ micros: number[], latency: number[] }} */
const empty = () => ({ micros: [], latency: [] });
