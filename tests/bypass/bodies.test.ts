import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openStage, type Stage } from './stage';

/** `maxBodyBytes` of the canary site. */
const LIMIT = 256 * 1024;
const PIECE = 16 * 1024;

let stage: Stage;
let cookie = '';
beforeAll(async () => {
  stage = await openStage('turbopack');
  cookie = await stage.signedIn();
}, 600_000);
afterAll(() => stage.close());

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  /** The server has asked for the body with "100 Continue". */
  readonly continued: boolean;
}

/** Sends that many bytes, with their length announced or in chunks. */
async function post(path: string, bytes: number, headers: OutgoingHttpHeaders, method = 'POST'): Promise<Answer> {
  const asked = httpRequest({ port: stage.port, path, method, headers, agent: false });
  const answered = once(asked, 'response') as Promise<[IncomingMessage]>;
  let continued = false;
  const write = () => {
    for (let left = bytes; left > 0; left -= PIECE) asked.write(Buffer.alloc(Math.min(left, PIECE), 'x'));
    asked.end();
  };
  asked.on('error', () => {}); // the rest of a body that the server no longer reads
  asked.on('continue', () => {
    continued = true;
    write();
  });
  if (headers.expect === undefined) write();
  else asked.flushHeaders();
  const [response] = await answered;
  let text = '';
  for await (const chunk of response) text += chunk;
  return { status: response.statusCode ?? 0, headers: response.headers, text, continued };
}

const announced = (bytes: number) => ({ 'content-length': bytes });
const chunked = () => ({ 'transfer-encoding': 'chunked' });
const framings: [string, (bytes: number) => OutgoingHttpHeaders][] = [
  ['with a length', announced],
  ['in chunks', chunked],
];
const paths = ['/.well-known/body', '/body', '/.well-known/legacy-body', '/api/legacy-body'];

describe.each(framings)('a body %s', (_, framing) => {
  it.each(paths)('of exactly the limit arrives whole at %s', async (path) => {
    const answer = await post(path, LIMIT, { ...framing(LIMIT), cookie });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, { bytes: LIMIT }]);
  });

  it.each(paths)('of one byte more gets 413 at %s', async (path) => {
    const answer = await post(path, LIMIT + 1, { ...framing(LIMIT + 1), cookie });
    expect([answer.status, JSON.parse(answer.text)]).toEqual([
      413,
      expect.objectContaining({ status: 413, code: 'BODY_TOO_LARGE', ref: answer.headers['x-request-id'] }),
    ]);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'private, no-store',
      vary: expect.stringContaining('Cookie'),
      connection: 'close',
    });
  });

  it('of many times the limit gets 413, signed in or not, although the client sends all of it', async () => {
    const bytes = 40 * LIMIT;
    for (const who of [{ cookie }, {}])
      expect(await post('/body', bytes, { ...framing(bytes), ...who })).toMatchObject({ status: 413 });
  });

  it('of a GET has the same limit', async () => {
    const get = (bytes: number) => post('/api/legacy-body', bytes, { ...framing(bytes), cookie }, 'GET');
    expect([await get(LIMIT), await get(LIMIT + 1)]).toMatchObject([
      { status: 200, text: `{"bytes":${LIMIT}}` },
      { status: 413 },
    ]);
  });
});

it('a form that is too large gets a page', async () => {
  const form = {
    ...announced(LIMIT + 1),
    'content-type': 'multipart/form-data; boundary=x',
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
  };
  const answer = await post('/.well-known/body', LIMIT + 1, form);
  expect([answer.status, answer.headers['content-type']]).toEqual([413, 'text/html; charset=utf-8']);
  expect(answer.text).toContain(answer.headers['x-request-id']);
});

it.each([
  [LIMIT, 200, true],
  [LIMIT + 1, 413, false],
])('a client that waits with a body of %d bytes is answered %d; asked to go on: %s', async (bytes, status, asked) => {
  const answer = await post('/.well-known/body', bytes, { ...announced(bytes), expect: '100-continue' });
  expect([answer.status, answer.continued]).toEqual([status, asked]);
});

it('a request whose body is withheld says nothing to the next one on its connection', async () => {
  const socket = connect(stage.port, 'localhost');
  const hidden = 'GET /.well-known/body HTTP/1.1\r\nHost: localhost\r\n\r\n';
  socket.write(`POST /.well-known/body HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${LIMIT + 1}\r\n\r\n`);
  socket.end(hidden.repeat(Math.ceil((LIMIT + 1) / hidden.length) + 2));
  let whole = '';
  for await (const chunk of socket.setEncoding('latin1')) whole += chunk;
  expect(whole.match(/^HTTP\/1\.1 \d+/gm)).toEqual(['HTTP/1.1 413']);
});

it('after all that Next has cut nothing, and no request has failed', () => {
  const faults = stage.printed.filter((line) => /body exceeded|Error|ERR_|⨯/.test(line));
  expect(faults).toEqual([]);
});
