import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import { compared, difference, figure, median } from './figures.mjs';
import { isCompared } from './sites.mjs';

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

/** Something that answers as Redis does: sessions live and nothing has ended, at once and without looking. */
export async function startStandIn() {
  let calls = 0;
  const server = createServer((incoming, outgoing) => {
    calls += 1;
    let sent = '';
    incoming.on('data', (chunk) => {
      sent += chunk;
    });
    incoming.on('end', () => outgoing.end(/"zrange"/i.test(sent) ? '{"result":[]}' : '{"result":"1"}'));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    token: 'bench',
    calls: () => calls,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** µs per request, by round; `twin` is a second bare one. @typedef {Record<'bare' | 'twin' | 'lean' | 'gate' | 'before', number[]>} Seen */

/**
 * CPU per request in the sandbox, in µs over the bare one, in three parts: a repeat visitor; a first visit,
 * whose cookie is opened; and one of a session that the isolate has never seen.
 *
 * Each part has processes of its own. In one process for all of them what the first visits leave behind, for the garbage
 * collector above all, would be paid for by those who were here before, and that is more than these cost.
 *
 * @param {import('./run.mjs').Options} options `rounds` of the first part; the others, which cost more, need fewer
 */
export async function measureSandbox(options) {
  const { mint, rounds } = options;
  const [[one = '']] = await mint.sessions(1);
  const seen = {
    repeat: await measurePart('repeat', options, async () => ({ cookies: [one] })),
    opened: await measurePart('opened', { ...options, rounds: Math.ceil(rounds / 2) }, async (times) => {
      const [before, cookies] = await mint.sessions(times, { twice: true });
      return { cookies, before };
    }),
    first: await measurePart('first', { ...options, rounds: Math.ceil(rounds / 4) }, async (times) => {
      const [cookies] = await mint.sessions(times);
      return { cookies };
    }),
  };
  const over = (/** @type {Seen} */ { gate, before, bare }) => ({
    gate: compared(gate, bare, difference),
    before: compared(before, bare, difference),
  });
  const overLean = (/** @type {Seen} */ { gate, lean }) => compared(gate, lean, difference);
  const { repeat, opened, first } = seen;
  return {
    bare: figure(repeat.bare),
    lean: figure(repeat.lean),
    noise: compared(repeat.twin, repeat.bare, difference), // the same thing twice: it should be nothing
    over: { repeat: over(repeat), opened: over(opened), first: over(first) },
    overLean: { repeat: overLean(repeat), opened: overLean(opened) },
  };
}

/** The visits of a round. @typedef {{ cookies: string[], before?: string[] }} Visits */

/**
 * Interleaved rounds, forwards and backwards in turn, each compared with the bare one of the same round. All sandboxes
 * answer as many requests and are warmed up, because what has run more often runs faster.
 *
 * @param {string} part
 * @param {import('./run.mjs').Options} options
 * @param {(times: number) => Promise<Visits>} prepare `before`: who comes first, and is not measured
 * @returns {Promise<Seen>}
 */
async function measurePart(part, { env, rounds, requests, trips }, prepare) {
  const gates = [openSandbox('gate', env), ...(isCompared ? [openSandbox('before', env)] : [])];
  const [gate, before] = gates;
  const sandboxes = Object.entries({
    bare: openSandbox('bare', {}),
    twin: openSandbox('bare', {}),
    lean: openSandbox('lean', {}),
    gate,
    before,
  });
  const nothing = () => /** @type {Seen} */ ({ bare: [], twin: [], lean: [], gate: [], before: [] });
  const seen = nothing();
  /** @param {Visits} visits @param {number} times @param {Seen} into @param {boolean} [isWarm] the gate asks Redis nothing */
  const round = async ({ cookies, before }, times, into, isWarm = true) => {
    if (before) for (const sandbox of gates) await sandbox.round(before, times);
    for (const [name, sandbox] of sandboxes) {
      if (!sandbox) continue;
      const work = () => sandbox.round(cookies, times);
      const { micros } = name === 'gate' && isWarm ? await trips(part, 0, work) : await work();
      into[/** @type {keyof Seen} */ (name)].push(micros);
    }
    sandboxes.reverse();
  };
  try {
    const visits = await Promise.all(Array.from({ length: rounds }, () => prepare(requests))); // sealed before it counts
    await round(await prepare(WARM_UP), WARM_UP, nothing(), false);
    for (const visit of visits) await round(visit, requests, seen);
    return seen;
  } finally {
    for (const [, sandbox] of sandboxes) sandbox?.close();
  }
}

/** Milliseconds from nothing to the first answer of a fresh sandbox. @param {import('./run.mjs').Options} options */
export async function measureCold({ env, mint, rounds }) {
  const [cookies] = await mint.sessions(1);
  /** @type {Record<'bare' | 'gate' | 'before', number[]>} */
  const seen = { bare: [], gate: [], before: [] };
  const variants = /** @type {(keyof typeof seen)[]} */ (Object.keys(seen)).filter(
    (name) => name !== 'before' || isCompared,
  );
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of variants) {
      const sandbox = openSandbox(variant, env);
      seen[variant].push((await sandbox.round(cookies, 1)).ms);
      sandbox.close();
    }
  }
  return { bare: median(seen.bare), gate: figure(seen.gate), before: figure(seen.before) };
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
