import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { distOf } from './builds';
import { withCookie } from './crowd';
import { openStage, type Stage } from './stage';
import type { Received, Sent } from './wire';

let stage: Stage;
let cookie = '';
/** Where a rewrite of the site leads. */
let upstream: Server;
/** The paths that were asked for there. */
const asked: (string | undefined)[] = [];
/** The cookies of the last request there, and the trace that it belongs to. */
let seen: string | undefined;
let trace: unknown[] = [];

beforeAll(async () => {
  stage = await openStage('turbopack');
  cookie = await stage.signedIn();
  upstream = createServer((request, response) => {
    asked.push(request.url);
    seen = request.headers.cookie;
    trace = [request.headers.traceparent, request.headers.tracestate];
    response.end(`answered without an upgrade: ${request.headers.upgrade}`);
  });
  upstream.on('upgrade', (request, socket: Socket) => {
    asked.push(request.url);
    seen = request.headers.cookie;
    if (request.url === '/refused') return socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno');
    if (request.url === '/cut') return socket.destroy();
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    return socket.pipe(socket);
  });
  await once(upstream.listen(upstreamPort()), 'listening');
}, 600_000);
afterAll(async () => {
  upstream.close();
  await stage.close();
});

const built = (manifest: string) => JSON.parse(readFileSync(join(distOf('turbopack'), manifest), 'utf8'));

/** As it is in the build. */
function upstreamPort(): number {
  const rewrites: { source: string; destination: string }[] = built('routes-manifest.json').rewrites.afterFiles;
  const found = rewrites.find(({ source }) => source.startsWith('/upstream'));
  return Number(new URL(found?.destination.replace(':path*', '') ?? '').port);
}

const upgrade = (target: string, protocol: string, more: Sent['headers'] = []): Sent => ({
  target,
  headers: [['Connection', 'Upgrade'], ['Upgrade', protocol], ...more],
});
const ask = (target: string, protocol: string, more?: Sent['headers']) => stage.ask(upgrade(target, protocol, more));
const bodyOf = ({ whole }: Received) => whole.slice(whole.indexOf('\r\n\r\n') + 4);

/** A WebSocket as a browser opens it, to the point where bytes come back. */
async function echo(path: string, headers: string): Promise<string> {
  const socket = connect(stage.port, 'localhost').setEncoding('latin1');
  socket.write(
    `GET ${path} HTTP/1.1\r\nHost: localhost:${stage.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${headers}\r\n`,
  );
  let whole = '';
  for await (const chunk of socket) {
    whole += chunk;
    if (whole.endsWith('\r\n\r\n')) socket.write('hello');
    if (whole.endsWith('hello')) socket.end();
  }
  return whole;
}

const protocols = ['websocket', 'h2c', 'WebSocket, h2c', 'TLS/1.0', 'something-else'];

describe.each(protocols)('an upgrade to %s', (protocol) => {
  it.each([
    ['/static-page', 401],
    ['/admin', 401],
    ['/nothing/there', 401],
    ['/upstream/echo', 401],
    ['/auth/session', 200],
    ['/auth/nothing', 404],
    ['/.well-known/nothing', 404],
    ['/%zz', 400],
    ['//static-page', 308],
    ['/', 200],
  ])('of %s without a session is answered with %d and closed', async (path, status) => {
    expect((await ask(path, protocol)).status).toBe(status);
  });

  it('that a browser asks for as a page leads to the sign-in, as the page does', async () => {
    const navigation: Sent['headers'] = [
      ['Sec-Fetch-Mode', 'navigate'],
      ['Sec-Fetch-Dest', 'document'],
    ];
    const { status, headers } = await ask('/static-page', protocol, navigation);
    expect([status, headers.location]).toEqual([303, expect.stringContaining('response_type=code')]);
  });

  it('of a page is answered with the page to a session, and with 403 where the session is not enough', async () => {
    const page = await stage.ask(withCookie(upgrade('/static-page', protocol), cookie));
    expect([page.status, page.whole.includes('CANARY-static-page')]).toEqual([200, true]);
    expect((await stage.ask(withCookie(upgrade('/admin', protocol), cookie))).status).toBe(403);
  });

  it('keeps the body that comes with it', async () => {
    const answer = await stage.ask({
      ...upgrade('/.well-known/body', protocol),
      method: 'POST',
      body: 'x'.repeat(100_000),
    });
    expect([answer.status, bodyOf(answer)]).toEqual([200, expect.stringContaining('{"bytes":100000}')]);
  });
});

describe('a WebSocket that a rewrite sends to another server', () => {
  it('is opened and carries bytes both ways', async () => {
    expect(await echo('/.well-known/upstream/echo', '')).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\nhello$/);
    expect(await echo('/upstream/echo', `Cookie: ${cookie}\r\n`)).toMatch(/^HTTP\/1\.1 101 [\s\S]*\r\n\r\nhello$/);
  });

  it('does not reach it without the session that its path asks for', async () => {
    asked.length = 0;
    expect([(await ask('/upstream/echo', 'websocket')).status, asked]).toEqual([401, []]);
  });

  it('does not reach it with the header of a revalidation and the preview id of the build', async () => {
    asked.length = 0;
    const { previewModeId } = built('prerender-manifest.json').preview;
    expect(previewModeId).toMatch(/^[0-9a-f]{32}$/);
    const { status } = await ask('/upstream/echo', 'websocket', [['x-prerender-revalidate', previewModeId]]);
    expect([status, asked]).toEqual([401, []]);
  });

  it('gets the other server’s own refusal', async () => {
    const answer = await ask('/.well-known/upstream/refused', 'websocket');
    expect([answer.status, bodyOf(answer)]).toEqual([403, 'no']);
  });

  it('gets 502 where the other server is not there, or cuts the connection', async () => {
    expect((await ask('/.well-known/upstream/cut', 'websocket')).status).toBe(502);
    expect((await ask('/.well-known/nowhere', 'websocket')).status).toBe(502);
  });

  it('is an ordinary request when it asks for HTTP/2', async () => {
    const answer = await ask('/.well-known/upstream/plain', 'h2c');
    expect([answer.status, bodyOf(answer)]).toEqual([200, expect.stringContaining('without an upgrade: undefined')]);
  });
});

it('three hundred sockets that ask at once are answered and closed', async () => {
  const many = await Promise.all(Array.from({ length: 300 }, () => ask('/static-page', 'websocket')));
  expect(many.filter(({ status }) => status !== 401)).toEqual([]);
});

describe('another origin behind a rewrite', () => {
  const cookies = () => `theme=dark; ${cookie}; oidc_trips=x; flag`;

  it('sees none of the cookies of the gate under a rule that hides them, and all others as they were sent', async () => {
    await stage.ask({ target: '/.well-known/upstream/page', headers: [['Cookie', cookies()]] });
    expect(seen).toBe('theme=dark; flag');
    await echo('/.well-known/upstream/echo', `Cookie: ${cookies()}\r\n`);
    expect(seen).toBe('theme=dark; flag');
  });

  it('sees the trace of the request together with the cookies that are left, or without any', async () => {
    const sent = ['00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01', 'vendor=1'] as const;
    for (const [sentCookies, expected] of [
      [cookies(), 'theme=dark; flag'],
      [cookie, undefined],
    ] as const) {
      trace = [];
      const headers = [
        ['Cookie', sentCookies],
        ['traceparent', sent[0]],
        ['tracestate', sent[1]],
      ] as const;
      await stage.ask({ target: '/.well-known/upstream/page', headers });
      expect([seen, trace]).toEqual([expected, sent]);
    }
  });

  it('sees them under any other rule, which `npm run routes` calls a fault', async () => {
    await stage.ask({ target: '/upstream/page', headers: [['Cookie', cookies()]] });
    expect(seen).toBe(cookies());
  });
});
