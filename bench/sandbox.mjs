import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { compared, difference, figure, median } from './figures.mjs';

/** @typedef {{ micros: number, ms: number, heap: number }} Round */

const WARM_UP = 1_500; // of each kind

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
  const kill = () => void child.kill('SIGKILL');
  process.once('exit', kill); // nothing of ours may outlive us
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
    close() {
      process.off('exit', kill);
      kill();
    },
  };
}

/** Something that answers as Redis does when it is asked whether a session lives, at once and without looking. */
export async function startNodder() {
  let calls = 0;
  const server = createServer((incoming, outgoing) => {
    calls += 1;
    incoming.resume().on('end', () => outgoing.end('{"result":"1"}'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    token: 'bench',
    calls: () => calls,
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

/** @typedef {Record<'gate' | 'bare' | 'lean', number[]>} Seen µs per request, by round */

/**
 * CPU per request in the sandbox, in µs: interleaved rounds, each compared with the bare one just before. A first
 * visitor's cookie is opened and the session looked up; `opened` is the cookie alone, of a session that was looked up
 * before. All sandboxes answer as many requests and every kind is warmed up, because what has run more often runs faster.
 *
 * @param {import('./run.mjs').Options} options
 */
export async function measureSandbox({ env, mint, rounds, requests, trips }) {
  const sandboxes = { bare: openSandbox('bare', {}), lean: openSandbox('lean', {}), gate: openSandbox('gate', env) };
  const [[one = '']] = await mint.sessions(1);
  /** @type {Record<'repeat' | 'first' | 'opened', Seen>} */
  const seen = { repeat: nothing(), first: nothing(), opened: nothing() };
  /** @param {number} times @param {typeof seen} [into] */
  const round = async (times, into) => {
    const [fresh, again] = await mint.sessions(times, { twice: true });
    // The gate forgets whom it wrote down longest ago, also somebody who comes all the time: here before means lately.
    await sandboxes.gate.round([one], 1);
    const parts = /** @type {const} */ ([
      ['repeat', [one], 0],
      ['first', fresh, times],
      ['opened', again, 0],
    ]);
    for (const [part, cookies, expected] of parts) {
      for (const variant of /** @type {const} */ (['bare', 'lean']))
        into?.[part][variant].push((await sandboxes[variant].round([one], times)).micros);
      const gate = () => sandboxes.gate.round([...cookies], times);
      const { micros } = into ? await trips(part, expected, gate) : await gate();
      into?.[part].gate.push(micros);
    }
  };
  try {
    await round(WARM_UP);
    for (let number = 0; number < rounds; number += 1) await round(requests, seen);
    const over = (/** @type {Seen} */ { gate, bare, lean }) => ({
      bare: compared(gate, bare, difference),
      lean: compared(gate, lean, difference),
    });
    const all = (/** @type {'bare' | 'lean'} */ variant) =>
      figure(Object.values(seen).flatMap((part) => part[variant]));
    return {
      bare: all('bare'),
      lean: all('lean'),
      noise: compared(seen.repeat.bare, seen.opened.bare, difference), // the same thing twice: it should be nothing
      over: { repeat: over(seen.repeat), first: over(seen.first), opened: over(seen.opened) },
    };
  } finally {
    for (const sandbox of Object.values(sandboxes)) sandbox.close();
  }
}

/** @returns {Seen} */
const nothing = () => ({ gate: [], bare: [], lean: [] });

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
  const [bare, gate] = await Promise.all([stays('bare'), stays('gate')]); // nothing is timed here
  return { bare, gate };
}
