import { line } from './figures.mjs';
import { CONNECTIONS } from './load.mjs';
import { isCompared } from './sites.mjs';

/** @typedef {import('./figures.mjs').Figure} Figure */
/** The gate, and the one that it is compared with. @typedef {{ gate: number | Figure, before: number | Figure }} Both */

/** A figure of the gate, and where there is one that of the gate before. @param {string} what @param {Both} both @param {string} unit @param {number} [aim] @param {number} [digits] */
const both = (what, { gate, before }, unit, aim, digits) => [
  line(what, gate, unit, aim, digits),
  ...(isCompared ? [line('  the same, before', before, unit, undefined, digits)] : []),
];

/** @param {Awaited<ReturnType<typeof import('./sandbox.mjs').measureSandbox>>} figures */
const sandbox = ({ bare, lean, noise, over, overLean }) => [
  'CPU per request in the sandbox, over a bare middleware',
  line('(the bare one itself)', bare, 'µs'),
  line('(one that takes only NextResponse of next/server)', lean, 'µs'),
  line('(the bare one over itself: the noise of this run)', noise, 'µs'),
  ...both('a repeat visitor', over.repeat, 'µs', 40),
  ...both('a first visit: cookie opened', over.opened, 'µs', 230),
  ...both('a first visit of a session never seen here', over.first, 'µs'),
  line('a repeat visitor, over the leaner one', overLean.repeat, 'µs', 40),
  line('a first visit: cookie opened, over the leaner one', overLean.opened, 'µs', 230),
];

/** @param {Awaited<ReturnType<typeof import('./http.mjs').measureHttp>>} figures */
const http = ({ repeat, rendered, opened, first }) => {
  /** @param {'cpu' | 'latency'} what @param {number} [aim] */
  const served = (what, aim) => [
    line('(without middleware)', repeat[what].none, 'µs'),
    line('(with a bare middleware)', repeat[what].bare, 'µs'),
    line('a bare middleware, to none', repeat[what].bareToNone, '×', undefined, 2),
    ...both('a repeat visitor, to the bare one', repeat[what].toBare, '×', aim, 2),
    ...both('a repeat visitor of a page rendered anew', rendered[what].toBare, '×', undefined, 2),
    ...both('a first visit: cookie opened', opened[what].toBare, '×', undefined, 2),
    ...both('a first visit of a session never seen here', first[what].toBare, '×', undefined, 2),
  ];
  const known = Number.isFinite(repeat.cpu.none.median);
  return [
    `A prerendered page over HTTP, ${CONNECTIONS} connections kept alive, warm servers: CPU of the server per request`,
    ...(known ? served('cpu', 1.15) : ['  There is no /proc here, so the CPU of the servers is not known.']),
    '',
    `The same, latency with ${CONNECTIONS} requests under way`,
    ...served('latency'),
  ];
};

/** @param {Awaited<ReturnType<typeof import('./proxy.mjs').measureProxy>>} figures */
const proxy = ({ cpu, latency }) => [
  'A 1 KB answer of an API through the gate, one session, warm server',
  ...[
    { ...cpu, what: 'CPU of the site' },
    { ...latency, what: 'latency' },
  ].flatMap(({ what, ...of }) => [
    line(what, of.proxied, 'µs'),
    line('  to a route handler with getAccessToken() and fetch', of.toFetched, '×', undefined, 2),
    line("  to an external rewrite of Next's, without a token", of.toRewritten, '×', undefined, 2),
  ]),
];

/** @param {Both & Record<'bare', number> & { parts: Record<string, number> }} size bytes, gzip */
const size = ({ bare, gate, before, parts }) => [
  'The Edge bundle, gzip; below it what each package adds to it',
  line('bare', bare, 'bytes'),
  ...both('gate', { gate, before }, 'bytes'),
  ...Object.entries(parts).map(([name, bytes]) => line(`  ${name}`, bytes, 'bytes')),
];

/** @param {Record<string, number>} weights bytes, gzip */
const features = (weights) => [
  'What features add to the Edge bundle, gzip (estimates, see bench/features.mjs)',
  ...Object.entries(weights).map(([name, bytes]) => line(name, bytes, 'bytes')),
];

/** @param {Both & Record<'bare', number>} ms */
const cold = ({ bare, gate, before }) => [
  'First answer of a cold isolate',
  line('bare', bare, 'ms'),
  ...both('gate', { gate, before }, 'ms'),
];

/** @param {Record<'bare' | 'gate' | 'requests', number>} heap bytes */
const memory = ({ bare, gate, requests }) => [
  `Heap that stays after ${requests.toLocaleString('en')} requests`,
  line('bare', bare / 2 ** 20, 'MB', undefined, 1),
  line('gate', gate / 2 ** 20, 'MB', undefined, 1),
];

/** @param {{ deployment: import('./simulation.mjs').Deployment, list: import('./simulation.mjs').Figures, asked: import('./simulation.mjs').Figures }} figures */
const endings = ({ deployment: { isolates, people }, list, asked }) => [
  `Who has ended, in ${isolates} isolates with ${people.toLocaleString('en')} people (simulated; equal in every run)`,
  line('commands to Redis a minute, by the list', list.commandsPerMinute, ''),
  line('  by a question per session and 30 seconds', asked.commandsPerMinute, ''),
  line('visits that waited for Redis, by the list', (100 * list.waits) / list.visits, '%', undefined, 2),
  line('  by a question per session', (100 * asked.waits) / asked.visits, '%', undefined, 2),
  line('longest time that an ended session was believed', list.longestBeliefMs / 1000, 's', 30, 1),
  line('  by a question per session', asked.longestBeliefMs / 1000, 's', 30, 1),
];

const PARTS = { size, features, sandbox, cold, memory, http, proxy, endings };

/**
 * The parts that were measured, with each aim beside its figure.
 *
 * @param {Partial<{ [Part in keyof typeof PARTS]: Parameters<typeof PARTS[Part]>[0] }>} figures
 */
export function report(figures) {
  const found = Object.entries(PARTS).flatMap(([part, lines]) => {
    const values = figures[/** @type {keyof typeof PARTS} */ (part)];
    return values ? ['', .../** @type {(values: any) => string[]} */ (lines)(values)] : [];
  });
  return ['', 'Medians; in brackets what the middle half of the rounds says.', ...found].join('\n');
}
