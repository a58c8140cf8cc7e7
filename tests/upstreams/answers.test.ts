import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { send } from '../bypass/wire';
import type { Script } from './api';
import { bodyOf, codeOf, mostWhile, readSlowly, sizeOf } from './reading';
import { CONVENTIONS, openStage, type Stage } from './stage';

/** What an upstream says on the wire → what the client gets, through the built product. */

const http = (status: string, headers: readonly string[], body = ''): Script => ({
  pieces: [{ text: [`HTTP/1.1 ${status}`, 'Connection: close', ...headers, '', body].join('\r\n') }],
});
const ok = (...headers: string[]) => http('200 OK', ['Content-Length: 2', ...headers], 'ok');

/** Every name that may be in an answer: the gate's own, those of Node and Next, and of the upstream no other. */
const NAMES =
  /^(cache-control|cdn-cache-control|content-(type|language|disposition|range|security-policy)|accept-ranges|etag|last-modified|retry-after|allow|location|refresh|vary|x-content-type-options|x-request-id|x-accel-buffering|referrer-policy|x-total-count|date|connection|keep-alive|transfer-encoding|content-encoding)$/;

const SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'";
const INVALID = [502, 'UPSTREAM_RESPONSE_INVALID'];
const UNREACHABLE = [502, 'UPSTREAM_UNREACHABLE'];

/** Headers that Next, a browser, a cache or a proxy obeys. */
const OBEYED = [
  'x-middleware-rewrite: https://elsewhere.invalid/',
  'x-middleware-next: 1',
  'x-middleware-override-headers: cookie',
  'x-middleware-request-cookie: a=1',
  'x-middleware-set-cookie: a=1',
  'x-middleware-redirect: https://elsewhere.invalid/',
  'x-middleware-refresh: 1',
  'x-action-redirect: https://elsewhere.invalid/;push',
  'x-action-revalidated: [[],1,0]',
  'x-nextjs-redirect: https://elsewhere.invalid/',
  'x-nextjs-rewrite: /elsewhere',
  'x-matched-path: /admin',
  'x-now-route-matches: 1',
  'rsc: 1',
  'location: https://elsewhere.invalid/',
  'refresh: 0;url=https://elsewhere.invalid/',
  'link: <https://elsewhere.invalid/x.js>; rel=preload; as=script',
  'alt-svc: h2="elsewhere.invalid:443"',
  'strict-transport-security: max-age=0',
  'content-security-policy: default-src *',
  'clear-site-data: "*"',
  'access-control-allow-origin: *',
  'access-control-allow-credentials: true',
  'service-worker-allowed: /',
  'www-authenticate: Basic realm="x"',
  'cache-control: public, max-age=3600',
  'cdn-cache-control: public, max-age=3600',
  'surrogate-control: max-age=3600',
  'expires: Thu, 01 Jan 2099 00:00:00 GMT',
  'age: 1',
  'x-accel-redirect: /secret',
  'x-sendfile: /etc/passwd',
  'server: api/1.0 (127.0.0.1)',
  'x-powered-by: elsewhere.invalid',
  'via: 1.1 elsewhere.invalid',
  'x-unknown: elsewhere.invalid',
];

interface Expected {
  /** Status with a problem's code, or with the body. */
  readonly is: readonly [status: number, text: string] | readonly (number | string)[];
  readonly headers?: Readonly<Record<string, string | undefined>>;
}

const ROWS: readonly [title: string, script: Script, expected: Expected][] = [
  ...OBEYED.map((header): [string, Script, Expected] => [
    `sends ${header}`,
    ok(header),
    { is: [200, 'ok'], headers: { 'cache-control': 'private, no-store', location: undefined, refresh: undefined } },
  ]),
  ['sends all of these at once', ok(...OBEYED), { is: [200, 'ok'] }],
  [
    'sends 20 cookies',
    ok(...Array.from({ length: 20 }, (_, at) => `Set-Cookie: c${at}=1; Path=/`)),
    { is: [200, 'ok'] },
  ],
  ['sends a cookie with the name of the gate’s', ok('Set-Cookie: gatehouse_session=x'), { is: [200, 'ok'] }],
  [
    'sends 8 MB of headers',
    {
      pieces: [
        { text: 'HTTP/1.1 200 OK\r\n' },
        { text: `X-A: ${'x'.repeat(1_000)}\r\n`, repeat: 8_000 },
        { text: '\r\n' },
      ],
    },
    { is: INVALID },
  ],
  [
    'sends a header that goes on in the next line',
    http('200 OK', ['X-A: a\r\n b', 'Content-Length: 2'], 'ok'),
    { is: [200, 'ok'] },
  ],
  [
    'sends a line break alone in a header',
    http('200 OK', ['ETag: "a\nSet-Cookie: x=1"', 'Content-Length: 2'], 'ok'),
    { is: INVALID },
  ],
  ['is no HTTP', { pieces: [{ text: 'SSH-2.0-OpenSSH_9.2\r\n' }] }, { is: INVALID }],
  ['speaks HTTP/2', { pieces: [{ text: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n' }] }, { is: INVALID }],
  ['closes the connection', { pieces: [] }, { is: UNREACHABLE }],
  ['resets the connection', { pieces: [], end: 'reset' }, { is: UNREACHABLE }],
  ['closes it within the head', { pieces: [{ text: 'HTTP/1.1 200 OK\r\nX-A' }] }, { is: UNREACHABLE }],
  ['switches protocols, status 101', http('101 Switching Protocols', ['Upgrade: websocket'], 'x'), { is: UNREACHABLE }],
  [
    'sends 103 and then an answer',
    { pieces: [{ text: 'HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n' }, ...ok().pieces] },
    { is: [200, 'ok'] },
  ],
  ['sends status 999', http('999 Odd', ['Content-Length: 2'], 'ok'), { is: INVALID }],
  ['sends status 600', http('600 Odd', ['Content-Length: 2'], 'ok'), { is: INVALID }],
  ['sends a body with 204', http('204 No Content', ['Content-Length: 5'], 'hello'), { is: [204, ''] }],
  ['sends a body with 205', http('205 Reset Content', ['Content-Length: 5'], 'hello'), { is: [205, ''] }],
  [
    'sends a body with 304',
    http('304 Not Modified', ['Content-Length: 5', 'ETag: "1"'], 'hello'),
    { is: [304, ''], headers: { etag: '"1"' } },
  ],
  ['sends two lengths', http('200 OK', ['Content-Length: 2', 'Content-Length: 9'], 'ok'), { is: INVALID }],
  [
    'sends a length and chunks',
    http('200 OK', ['Content-Length: 2', 'Transfer-Encoding: chunked'], '2\r\nok\r\n0\r\n\r\n'),
    { is: INVALID },
  ],
  ['sends what is no gzip', http('200 OK', ['Content-Encoding: gzip', 'Content-Length: 5'], 'hello'), { is: INVALID }],
  [
    'encodes in a way that was not asked for',
    http('200 OK', ['Content-Encoding: zstd', 'Content-Length: 5'], 'hello'),
    { is: INVALID },
  ],
  ['encodes twice', http('200 OK', ['Content-Encoding: gzip, gzip', 'Content-Length: 5'], 'hello'), { is: INVALID }],
  [
    'encodes with gzip',
    {
      pieces: [
        {
          text: 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n',
        },
        { base64: gzipSync('{"ok":true}').toString('base64') },
      ],
    },
    { is: [200, '{"ok":true}'], headers: { 'content-encoding': undefined } },
  ],
  [
    'redirects to itself',
    http('302 Found', ['Location: /v1/lie'], ''),
    { is: [302, '/api/backend/lie'], headers: { location: '/api/backend/lie' } },
  ],
  [
    'redirects with 307 to a place below its base',
    http('307 Temporary Redirect', ['Location: x?y=%2F#z'], ''),
    { is: [307, '/api/backend/x?y=%2F#z'] },
  ],
  ['redirects to another origin', http('302 Found', ['Location: https://evil.invalid/'], ''), { is: INVALID }],
  [
    'redirects to another origin without a scheme',
    http('302 Found', ['Location: //evil.invalid/'], ''),
    { is: INVALID },
  ],
  [
    'redirects to another port of its host',
    http('308 Permanent Redirect', ['Location: http://127.0.0.1:1/v1/x'], ''),
    { is: INVALID },
  ],
  ['redirects out of its base', http('303 See Other', ['Location: /admin'], ''), { is: INVALID }],
  ['redirects to what would be a host here', http('302 Found', ['Location: /v1//evil.invalid'], ''), { is: INVALID }],
  ['redirects to nowhere', http('302 Found', [], ''), { is: [302, ''], headers: { location: undefined } }],
  [
    'makes a thing below its base',
    http('201 Created', ['Location: /v1/things/7', 'Content-Length: 2'], 'ok'),
    { is: [201, 'ok'], headers: { location: '/api/backend/things/7' } },
  ],
  [
    'makes a thing elsewhere',
    http('201 Created', ['Location: https://evil.invalid/7', 'Content-Length: 2'], 'ok'),
    { is: [201, 'ok'], headers: { location: undefined } },
  ],
  [
    'names a place where nothing redirects',
    http('304 Not Modified', ['Location: https://evil.invalid/7'], ''),
    { is: [304, ''], headers: { location: undefined } },
  ],
  [
    'sends HTML',
    http('200 OK', ['Content-Type: text/html', 'Content-Length: 2'], '<a'),
    { is: [200, '<a'], headers: { 'content-security-policy': SANDBOX, 'x-content-type-options': 'nosniff' } },
  ],
  [
    'sends HTML with two types',
    http('200 OK', ['Content-Type: application/json', 'Content-Type: text/html', 'Content-Length: 2'], '<a'),
    { is: [200, '<a'], headers: { 'content-security-policy': SANDBOX } },
  ],
  [
    'sends HTML as JSON',
    http('200 OK', ['Content-Type: application/json', 'Content-Length: 2'], '<a'),
    { is: [200, '<a'], headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' } },
  ],
  [
    'sends HTML without a type',
    http('200 OK', ['Content-Length: 2'], '<a'),
    { is: [200, '<a'], headers: { 'content-type': 'application/octet-stream', 'content-security-policy': SANDBOX } },
  ],
  [
    'sends a picture that runs scripts',
    http('200 OK', ['Content-Type: image/svg+xml', 'Content-Length: 2'], '<s'),
    { is: [200, '<s'], headers: { 'content-security-policy': SANDBOX } },
  ],
  [
    'fails',
    http('503 Busy', ['Retry-After: 7', 'Content-Length: 2'], 'no'),
    { is: [503, 'no'], headers: { 'retry-after': '7' } },
  ],
  ['forbids', http('403 Forbidden', ['Content-Length: 2'], 'no'), { is: [403, 'no'] }],
  ['sends nothing within its entry’s time', { pieces: [], end: 'open' }, { is: [504, 'UPSTREAM_TIMEOUT'] }],
];

describe.each(CONVENTIONS)('built as a %s, an upstream that', (convention) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(convention);
  }, 300_000);
  afterAll(() => stage.close());
  const ask = (target: string) => send(stage.port, { target, headers: [['Cookie', stage.cookie]] });

  it.each(ROWS)('%s', async (title, script, { is: [status, text], headers = {} }) => {
    const slow = title.includes('time');
    await stage.api.tell(slow ? '/v1' : '/v1/lie', script);
    const answer = await ask(slow ? '/api/status' : '/api/backend/lie');
    const said =
      answer.status >= 500 && String(text).startsWith('UPSTREAM') ? codeOf(answer.whole) : bodyOf(answer.whole);
    expect([answer.status, said]).toEqual([status, text]);
    expect(answer.headers).toMatchObject(
      Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)),
    );
    for (const [name, value] of Object.entries(headers))
      if (value === undefined) expect(answer.headers).not.toHaveProperty(name);
    expect(Object.keys(answer.headers).filter((name) => !NAMES.test(name))).toEqual([]);
    expect(answer.whole).not.toMatch(/invalid|127\.0\.0\.1|passwd/);
  });

  it.each([
    ['of its length', 'Content-Length: 100\r\n\r\nhello', 'hello'],
    ['of its chunks', 'Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n', 'hello'],
    ['of its gzip', null, ''],
  ])('stops half-way %s cuts the connection of the client too', async (_, wire, begins) => {
    const zipped = gzipSync(randomBytes(200_000));
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n';
    const pieces =
      wire === null
        ? [
            { text: `${head}Content-Encoding: gzip\r\nContent-Length: ${zipped.length}\r\n\r\n` },
            { base64: zipped.subarray(0, 150_000).toString('base64') },
          ]
        : [{ text: head + wire }];
    await stage.api.tell('/v1/half', { pieces });
    const { whole } = await ask('/api/backend/half');
    expect(whole).toContain(begins);
    expect(whole).not.toMatch(/\r\n0\r\n\r\n$/); // the end of a body in chunks
  });

  it('redirects with 308 gets no further through the header that Next adds', async () => {
    await stage.api.tell(
      '/v1/moved',
      http('308 Permanent Redirect', ['Location: /v1/x', 'Content-Type: text/html'], ''),
    );
    const { headers } = await ask('/api/backend/moved');
    expect([headers.location, headers.refresh]).toEqual(['/api/backend/x', '0;url=/api/backend/x']);
  });

  it('speaks for itself about caching says nothing that lets a shared cache keep what is a person’s', async () => {
    const said = ok('Cache-Control: public, s-maxage=600, max-age=5', 'Vary: Accept-Language', 'Expires: 0', 'Age: 3');
    await stage.api.tell('/v1/lie', said);
    const own = await ask('/api/cached/lie');
    expect(own.headers['cache-control']).toBe('private, max-age=5');
    expect(own.headers.vary).toBe('Accept-Language, Cookie');
    const open = await send(stage.port, { target: '/api/public/lie' });
    expect([open.headers['cache-control'], open.headers.age]).toEqual(['public, s-maxage=600, max-age=5', '3']);
    expect(open.headers.vary).toBe('Accept-Language');
    expect(open.headers).not.toHaveProperty('cdn-cache-control');
  });

  it.each(['text/plain', 'text/event-stream'])(
    'sends a part of what is %s has it arrive byte for byte',
    async (type) => {
      const part = 'x'.repeat(5_000);
      const headers = [`Content-Type: ${type}`, 'Content-Range: bytes 0-4999/9999', 'Content-Length: 5000'];
      await stage.api.tell('/v1/part', http('206 Partial Content', headers, part));
      const answer = await send(stage.port, {
        target: '/api/backend/part',
        headers: [
          ['Cookie', stage.cookie],
          ['Accept-Encoding', 'gzip'],
          ['Range', 'bytes=0-4999'],
        ],
      });
      expect([answer.status, bodyOf(answer.whole)]).toEqual([206, part]);
    },
  );

  it('is a bomb of gzip does not fill the memory when the client reads slowly', async () => {
    const bomb = gzipSync(Buffer.alloc(200 * 2 ** 20));
    const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n\r\n`;
    await stage.api.tell('/v1/bomb', { pieces: [{ text: head }, { base64: bomb.toString('base64') }] });
    const before = stage.memory();
    const most = await mostWhile(stage, readSlowly(stage, '/api/backend/bomb'));
    expect(most - before).toBeLessThan(120);
  });

  it('sends 200 MB has them arrive whole, with little of them in memory at a time', async () => {
    const bytes = 200 * 2 ** 20;
    const head = `HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: ${bytes}\r\n\r\n`;
    await stage.api.tell('/v1/large', { pieces: [{ text: head }, { text: 'x'.repeat(2 ** 20), repeat: 200 }] });
    const before = stage.memory();
    const received = sizeOf(stage, '/api/backend/large');
    const most = await mostWhile(stage, received);
    expect(await received).toBe(bytes);
    expect(most - before).toBeLessThan(120);
  });

  it('after all that nothing is in the log but events, none with an address', () => {
    const lines = stage.printed.filter((line) => line.startsWith('{'));
    expect(stage.printed.filter((line) => /Error|⨯|failed to pipe/.test(line))).toEqual([]);
    expect(lines.filter((line) => /127\.0\.0\.1|invalid\/|Bearer|passwd/.test(line))).toEqual([]);
    expect(lines.length).toBeGreaterThan(3);
  });
});
