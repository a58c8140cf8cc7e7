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
/** Next keeps a connection for five seconds (`keepAliveTimeout` of Node's server). */
const IDLE_MS = 2_000;

/** Which of the addresses of `localhost` a site listens at, by its port: looking a name up takes as long as sending to it. */
const addresses = new Map<number, string>();

/** A connection to a site, and what becomes of what comes over it. */
interface Connection {
  readonly socket: Socket;
  onData: (text: string) => void;
  onClose: () => void;
}

/** Connections without a request (keep-alive), by the port of their site: making one costs a site a third of what it does for a request. */
const idle = new Map<number, Set<Connection>>();

const USUAL = ['GET', 'HEAD', 'OPTIONS', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Says something about the connection, or about how much of it is one request. */
const OF_THE_CONNECTION = /^(connection|expect|transfer-encoding|content-length|upgrade)$/i;

/** Whether the request may end the connection, or be taken for two. */
const isOdd = ({ method = 'GET', target, version, headers = [], host, body }: Sent): boolean =>
  version === 'HTTP/1.0' ||
  host !== undefined ||
  body !== undefined ||
  !USUAL.includes(method) ||
  /[\r\n]/.test([target, ...headers].join()) ||
  headers.some(([name]) => OF_THE_CONNECTION.test(name.trim()));

/**
 * Sends one request, over a connection that has no other until the answer is there; an odd one over a connection of its own. An
 * answer that never comes, or is none, has the status 0.
 */
export async function send(port: number, sent: Sent): Promise<Received> {
  const isAlone = isOdd(sent);
  const kept = isAlone ? undefined : [...(idle.get(port) ?? [])].findLast(({ socket }) => !socket.destroyed);
  if (kept) idle.get(port)?.delete(kept);
  const connection = kept ?? (await connected(port));
  return connection ? exchange(connection, port, sent, isAlone) : parse('');
}

/** A new connection; undefined where it is refused. */
function connected(port: number): Promise<Connection | undefined> {
  return new Promise((resolve) => {
    const connection: Connection = {
      socket: connect(port, addresses.get(port) ?? 'localhost', () => {
        addresses.set(port, connection.socket.remoteAddress ?? 'localhost');
        resolve(connection);
      }),
      onData() {},
      onClose: () => resolve(undefined),
    };
    connection.socket
      .on('error', () => {}) // a server that refuses to read on may cut the connection; what it said still counts
      .on('timeout', () => connection.socket.destroy())
      .on('data', (chunk) => connection.onData(chunk.toString('latin1')))
      .on('close', () => connection.onClose());
  });
}

function exchange(connection: Connection, port: number, sent: Sent, isAlone: boolean): Promise<Received> {
  const { method = 'GET', target, version = 'HTTP/1.1', headers = [], host = `localhost:${port}`, body } = sent;
  const lines = [
    `${method} ${target} ${version}`,
    ...(host === null ? [] : [`Host: ${host}`]),
    ...headers.map(([name, value]) => `${name}: ${value}`),
    ...(body === undefined ? [] : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...(isAlone ? ['Connection: close'] : []),
  ];
  const { socket } = connection;
  return new Promise((resolve) => {
    let whole = '';
    connection.onClose = () => resolve(parse(whole));
    connection.onData = (text) => {
      whole += text;
      if (isAlone || lengthOf(whole, method) !== whole.length) return;
      keep(connection, port);
      resolve(parse(whole));
    };
    socket.ref().setTimeout(PATIENCE_MS);
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body ?? ''}`);
  });
}

/** Until another request needs it, and for less time than the site keeps it, so that none meets its end. */
function keep(connection: Connection, port: number): void {
  const free = idle.get(port) ?? new Set();
  idle.set(port, free.add(connection));
  connection.socket.unref().setTimeout(IDLE_MS);
  connection.onClose = () => free.delete(connection);
  connection.onData = (text) => {
    throw new Error(`the site at port ${port} said more than its answer: ${text}`);
  };
}

/** How many bytes the first answer in these has; undefined while that is not known, or for as long as the connection lives. */
function lengthOf(whole: string, method: string): number | undefined {
  const { status, headers } = parse(whole);
  const start = whole.indexOf('\r\n\r\n') + 4;
  if (start < 4 || status < 200 || headers.connection === 'close') return undefined;
  if (method === 'HEAD' || status === 204 || status === 304) return start;
  if (headers['transfer-encoding'] === 'chunked') return chunkedEnd(whole, start);
  const length = headers['content-length'];
  return length === undefined ? undefined : start + Number(length);
}

/** Where the last of the chunks ends that begin there; undefined when it is not there yet, or no chunk. */
function chunkedEnd(whole: string, start: number): number | undefined {
  for (let at = start; ; ) {
    const line = whole.indexOf('\r\n', at);
    const size = Number.parseInt(whole.slice(at, line), 16);
    if (line < 0 || Number.isNaN(size)) return undefined;
    if (size === 0) return line + 4; // without trailers
    at = line + 2 + size + 2;
  }
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
