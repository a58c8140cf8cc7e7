import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';

/** What a browser sends when a person opens a page. */
export const DOCUMENT = {
  accept: 'text/html',
  'accept-language': 'en',
  'sec-fetch-dest': 'document',
  'sec-fetch-mode': 'navigate',
  'sec-fetch-site': 'same-origin',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
};

/** As many requests are under way at a time, each on a connection that is kept alive. */
export const CONNECTIONS = 16;

/**
 * One visit for each cookie.
 *
 * @param {string} url @param {readonly string[]} cookies
 * @returns {Promise<number[]>} the latency of each, in µs
 */
export async function visitAll(url, cookies) {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const left = cookies.values();
  /** @type {number[]} */
  const latencies = [];
  const visitor = async () => {
    for (const cookie of left) {
      const at = performance.now();
      await visit(agent, url, cookie);
      latencies.push((performance.now() - at) * 1000);
    }
  };
  try {
    await Promise.all(Array.from({ length: CONNECTIONS }, visitor));
    return latencies;
  } finally {
    agent.destroy();
  }
}

/** @param {Agent} agent @param {string} url @param {string} cookie */
const visit = (agent, url, cookie) =>
  new Promise((resolve, reject) => {
    request(url, { agent, headers: { ...DOCUMENT, cookie } }, (incoming) => {
      incoming.resume().on('end', () => {
        if (incoming.statusCode === 200) resolve(undefined);
        else reject(new Error(`${url} answered ${incoming.statusCode}`));
      });
    })
      .on('error', reject)
      .end();
  });

/** Clock ticks of /proc are hundredths of a second wherever Node runs. */
const TICK_MICROS = 10_000;

/** CPU that a process with all its threads has used so far, in µs; NaN where there is no /proc. @param {number} pid */
export function cpuOf(pid) {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return Number.NaN;
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}
