import type { Stage } from './stage';
import type { Sent } from './wire';

/** Where a canary is asked for: its plain path, base path included. */
export interface Target extends Pick<Stage, 'port' | 'actions'> {
  readonly path: string;
}

/** A way of asking for the plain path, and the requests that it makes. */
export interface RequestShape {
  readonly shape: string;
  readonly requests: (target: Target) => readonly Sent[];
  /** What comes before the gate is asked: from Node, or from Next when it cannot even make a `Request` of it. */
  readonly before?: number;
}

type Field = readonly [name: string, value: string];

/** The plain path with each of these sets of headers. */
const withHeaders = (shape: string, sets: (target: Target) => readonly (readonly Field[])[]): RequestShape => ({
  shape,
  requests: (target) => sets(target).map((headers) => ({ target: target.path, headers })),
});
/** The plain path with each of these values of one header. */
const withHeader = (name: string, ...values: string[]): RequestShape =>
  withHeaders(`a forged ${name}`, () => values.map((value) => [[name, value]]));

const five = (name: string) => Array(5).fill(name).join(':');
const TREE = JSON.stringify(['', { children: ['static-page', { children: ['__PAGE__', {}] }] }, null, null, true]);
const rsc: Field = ['RSC', '1'];
const METHODS = 'HEAD OPTIONS PUT PATCH DELETE PROPFIND POST get Get QUERY LOCK NONSENSE'.split(' ');

export const requestShapes: readonly RequestShape[] = [
  ...METHODS.map((method) => ({
    shape: `the method ${method}`,
    requests: ({ path }: Target) => [{ method, target: path }],
  })),
  { shape: 'the method TRACE', requests: ({ path }) => [{ method: 'TRACE', target: path }], before: 500 },
  { shape: 'the method CONNECT', requests: ({ path }) => [{ method: 'CONNECT', target: path }], before: 0 },
  {
    shape: 'no path but an asterisk',
    requests: () => [{ target: '*' }, { method: 'OPTIONS', target: '*' }],
    before: 500,
  },
  withHeaders('another method in a header', ({ path }) => [
    [['X-HTTP-Method-Override', 'OPTIONS']],
    [['X-HTTP-Method', 'HEAD']],
    [
      ['Access-Control-Request-Method', 'GET'],
      ['Origin', `https://evil.example${path}`],
    ],
  ]),
  withHeaders('the headers of a browser that goes there', () => [
    [
      ['Sec-Fetch-Mode', 'navigate'],
      ['Sec-Fetch-Dest', 'document'],
      ['Sec-Fetch-Site', 'none'],
    ],
    [['Accept', 'text/html,*/*']],
    [
      ['Sec-Purpose', 'prefetch'],
      ['Purpose', 'prefetch'],
    ],
    [
      ['Sec-Fetch-Mode', 'no-cors'],
      ['Sec-Fetch-Dest', 'image'],
    ],
  ]),
  withHeader(
    'x-middleware-subrequest',
    ...[
      'middleware',
      'src/middleware',
      'proxy',
      'src/proxy',
      'pages/_middleware',
      'tests/canary/middleware',
      '/middleware',
    ].flatMap((name) => [name, five(name)]),
    '1',
  ),
  withHeader('x-middleware-subrequest-id', '1', '0'.repeat(16)),
  withHeader('x-middleware-next', '1'),
  withHeader('x-middleware-rewrite', '/', '/static-page', 'http://evil.example/'),
  withHeader('x-middleware-redirect', '/', 'http://evil.example/'),
  withHeader('x-middleware-invoke', '1'),
  withHeader('x-middleware-skip', '1'),
  withHeader('x-middleware-refresh', '1'),
  withHeader('x-middleware-set-cookie', 'gatehouse_session=x'),
  withHeaders('forged x-middleware-override-headers', () => [
    [
      ['x-middleware-override-headers', 'cookie,authorization'],
      ['x-middleware-request-cookie', 'gatehouse_session=x'],
      ['x-middleware-request-authorization', 'Bearer x'],
    ],
  ]),
  withHeader('x-middleware-request-cookie', 'gatehouse_session=x'),
  withHeader('x-middleware-prefetch', '1'),
  withHeader('x-middleware-cache', 'no-cache'),
  withHeader('x-nextjs-data', '1', 'true'),
  withHeader('x-nextjs-rewrite', '/'),
  withHeader('x-matched-path', '/', '/static-page', '/index', '/.well-known/x'),
  withHeader('x-invoke-path', '/', '/static-page', '/.well-known/x'),
  withHeader('x-invoke-output', '/', '/static-page'),
  withHeader('x-invoke-status', '200', '404', '500'),
  withHeader('x-invoke-query', '%7B%7D'),
  withHeader('x-invoke-error', '%7B%7D'),
  withHeader('x-now-route-matches', '1=7', 'nxtPid=7'),
  withHeader('x-vercel-id', 'fra1::x'),
  withHeader('x-forwarded-host', 'evil.example', 'localhost', ''),
  withHeader('x-forwarded-proto', 'https', 'http,https', 'javascript'),
  withHeader('x-forwarded-port', '443', 'x'),
  withHeader('x-forwarded-for', '127.0.0.1', '::1', 'localhost'),
  withHeader('forwarded', 'for=127.0.0.1;host=evil.example;proto=https'),
  withHeader('x-real-ip', '127.0.0.1'),
  withHeader('x-forwarded-prefix', '/.well-known', '/_next/static'),
  withHeader('x-forwarded-uri', '/', '/.well-known/x'),
  withHeader('x-original-url', '/', '/static-page', '/.well-known/x'),
  withHeader('x-rewrite-url', '/', '/static-page', '/.well-known/x'),
  withHeader('x-action-redirect', '/static-page;push'),
  withHeader('x-action-revalidated', '[[],0,0]'),
  withHeader('x-action-forwarded', '1'),
  withHeader('x-prerender-revalidate', 'x', ''),
  withHeader('x-prerender-revalidate-if-generated', '1'),
  withHeader('x-prerender-bypass', '1'),
  withHeader('x-next-revalidated-tags', '_N_T_/static-page'),
  withHeader('x-next-cache-tags', '_N_T_/layout'),
  withHeader('x-next-resume', '1'),
  withHeader('next-resume', '1'),
  withHeader('x-nextjs-postponed', '1', '2'),
  withHeader('x-nextjs-prerender', '1'),
  withHeader('x-nextjs-html-request-id', 'x'),
  withHeader('x-nextjs-request-id', 'x'),
  withHeader('next-test-fetch-priority', 'high'),
  withHeader('authorization', 'Bearer x', 'Basic YWRtaW46YWRtaW4='),
  withHeader('upgrade-insecure-requests', '1'),
  withHeader('range', 'bytes=0-', 'bytes=0-10'),
  withHeader('if-none-match', '*', '"x"'),
  withHeader('if-modified-since', new Date().toUTCString()),
  withHeader('accept', 'text/x-component', 'image/webp', 'application/octet-stream'),
  withHeaders('headers of the router', () => [
    [rsc],
    [rsc, ['Next-Router-Prefetch', '1']],
    [rsc, ['Next-Router-Prefetch', '2']],
    [rsc, ['Next-Router-State-Tree', encodeURIComponent(TREE)]],
    [rsc, ['Next-Router-State-Tree', 'rubbish']],
    [rsc, ['Next-Router-Prefetch', '1'], ['Next-Router-Segment-Prefetch', '/_tree']],
    [rsc, ['Next-Router-Prefetch', '1'], ['Next-Router-Segment-Prefetch', '/_full']],
    [rsc, ['Next-Router-Prefetch', '1'], ['Next-Router-Segment-Prefetch', '/static-page/__PAGE__']],
    [rsc, ['Next-Router-Segment-Prefetch', '/../static-page']],
    [rsc, ['Next-Hmr-Refresh', '1']],
    [rsc, ['Next-Url', '/static-page']],
    [['Next-Router-Prefetch', '1']],
    [['Next-Router-Segment-Prefetch', '/_tree']],
  ]),
  withHeaders('cookies that are no session', () =>
    [
      'gatehouse_session=garbage',
      'gatehouse_session=',
      'session',
      'gatehouse_session=a; gatehouse_session=b',
      'gatehouse_session=a;gatehouse_session=a;gatehouse_session=a',
      'SESSION=a',
      '__Host-Http-session=a',
      `gatehouse_session=${jwt({ alg: 'none' })}`,
      `gatehouse_session=${jwt({ alg: 'HS256' })}`,
      `gatehouse_session=${jwt({ alg: 'dir', enc: 'A256GCM', typ: 'gatehouse-session+jwt', kid: 'x' })}`,
      'gatehouse_session=a.b.c.d.e',
      'gatehouse_session=%00',
      `gatehouse_session=${'a'.repeat(6_000)}`,
      'gatehouse_session="a"; $Version=1',
      '__prerender_bypass=1; __next_preview_data=1',
      '__prerender_bypass=undefined',
      ';;;=;session',
    ].map((value): Field[] => [['Cookie', value]]),
  ),
  withHeaders('two Cookie headers', () => [
    [
      ['Cookie', 'gatehouse_session=a'],
      ['Cookie', 'gatehouse_session=b'],
    ],
  ]),
  {
    shape: 'absolute request lines',
    requests: ({ path, port }) =>
      [
        `http://evil.example${path}`,
        `http://localhost:${port}${path}`,
        `https://localhost:${port}${path}`,
        `HTTP://LOCALHOST:${port}${path}`,
        `http://localhost:${port}/${path}`,
        `http://a:b@localhost:${port}${path}`,
        `http://localhost:${port}/.well-known/..${path}`,
        `file://${path}`,
        path.slice(1),
      ].map((target) => ({ target })),
    before: 308, // Next takes the two slashes for repeated ones
  },
  {
    shape: 'strange Host headers',
    requests: ({ path, port }) => [
      ...['evil.example', '', 'localhost', `localhost:${port}/.well-known`, 'a b', '[::1]', '127.0.0.1:1', '_next'].map(
        (host) => ({ target: path, host }),
      ),
      { target: path, headers: [['Host', 'evil.example']] },
      { target: path, host: null, headers: [['host', 'evil.example']] },
    ],
  },
  {
    shape: 'HTTP/1.0, and no Host header',
    requests: ({ path }) => [
      { target: path, version: 'HTTP/1.0', host: null },
      { target: path, version: 'HTTP/1.0' },
      { target: path, host: null },
    ],
  },
  {
    shape: 'more than fits',
    requests: ({ path }) => [
      { target: `${path}?${'a'.repeat(12_000)}` },
      { target: `${path}?${'a'.repeat(20_000)}` },
      { target: `${path}${'/a'.repeat(5_000)}` },
      { target: path, headers: [['x-large', 'a'.repeat(20_000)]] },
      { target: path, headers: Array.from({ length: 300 }, (_, index): Field => [`x-${index}`, 'a']) },
    ],
  },
  {
    shape: 'bodies of all kinds',
    requests: ({ path }) => [
      { method: 'POST', target: path, body: 'x=1', headers: [['Content-Type', 'application/x-www-form-urlencoded']] },
      { method: 'POST', target: path, body: '{}', headers: [['Content-Type', 'application/json']] },
      { method: 'GET', target: path, body: 'x' },
      { method: 'POST', target: path, body: 'x', headers: [['Transfer-Encoding', 'chunked']] },
    ],
  },
  {
    shape: 'server actions',
    requests: ({ path, actions, port }) =>
      [...Object.values(actions), '0'.repeat(42), 'x'].flatMap((id) => calls(path, id, port)),
  },
];

/** A server action called the way React does, the way a form without script does, and as if Next had forwarded it. */
export const calls = (target: string, id: string, port: number): readonly Sent[] => {
  const text: Field = ['Content-Type', 'text/plain;charset=UTF-8'];
  const form: Field = ['Content-Type', 'multipart/form-data; boundary=b'];
  const origin: Field = ['Origin', `http://localhost:${port}`];
  const action: Field = ['Next-Action', id];
  const part = (name: string, value: string) =>
    `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const fields = `${part(`$ACTION_ID_${id}`, '')}--b--\r\n`;
  const bound = `${part('$ACTION_REF_1', '')}${part('$ACTION_1:0', JSON.stringify({ id, bound: '$@1' }))}${part('$ACTION_1:1', '["",{}]')}--b--\r\n`;
  const post = { method: 'POST', target };
  return [
    { ...post, headers: [action, text, origin], body: '["",1]' },
    { ...post, headers: [action, text, origin, ['RSC', '1']], body: '["",1]' },
    { ...post, headers: [action, text, origin, ['x-action-forwarded', '1']], body: '["",1]' },
    { ...post, headers: [action, form, origin], body: `${part('0', '["",1]')}--b--\r\n` },
    { ...post, headers: [form, origin], body: fields },
    { ...post, headers: [form, origin], body: bound },
  ];
};

const jwt = (header: object) => {
  const part = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');
  return `${part(header)}.${part({ sub: 'person-1', sid: 'x', gen: 1, exp: 9_999_999_999, clm: { roles: ['admin'] } })}.`;
};
