import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Stage } from './stage';

/** The body of an answer as it stood on the wire, without the framing of its chunks. */
export function bodyOf(whole: string): string {
  const at = whole.indexOf('\r\n\r\n') + 4;
  const body = whole.slice(at);
  if (!/^transfer-encoding: chunked/im.test(whole.slice(0, at))) return body;
  let text = '';
  for (let place = 0; ; ) {
    const end = body.indexOf('\r\n', place);
    const size = Number.parseInt(body.slice(place, end), 16);
    if (end < 0 || !(size > 0)) return text;
    text += body.slice(end + 2, end + 2 + size);
    place = end + size + 4;
  }
}

/** The code of a problem. */
export const codeOf = (whole: string): string => (JSON.parse(bodyOf(whole)) as { code: string }).code;

/** Reads a little of an answer, waits, and goes away. */
export async function readSlowly({ port, cookie }: Stage, target: string): Promise<void> {
  const socket = connect(port, 'localhost');
  socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${cookie}\r\n\r\n`);
  await new Promise((resolve) => socket.once('readable', resolve));
  socket.read(1_000);
  await sleep(1_000);
  socket.destroy();
}

/** The largest memory of the site's process while some work is under way, in MB. */
export async function mostWhile(stage: Pick<Stage, 'memory'>, work: Promise<unknown>): Promise<number> {
  let most = 0;
  const timer = setInterval(() => {
    most = Math.max(most, stage.memory());
  }, 20);
  await work.finally(() => clearInterval(timer));
  return most;
}

/** How many bytes the body of an answer has, read as fast as they come. */
export async function sizeOf({ port, cookie }: Stage, path: string): Promise<number> {
  const [answer] = (await once(httpRequest({ port, path, headers: { cookie } }).end(), 'response')) as [
    IncomingMessage,
  ];
  let bytes = 0;
  for await (const chunk of answer) bytes += chunk.length;
  return bytes;
}
