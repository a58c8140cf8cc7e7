import { connect, type Socket } from 'node:net';

/** A request as it shall stand on the wire. Nothing of it is corrected, because what browsers never send is the point. */
export interface Sent {
  readonly method?: string;
  /** The request target, as it is. */
  readonly target: string;
  readonly version?: 'HTTP/1.1' | 'HTTP/1.0';
  /** Beside `Host` and `Connection`. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  /** In place of the right one; null sends none. */
  readonly host?: string | null;
  readonly body?: string;
}

export interface Received {
  readonly status: number;
  /** By lower-case name; several of one name are joined by line breaks. */
  readonly headers: Readonly<Record<string, string>>;
  /** Status line, headers and body, one character for each byte. */
  readonly whole: string;
}

const PATIENCE_MS = 30_000;

/** Which of the addresses of `localhost` a site listens at, by its port: looking a name up takes as long as sending to it. */
const addresses = new Map<number, string>();

/** Sends one request over a socket of its own. An answer that never comes, or is none, has the status 0. */
export function send(port: number, sent: Sent): Promise<Received> {
  const { method = 'GET', target, version = 'HTTP/1.1', headers = [], host = `localhost:${port}`, body } = sent;
  const lines = [
    `${method} ${target} ${version}`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    'Connection: close',
  ];
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket: Socket = connect(port, addresses.get(port) ?? 'localhost', () => {
      addresses.set(port, socket.remoteAddress ?? 'localhost');
      socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
    });
    socket.setTimeout(PATIENCE_MS, () => socket.destroy());
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => {}); // a server that refuses to read on may cut the connection; what it said still counts
    socket.on('close', () => resolve(parse(Buffer.concat(chunks).toString('latin1'))));
  });
}

function parse(whole: string): Received {
  const [head = ''] = whole.split('\r\n\r\n', 1);
  const [statusLine = '', ...fields] = head.split('\r\n');
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const at = field.indexOf(':');
    const name = field.slice(0, at).toLowerCase();
    const value = field.slice(at + 1).trim();
    headers[name] = name in headers ? `${headers[name]}\n${value}` : value;
  }
  return { status: Number(/^HTTP\/1\.[01] (\d{3})/.exec(statusLine)?.[1] ?? 0), headers, whole };
}
