import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { median } from './figures.mjs';

/** @typedef {{ micros: number, ms: number, heap: number }} Round */

const WARM_UP = 3_000;

/**
 * @param {import('./sites.mjs').Variant} variant
 * @param {Record<string, string>} env
 */
export function openSandbox(variant, env) {
  const child = fork(new URL('sandbox-child.mjs', import.meta.url), [variant], {
    env: { ...process.env, ...env, NODE_ENV: 'production' },
    execArgv: ['--expose-gc'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  return {
    /** @param {string[]} cookies taken in turn @param {number} times @param {boolean} [weigh] the heap @returns {Promise<Round>} */
    round: (cookies, times, weigh = false) =>
      new Promise((resolve, reject) => {
        const ended = (/** @type {number | null} */ code) => reject(new Error(`the sandbox ended with ${code}`));
        child.once('exit', ended);
        child.once('message', (/** @type {Round | { error: string }} */ answer) => {
          child.off('exit', ended);
          if ('error' in answer) reject(new Error(answer.error));
          else resolve(answer);
        });
        child.send({ cookies, times, weigh });
      }),
    close: () => void child.kill('SIGKILL'),
  };
}

/** Something that answers as Redis does when it is asked whether a session lives, at once and without looking. */
export async function startNodder() {
  const server = createServer((incoming, outgoing) => {
    incoming.resume().on('end', () => outgoing.end('{"result":"1"}'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    token: 'bench',
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

/**
 * CPU per request in the sandbox, in µs: interleaved rounds, medians. A first visitor's cookie is opened and the session
 * looked up; `opened` is the cookie alone, of a session that was looked up before. All sandboxes answer as many
 * requests, because what has run more often runs faster.
 *
 * @param {import('./run.mjs').Options} options
 */
export async function measureSandbox({ env, mint, rounds, requests }) {
  const bare = openSandbox('bare', {});
  const lean = openSandbox('lean', {});
  const gate = openSandbox('gate', env);
  try {
    const [[one = '']] = await mint.sessions(1);
    for (const sandbox of [bare, lean, gate]) await sandbox.round([one], WARM_UP);
    /** @type {Record<'bare' | 'lean' | 'repeat' | 'first' | 'opened', number[]>} */
    const seen = { bare: [], lean: [], repeat: [], first: [], opened: [] };
    for (let round = 0; round < rounds; round += 1) {
      const [fresh, again] = await mint.sessions(requests, { twice: true });
      const parts = /** @type {const} */ ([
        ['repeat', [one]],
        ['first', fresh],
        ['opened', again],
      ]);
      for (const [part, cookies] of parts) {
        seen.bare.push((await bare.round([one], requests)).micros);
        seen.lean.push((await lean.round([one], requests)).micros);
        seen[part].push((await gate.round([...cookies], requests)).micros);
      }
    }
    return {
      bare: median(seen.bare),
      lean: median(seen.lean),
      repeat: median(seen.repeat),
      first: median(seen.first),
      opened: median(seen.opened),
    };
  } finally {
    bare.close();
    lean.close();
    gate.close();
  }
}

/** Milliseconds from nothing to the first answer of a fresh sandbox. @param {import('./run.mjs').Options} options */
export async function measureCold({ env, mint, rounds }) {
  const [cookies] = await mint.sessions(1);
  /** @type {Record<'bare' | 'gate', number[]>} */
  const seen = { bare: [], gate: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of /** @type {const} */ (['bare', 'gate'])) {
      const sandbox = openSandbox(variant, env);
      seen[variant].push((await sandbox.round(cookies, 1)).ms);
      sandbox.close();
    }
  }
  return { bare: median(seen.bare), gate: median(seen.gate) };
}

/**
 * Heap that stays after so many requests with so many sessions, in bytes. Next's sandbox keeps something of every request
 * too, so the bare one is measured beside it.
 *
 * @param {import('./run.mjs').Options} options
 * @param {{ requests: number, sessions: number }} load
 */
export async function measureMemory({ env, mint }, { requests, sessions }) {
  const [cookies] = await mint.sessions(sessions);
  const stays = async (/** @type {'bare' | 'gate'} */ variant) => {
    const sandbox = openSandbox(variant, env);
    try {
      await sandbox.round(cookies.slice(0, 1), 1_000); // everything that is loaded once is loaded
      return (await sandbox.round(cookies, requests, true)).heap;
    } finally {
      sandbox.close();
    }
  };
  return { bare: await stays('bare'), gate: await stays('gate') };
}
