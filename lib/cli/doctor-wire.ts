/** Requests of `gatehouse doctor` as a browser makes them: `fetch` has `Sec-Fetch-*` headers of its own. */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Received, Send } from '../doctor/network.ts';
import { DOCTOR_TIMEOUT_MS } from '../timing.ts';

/** A page is searched for a few words; no more of it is read. */
const MAX_BYTES = 1_048_576;

/** Follows nothing, keeps no cookie and no connection, and ends in time whatever the other side does. */
export const send: Send = (url, { method = 'GET', headers = {}, body } = {}) =>
  new Promise((resolve, reject) => {
    const request = url.startsWith('https:') ? httpsRequest : httpRequest;
    const length = body === undefined ? {} : { 'content-length': Buffer.byteLength(body) };
    const options = {
      method,
      headers: { 'user-agent': 'gatehouse-doctor', ...headers, ...length },
      agent: false as const,
      signal: AbortSignal.timeout(DOCTOR_TIMEOUT_MS),
    };
    const outgoing = request(url, options, (incoming) => {
      read(incoming).then(resolve, reject);
    });
    outgoing.once('error', (error) => reject(options.signal.aborted ? options.signal.reason : error));
    outgoing.end(body);
  });

async function read(incoming: IncomingMessage): Promise<Received> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of incoming) {
    size += chunk.length;
    if (size > MAX_BYTES) break;
    chunks.push(chunk);
  }
  const headers = new Headers();
  const raw = incoming.rawHeaders;
  for (let place = 0; place < raw.length; place += 2) headers.append(raw[place] ?? '', raw[place + 1] ?? '');
  const lines = raw.reduce((bytes, part) => bytes + Buffer.byteLength(part, 'latin1') + 2, 0);
  return {
    status: incoming.statusCode ?? 0,
    headers,
    text: Buffer.concat(chunks).toString(),
    headerBytes: lines + `HTTP/1.1 ${incoming.statusCode} ${incoming.statusMessage}\r\n\r\n`.length,
  };
}
