import { forwardTraceContextToRequest } from 'next/dist/server/web/forward-trace-context';
import { NextResponse } from 'next/server';
import { describe, expect, it } from 'vitest';
import { letThrough } from '../../lib/next/let-through';
import type { Continue } from '../../lib/types/request';
import { pageView } from './page-view';

const sent = new Headers({
  host: 'site.test',
  cookie: 'theme=dark; session=sealed',
  accept: 'text/html',
  'accept-language': 'de, en;q=0.5',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  tracestate: 'vendor=1',
});
const PERSONAL = [
  ['vary', 'Cookie'],
  ['cache-control', 'private, no-store'],
  ['set-cookie', 'session=sealed; Path=/; HttpOnly'],
  ['set-cookie', 'trips=; Path=/; Max-Age=0'],
] as const;

/** What Next's own class makes of the same decision. */
function byNext({ headers, requestHeaders }: Continue): Response {
  const own = headers as [string, string][];
  if (!requestHeaders) return NextResponse.next({ headers: own });
  const shown = new Headers(sent);
  for (const [name, value] of requestHeaders) {
    if (value === null) shown.delete(name);
    else shown.set(name, value);
  }
  return NextResponse.next({ headers: own, request: { headers: shown } });
}

describe('what lets a request through is what NextResponse.next() returns, header by header', () => {
  it.each<[string, Omit<Continue, 'continue'>]>([
    ['nothing is added', { headers: [] }],
    ['response headers are added, two cookies among them', { headers: PERSONAL }],
    ['a request header is replaced', { headers: PERSONAL, requestHeaders: [['cookie', 'theme=dark; session=new']] }],
    ['a request header is removed', { headers: [], requestHeaders: [['Cookie', null]] }],
    ['a request header is added', { headers: [], requestHeaders: [['x-forwarded-user', 'a, b']] }],
    [
      'several are changed',
      {
        headers: PERSONAL,
        requestHeaders: [
          ['cookie', null],
          ['x-one', '1'],
          ['accept', '*/*'],
        ],
      },
    ],
  ])('%s', (_, decision) => {
    const answer: Continue = { continue: true, ...decision };
    const [ours, theirs] = [letThrough(sent, answer), byNext(answer)];
    expect(ours.status).toBe(theirs.status);
    expect([...ours.headers]).toEqual([...theirs.headers]);
  });

  it('keeps every other header, with those by which Next traces', () => {
    const { headers } = letThrough(sent, { continue: true, headers: [], requestHeaders: [['cookie', null]] });
    const names = headers.get('x-middleware-override-headers')?.split(',') ?? [];
    expect(names.sort()).toEqual([...sent.keys()].filter((name) => name !== 'cookie').sort());
    for (const name of names) expect(headers.get(`x-middleware-request-${name}`)).toBe(sent.get(name));
  });

  it('removes the last header too, where NextResponse.next() would write an empty list, which Next ignores', () => {
    const alone = new Headers({ cookie: 'session=sealed' });
    const { headers } = letThrough(alone, { continue: true, headers: [], requestHeaders: [['cookie', null]] });
    expect(headers.get('x-middleware-override-headers')).toBe('cookie');
    expect(headers.has('x-middleware-request-cookie')).toBe(false);
  });
});

/** Behind the middleware Next hands on the trace of the span that the page belongs to, by a list of headers too. */
describe('the trace that Next hands on to the page', () => {
  const TRACES: [string, { traceparent: string; tracestate?: string } | undefined][] = [
    ['is that of the request where the site has no tracing', undefined],
    ['is that of the request where it has', { traceparent: sent.get('traceparent') ?? '', tracestate: 'vendor=1' }],
    ['is that of a span of the server', { traceparent: '00-0af7651916cd43dd8448eb211c80319c-aaaaaaaaaaaaaaaa-01' }],
  ];
  const HIDDEN: [string, [string, string | null], string | undefined][] = [
    ['all cookies', ['cookie', null], undefined],
    ['one of two cookies', ['cookie', 'theme=dark'], 'dark'],
  ];
  const rows = TRACES.flatMap(([title, trace]) => HIDDEN.map((hidden) => [title, hidden[0], trace, hidden] as const));
  it.each(rows)('%s, and the page does not see %s that are hidden', (_title, _what, trace, [, change, theme]) => {
    const answer = letThrough(sent, { continue: true, headers: [], requestHeaders: [change] });
    forwardTraceContextToRequest(answer.headers, sent, trace);
    const { headers, cookies } = pageView(sent, answer);
    expect(headers.get('traceparent')).toBe((trace ?? { traceparent: sent.get('traceparent') }).traceparent);
    expect(headers.get('tracestate')).toBe(trace && trace.tracestate === undefined ? null : 'vendor=1');
    expect([cookies.get('session'), cookies.get('theme')]).toEqual([undefined, theme]);
    expect([headers.get('accept'), headers.get('host')]).toEqual(['text/html', 'site.test']);
  });

  it('does not bring back the last header that is hidden', () => {
    const alone = new Headers({ cookie: 'session=sealed' });
    const answer = letThrough(alone, { continue: true, headers: [], requestHeaders: [['cookie', null]] });
    const trace = { traceparent: '00-0af7651916cd43dd8448eb211c80319c-aaaaaaaaaaaaaaaa-01' };
    forwardTraceContextToRequest(answer.headers, alone, trace);
    expect([...pageView(alone, answer).headers]).toEqual([['traceparent', trace.traceparent]]);
  });
});
