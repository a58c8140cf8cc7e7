import { line } from './figures.mjs';

/**
 * The report, with each aim beside its figure.
 *
 * @param {object} figures
 * @param {Awaited<ReturnType<typeof import('./sandbox.mjs').measureSandbox>>} figures.sandbox
 * @param {Awaited<ReturnType<typeof import('./http.mjs').measureHttp>>} figures.http
 * @param {Record<'bare' | 'gate', { raw: number, gzip: number }>} figures.size
 * @param {Record<'bare' | 'gate', number>} figures.cold
 * @param {Record<'bare' | 'gate', number> & { requests: number }} figures.heap
 */
export function report({ sandbox, http, size, cold, heap }) {
  const { over } = sandbox;
  /** @param {'cpu' | 'latency'} what @param {number} [repeatAim] @param {number} [firstAim] */
  const served = (what, repeatAim, firstAim) => [
    line('(without middleware)', http.repeat[what].none, 'µs'),
    line('(with a bare middleware)', http.repeat[what].bare, 'µs'),
    line('a bare middleware, to none', http.repeat[what].bareToNone, '×', undefined, 2),
    line('a repeat visitor, to the bare one', http.repeat[what].toBare, '×', repeatAim, 2),
    line('a first visit: cookie opened, to the bare one', http.opened[what].toBare, '×', firstAim, 2),
    line('a first visit with its look-up, to the bare one', http.first[what].toBare, '×', undefined, 2),
    line('a prerendered page, here before, to the bare one', http.static[what].toBare, '×', undefined, 2),
    line('a repeat visitor, to no middleware', http.repeat[what].toNone, '×', undefined, 2),
    line('a first visit with its look-up, to no middleware', http.first[what].toNone, '×', undefined, 2),
    line('a prerendered page, here before, to no middleware', http.static[what].toNone, '×', undefined, 2),
  ];
  const known = Number.isFinite(http.repeat.cpu.none.median);
  return [
    '',
    'Medians; in brackets what the middle half of the rounds says.',
    '',
    'CPU per request in the sandbox, over a bare middleware',
    line('(the bare one itself)', sandbox.bare, 'µs'),
    line('(one that takes only NextResponse of next/server)', sandbox.lean, 'µs'),
    line('(the bare one over itself: the noise of this run)', sandbox.noise, 'µs'),
    line('a repeat visitor', over.repeat.bare, 'µs', 40),
    line('a first visit: cookie opened', over.opened.bare, 'µs', 230),
    line('a repeat visitor, over the leaner one', over.repeat.lean, 'µs', 40),
    line('a first visit: cookie opened, over the leaner one', over.opened.lean, 'µs', 230),
    line('a first visit: cookie opened, session looked up in Redis', over.first.bare, 'µs'),
    '',
    'A page over HTTP, CPU of the server per request',
    ...(known ? served('cpu', 1.2, 1.5) : ['  There is no /proc here, so the CPU of the servers is not known.']),
    '',
    'A page over HTTP, latency',
    ...served('latency'),
    '',
    'The Edge bundle',
    line('raw', size.gate.raw, 'bytes'),
    line('raw, over a bare middleware', size.gate.raw - size.bare.raw, 'bytes'),
    line('gzip', size.gate.gzip, 'bytes', 92_000),
    line('gzip, over a bare middleware', size.gate.gzip - size.bare.gzip, 'bytes'),
    '',
    'An isolate',
    line('first answer of a cold one, bare', cold.bare, 'ms'),
    line('first answer of a cold one, gate', cold.gate, 'ms'),
    line(
      `heap that stays after ${heap.requests.toLocaleString('en')} requests, bare`,
      heap.bare / 2 ** 20,
      'MB',
      undefined,
      1,
    ),
    line(
      `heap that stays after ${heap.requests.toLocaleString('en')} requests, gate`,
      heap.gate / 2 ** 20,
      'MB',
      undefined,
      1,
    ),
  ].join('\n');
}
