import { once } from 'node:events';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { supportGate } from '../../lib/next/node-server';
import { ENGLISH } from '../../lib/pages/english';

supportGate({ maxBodyBytes: 10 });

type Handler = (request: IncomingMessage, response: ServerResponse) => unknown;

/** Next's mark on a request that it handles. */
const handledByNext = (request: IncomingMessage) =>
  Object.assign(request, { [Symbol.for('NextInternalRequestMeta')]: { seen: true } });

const read = async (request: IncomingMessage) => {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
};

/** The answer to a body of eleven bytes, one more than the limit. */
async function post(handler: Handler, headers: Readonly<Record<string, string | number>>) {
  const server = createServer(handler);
  await once(server.listen(0), 'listening');
  const { port } = server.address() as AddressInfo;
  const sent = httpRequest({ port, method: 'POST', headers, agent: false });
  sent.on('error', () => {});
  const answer = Promise.race([
    once(sent, 'response') as Promise<[IncomingMessage]>,
    once(sent, 'close').then(() => []),
  ]);
  if (headers.expect === undefined) {
    sent.write('hello ');
    sent.end('world');
  } else {
    sent.flushHeaders();
    sent.on('continue', () => sent.end('hello world'));
  }
  const [response] = await answer;
  const text = response && (await read(response).catch(() => 'cut'));
  server.closeAllConnections();
  server.close();
  return { status: response?.statusCode, text };
}

const framings = [
  { 'content-length': 11 },
  { 'transfer-encoding': 'chunked' },
  { 'content-length': 11, expect: '100-continue' },
];

describe.each(framings)('a body over the limit (%j)', (headers) => {
  it('arrives whole at a server or a handler that is not Next', async () => {
    const echo: Handler = async (request, response) => response.end(await read(request));
    expect(await post(echo, headers)).toEqual({ status: 200, text: 'hello world' });
  });

  it('arrives whole where a custom server reads it before Next handles the request', async () => {
    const echo: Handler = async (request, response) => {
      const body = await read(request);
      handledByNext(request);
      response.end(body);
    };
    expect(await post(echo, headers)).toEqual({ status: 200, text: 'hello world' });
  });
});

it('an announced body over the limit is withheld from Next, and the gate is told', async () => {
  const gate: Handler = async (request, response) => {
    handledByNext(request);
    response.end(JSON.stringify([await read(request), request.headers['x-gatehouse-oversized']]));
  };
  for (const headers of [framings[0], framings[2]])
    expect(await post(gate, headers ?? {})).toEqual({ status: 200, text: '["","1"]' });
});

it('a body in chunks over the limit never ends for Next, and is answered in the words of the gate', async () => {
  let ended = false;
  const next: Handler = (request) =>
    handledByNext(request)
      .resume()
      .on('end', () => {
        ended = true;
      });
  const { status, text } = await post(next, framings[1] ?? {});
  const [title, sentence] = ENGLISH.problems.BODY_TOO_LARGE;
  expect([status, JSON.parse(text ?? '')]).toEqual([
    413,
    { title, status: 413, code: 'BODY_TOO_LARGE', detail: sentence, ref: expect.any(String) },
  ]);
  expect(ended).toBe(false);
});

it('an answer under way is cut when the body that it comes of grows over the limit', async () => {
  const next: Handler = (request, response) => {
    handledByNext(request).resume();
    response.write('so far ');
  };
  const { text } = await post(next, framings[1] ?? {});
  expect(text).toBe('cut');
});
