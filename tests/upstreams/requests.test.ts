import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Received, send } from '../bypass/wire';
import type { Seen } from './api';
import { bodyOf, codeOf } from './reading';
import { CONVENTIONS, openStage, type Stage } from './stage';

/** What a client says on the wire → what the upstream gets, through the built product. */

type Headers = readonly (readonly [name: string, value: string])[];

const PROBLEM = {
  path: [400, 'BAD_PATH'],
  request: [400, 'BAD_REQUEST'],
  length: [411, 'LENGTH_REQUIRED'],
  large: [413, 'BODY_TOO_LARGE'],
  method: [405, 'METHOD_NOT_ALLOWED'],
  origin: [403, 'CSRF_REJECTED'],
};
const LIMIT = 10 * 2 ** 20;

describe.each(CONVENTIONS)('built as a %s, a client that', (convention) => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(convention);
  }, 300_000);
  afterAll(() => stage.close());
  beforeEach(async () => void (await stage.api.seen()));

  const ask = (target: string, headers: Headers = [], method = 'GET', body?: string): Promise<Received> =>
    send(stage.port, {
      target,
      method,
      headers: [['Cookie', stage.cookie], ['Origin', `http://localhost:${stage.port}`], ...headers],
      ...(body !== undefined && { body }),
    });
  const only = async (): Promise<Seen> => {
    const [call, ...more] = await stage.api.seen();
    if (!call || more.length > 0) throw new Error(`${more.length} more calls, first: ${call?.head}`);
    return call;
  };
  const valuesOf = ({ head }: Seen, name: string) =>
    [...head.matchAll(new RegExp(`^${name}: (.*)$`, 'gim'))].map(([, value]) => value?.trim());
  /** Sends pieces of a request, and hands the socket over. */
  const open = async (head: readonly string[], body: string | Buffer = ''): Promise<Socket> => {
    const socket = connect(stage.port, 'localhost').on('error', () => {});
    const lines = [...head, `Host: localhost:${stage.port}`, `Cookie: ${stage.cookie}`];
    socket.write(`${[...lines, `Origin: http://localhost:${stage.port}`].join('\r\n')}\r\n\r\n`);
    socket.write(body);
    await sleep(150);
    return socket;
  };
  const whole = async (socket: Socket) => {
    let text = '';
    for await (const chunk of socket.setEncoding('latin1')) text += chunk;
    return text;
  };
  /** The first call, once it has ended. */
  const ended = async (): Promise<Seen> => {
    for (let tries = 0; ; tries += 1) {
      const [call] = await stage.api.calls();
      if (call && call.ended !== 'open') return call;
      if (tries > 40) throw new Error('the upstream still waits');
      await sleep(50);
    }
  };

  it.each([
    ['/api/backend/a%2fb', PROBLEM.path],
    ['/api/backend/..%2f..%2fadmin', PROBLEM.path],
    ['/api/backend/a%5cb', PROBLEM.path],
    ['/api/backend/a%00', PROBLEM.path],
    ['/api/backend/%252e%252e/x', PROBLEM.path],
    ['/api/backend/..;/x', PROBLEM.path],
    ['/api/backend/%2e%2e;/x', PROBLEM.path],
    ['/api/backend/%c0%ae%c0%ae/x', PROBLEM.path],
    ['/api/backend/a%0d%0ax', PROBLEM.path],
    ['/api/%62ackend/x', PROBLEM.path],
    ['/dashboard/..%2fapi/backend/x', PROBLEM.path],
    ['/api/backend%2fx', PROBLEM.path],
  ])('asks for %s gets a problem, and the upstream nothing', async (target, expected) => {
    const answer = await ask(target);
    expect([answer.status, codeOf(answer.whole)]).toEqual(expected);
    expect(await stage.api.seen()).toEqual([]);
  });

  it.each([
    ['two slashes', '/api/backend//admin', 308],
    ['two slashes in front', '//api/backend/x', 308],
    ['a backslash', '/api/backend/a\\b', 308],
    ['a dot segment', '/api/backend/../../icon.svg', 404],
    ['an encoded dot segment', '/api/backend/%2e%2e/%2e%2e/icon.svg', 404],
    ['another case', '/API/backend/x', 404],
    ['a trailing slash', '/api/backend/x/', 308],
    ['the whole URL as target', 'http://evil.invalid/api/backend/x', 308],
  ])('asks with %s reaches nothing of the upstream', async (_, target, status) => {
    expect((await ask(target)).status).toBe(status);
    expect(await stage.api.seen()).toEqual([]);
  });

  it('asks for data of the build reaches the path for which it stands, as the rules do', async () => {
    expect((await ask('/_next/data/x/api/backend/x.json')).status).toBe(200);
    expect((await only()).head).toMatch(/^GET \/v1\/x HTTP/);
    const anonymous = await send(stage.port, { target: '/_next/data/x/api/backend/x.json' });
    expect([anonymous.status, await stage.api.seen()]).toEqual([401, []]);
  });

  it.each(['?flag&b=%20x+y&a=1&b=2', '?a=2&a=1&b=3&a=0', '?q=%E4%BD%A0~!*()', '?nxt=1&x'])(
    'sends the query %s has it go on as it came',
    async (query) => {
      expect((await ask(`/api/backend/x${query}`)).status).toBe(200);
      expect((await only()).head.split(' ')[1]).toBe(`/v1/x${query}`);
    },
  );

  it('sends everything that must not go on has none of it go on', async () => {
    const forged: Headers = [
      ['Authorization', 'Bearer forged'],
      ['Proxy-Authorization', 'Basic forged'],
      ['Forwarded', 'for=6.6.6.6;host=forged'],
      ['X-Forwarded-For', '6.6.6.6, 203.0.113.7'],
      ['X-Forwarded-Host', 'forged'],
      ['X-Forwarded-Proto', 'forged'],
      ['X-Forwarded-Port', '666'],
      ['X-Real-IP', '6.6.6.6'],
      ['X-Original-URL', '/forged'],
      ['X-Gatehouse-Query', 'forged=1'],
      ['X-Middleware-Subrequest', 'forged'],
      ['X-Nextjs-Data', '1'],
      ['X-Unknown', 'forged'],
      ['TE', 'trailers, forged'],
      ['Trailer', 'x-forged'],
      ['Upgrade-Insecure-Requests', '1'],
      ['Accept-Encoding', 'forged'],
      ['Sec-Fetch-User', '?1'],
      ['X-Tenant', '7'],
      ['If-None-Match', '"1"'],
      ['Traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
      ['Tracestate', 'a=1'],
    ];
    expect((await ask('/api/backend/x', forged)).status).toBe(200);
    const call = await only();
    expect(call.head).not.toMatch(/forged|6\.6\.6\.6|666|cookie|trailer|insecure/i);
    expect(valuesOf(call, 'authorization')).toEqual(['Bearer at']);
    expect(valuesOf(call, 'x-forwarded-for')).toEqual(['203.0.113.7']);
    expect(valuesOf(call, 'forwarded')).toEqual([`for=203.0.113.7;host="localhost:${stage.port}";proto=http`]);
    expect([valuesOf(call, 'x-tenant'), valuesOf(call, 'if-none-match')]).toEqual([['7'], ['"1"']]);
    expect(valuesOf(call, 'traceparent')).toEqual(['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01']);
    expect(valuesOf(call, 'tracestate')).toEqual(['a=1']);
    expect(valuesOf(call, 'host')).toEqual([`127.0.0.1:${stage.api.port}`]);
  });

  it('names a header in Connection has it not go on', async () => {
    await ask('/api/backend/x', [
      ['Connection', 'authorization, x-tenant, if-match'],
      ['X-Tenant', '7'],
      ['If-Match', '"1"'],
    ]);
    const call = await only();
    expect([valuesOf(call, 'x-tenant'), valuesOf(call, 'if-match')]).toEqual([[], []]);
    expect(valuesOf(call, 'authorization')).toEqual(['Bearer at']);
  });

  it.each([
    [
      'in chunks',
      ['POST /api/backend/x HTTP/1.1', 'Transfer-Encoding: chunked'],
      '5\r\nhello\r\n0\r\n\r\n',
      PROBLEM.length,
    ],
    ['in chunks with GET', ['GET /api/backend/x HTTP/1.1', 'Transfer-Encoding: chunked'], '0\r\n\r\n', PROBLEM.length],
    ['with GET', ['GET /api/backend/x HTTP/1.1', 'Content-Length: 5'], 'hello', PROBLEM.request],
    ['of 10 MB and one byte', ['POST /api/backend/x HTTP/1.1', `Content-Length: ${LIMIT + 1}`], '', PROBLEM.large],
    [
      'of another site',
      ['POST /api/backend/x HTTP/1.1', 'Origin: https://evil.invalid', 'Content-Length: 2'],
      'ok',
      PROBLEM.origin,
    ],
  ])('sends a body %s gets a problem, and the upstream nothing', async (_, head, body, expected) => {
    const socket = await open([...head, 'Connection: close'], body);
    const text = await whole(socket);
    expect([Number(text.split(' ')[1]), codeOf(text)]).toEqual(expected);
    expect(await stage.api.seen()).toEqual([]);
  });

  it.each([
    ['a length that is none', ['Content-Length: abc']],
    ['two lengths', ['Content-Length: 5', 'Content-Length: 6']],
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked']],
    ['an encoding that is none', ['Transfer-Encoding: xchunked']],
  ])('sends %s is refused by the server', async (_, lines) => {
    const socket = await open(['POST /api/backend/x HTTP/1.1', ...lines, 'Connection: close'], 'hello');
    expect((await whole(socket)).split('\r\n')[0]).toMatch(/^HTTP\/1\.1 400 /);
    expect(await stage.api.seen()).toEqual([]);
  });

  it.each([
    ['PROPFIND', 405],
    ['PURGE', 405],
    ['M-SEARCH', 405],
    ['LINK', 405],
    ['TRACE', 500], // Next can make no request of it for its middleware (Fetch §2.2.1)
    ['CONNECT', 0], // Node asks for a listener, and cuts the connection without one
  ])('uses %s gets %d, and the upstream nothing', async (method, status) => {
    expect((await ask('/api/backend/x', [], method)).status).toBe(status);
    expect(await stage.api.seen()).toEqual([]);
  });

  it.each(['PATCH', 'DELETE', 'PUT'])(
    'uses %s, which the entry does not name, gets 405 with the methods',
    async (method) => {
      const answer = await ask('/api/status', [], method);
      expect([answer.status, answer.headers.allow]).toEqual([405, 'GET, HEAD']);
      expect(await stage.api.seen()).toEqual([]);
    },
  );

  it.each(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])(
    'uses %s without a body has it go on without one',
    async (method) => {
      expect((await ask('/api/backend/x', [], method)).status).toBe(200);
      const call = await only();
      expect(call.head).toMatch(new RegExp(`^${method} /v1/x HTTP`));
      expect([call.bytes, valuesOf(call, 'transfer-encoding')]).toEqual([0, []]);
    },
  );

  it('asks for an upgrade with a body has it arrive once', async () => {
    const head = ['POST /api/backend/x HTTP/1.1', 'Connection: Upgrade', 'Upgrade: other', 'Content-Length: 2'];
    expect((await whole(await open(head, 'ok'))).split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
    expect(await only()).toMatchObject({ bytes: 2, ended: 'whole' });
  });

  it('waits to be asked for its body is asked, and the upstream is not', async () => {
    const socket = await open([
      'POST /api/backend/x HTTP/1.1',
      'Content-Length: 5',
      'Expect: 100-continue',
      'Connection: close',
    ]);
    socket.write('hello');
    expect(await whole(socket)).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 200 /);
    const call = await only();
    expect([call.bytes, valuesOf(call, 'expect'), valuesOf(call, 'content-length')]).toEqual([5, [], ['5']]);
  });

  it.each([5, 65_536, 65_537, 1_000_000, LIMIT])('sends %d bytes has them arrive with their length', async (bytes) => {
    const answer = await ask('/api/backend/x', [['Content-Type', 'text/plain']], 'POST', 'x'.repeat(bytes));
    expect(answer.status).toBe(200);
    const call = await only();
    expect([call.bytes, call.ended, valuesOf(call, 'content-length'), valuesOf(call, 'transfer-encoding')]).toEqual([
      bytes,
      'whole',
      [String(bytes)],
      [],
    ]);
  });

  it.each([
    ['ends', (socket: Socket) => socket.end()],
    ['resets', (socket: Socket) => socket.resetAndDestroy()],
  ])('announces 200,000 bytes, sends half of them and %s the connection ends the upload nowhere', async (_, leave) => {
    const socket = await open(['POST /api/backend/x HTTP/1.1', 'Content-Length: 200000'], Buffer.alloc(100_000, 'x'));
    leave(socket);
    expect((await ended()).ended).toBe('cut');
    socket.destroy();
  });

  it('announces 5 bytes, sends 3 and leaves reaches nothing of the upstream', async () => {
    const socket = await open(['POST /api/backend/x HTTP/1.1', 'Content-Length: 5'], 'hel');
    socket.destroy();
    await sleep(200);
    expect(await stage.api.seen()).toEqual([]);
  });

  it('sends slowly has each part arrive as it comes', async () => {
    const socket = await open(
      ['POST /api/backend/x HTTP/1.1', 'Content-Length: 200000', 'Connection: close'],
      Buffer.alloc(100_000, 'x'),
    );
    const [call] = await stage.api.calls();
    expect([call?.ended, Number(call?.bytes) > 50_000]).toEqual(['open', true]);
    socket.write(Buffer.alloc(100_000, 'x'));
    expect((await whole(socket)).split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
  });

  it('leaves before the answer ends the request at the upstream', async () => {
    await stage.api.tell('/v1/never', { pieces: [], end: 'open' });
    const socket = await open(['GET /api/backend/never HTTP/1.1']);
    socket.destroy();
    expect(await closing('/v1/never')).toBe(true);
  });

  it('leaves in the middle of a stream ends it at the upstream', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
    await stage.api.tell('/v1/events', { pieces: [{ text: `${head}data: 1\n\n` }], end: 'open' });
    const socket = await open(['GET /api/backend/events HTTP/1.1']);
    await once(socket, 'readable');
    socket.destroy();
    expect(await closing('/v1/events')).toBe(true);
  });

  it('opens a stream of events gets its head at once, and each event before the stream ends', async () => {
    const head = 'HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n';
    const pieces = [{ text: head }, { after: 400, text: 'data: 1\n\n' }, { after: 400, text: 'data: 2\n\n' }];
    await stage.api.tell('/v1/events', { pieces, end: 'open' });
    const socket = await open(['GET /api/backend/events HTTP/1.1', 'Accept-Encoding: gzip']);
    const parts: string[] = [];
    for await (const chunk of socket.setEncoding('latin1')) {
      parts.push(chunk);
      if (chunk.includes('data: 2')) break;
    }
    socket.destroy();
    expect(parts[0]).toMatch(/^HTTP\/1\.1 200 OK[\s\S]*\r\n:\n\n\r\n$/);
    expect(parts.filter((part) => part.includes('data: ')).length).toBe(2);
    expect(bodyOf(parts.join(''))).toBe(':\n\ndata: 1\n\ndata: 2\n\n');
  });

  it.each(['websocket', 'h2c', 'x'])('asks for an upgrade to %s is served once, without it', async (protocol) => {
    const socket = await open(['DELETE /api/backend/x HTTP/1.1', 'Connection: Upgrade', `Upgrade: ${protocol}`]);
    expect((await whole(socket)).split('\r\n')[0]).toBe('HTTP/1.1 200 OK');
    expect(valuesOf(await only(), 'upgrade')).toEqual([]);
  });

  it('comes through a proxy that says Connection: upgrade every time is served as always', async () => {
    const socket = await open(['GET /api/backend/x HTTP/1.1', 'Connection: upgrade']);
    const [part] = (await once(socket, 'data')) as [Buffer];
    socket.destroy();
    expect(part.toString('latin1')).toMatch(/^HTTP\/1\.1 200 OK/);
    expect((await only()).ended).toBe('whole');
  });

  it('registers a script of the upstream as a service worker is refused', async () => {
    const answer = await ask('/api/backend/sw.js', [['Service-Worker', 'script']]);
    expect([answer.status, codeOf(answer.whole)]).toEqual(PROBLEM.request);
  });

  it('comes by a link of another site gets 403', async () => {
    const navigation: Headers = [
      ['Sec-Fetch-Site', 'cross-site'],
      ['Sec-Fetch-Mode', 'navigate'],
      ['Sec-Fetch-Dest', 'document'],
    ];
    expect((await ask('/api/backend/x', navigation)).status).toBe(403);
    expect(await stage.api.seen()).toEqual([]);
  });

  it('after all that Next has written of nothing but uploads that were broken off, and TRACE', () => {
    const lines = stage.printed.filter((line) => /Error|⨯|failed to pipe|exceeded/.test(line));
    expect(lines.filter((line) => !/Error: aborted|'TRACE' HTTP method/.test(line))).toEqual([]);
  });

  /** Whether the upstream sees its connection closed. */
  async function closing(target: string): Promise<boolean> {
    let found: Seen | undefined;
    for (let tries = 0; tries < 40; tries += 1) {
      for (const call of await stage.api.calls()) if (call.head.includes(` ${target} `)) found = call;
      if (found?.closedAt !== undefined) return true;
      await sleep(50);
    }
    return false;
  }
});
