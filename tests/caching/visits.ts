import { overTheWire } from '../processes/wires';
import { LOADS } from '../world/browser-request';

/** Two people with a session, and a visitor without one. */
export type Visitor = 'anonymous' | 'ana' | 'budi';

/** An address of the site, and whose bytes it answers with. */
export interface Row {
  readonly path: string;
  readonly load: keyof typeof LOADS;
  readonly headers?: Readonly<Record<string, string>>;
  /**
   * `gated`: needs a session. `personal`: needs no session, but depends on it. `static`: the same for
   * all visitors, whose session the gate hides from it; a cache may keep it, with or without a session. `build`: the build's own files,
   * which the gate does not see.
   */
  readonly kind: 'gated' | 'personal' | 'static' | 'build';
  /** What each visitor is answered with. */
  readonly status: Readonly<Record<Visitor, number>>;
  /** What HEAD is answered with, where that is another thing. */
  readonly head?: number;
  /** The answer without a session stays in the cache for some time, so that the second one comes from there. */
  readonly kept?: true;
}

export interface Seen {
  readonly visitor: Visitor;
  readonly method: string;
  readonly status: number;
  readonly headers: Headers;
  readonly body: string;
}

export interface People {
  /** The `Cookie` header of a visitor; undefined = none. */
  readonly cookie: (visitor: Visitor) => string | undefined;
  /** Whose session a `Set-Cookie` value carries; null = no session. */
  readonly ownerOf: (setCookie: string) => Promise<string | null>;
}

const METHODS = ['GET', 'GET', 'HEAD'] as const;
const NAMES = { ana: /\bana\b/i, budi: /\bbudi\b/i };
/** Sealed and random values: any of them could spell a short name, one run in a hundred. */
const OPAQUE = /[\w-]{10,}/g;

export const cacheStatus = ({ headers }: Seen) => headers.get('x-cache-status');

/** One request, as the visitor's browser would send it for this kind of load. */
export async function visit(
  origin: string,
  { path, load, headers }: Pick<Row, 'path' | 'load' | 'headers'>,
  visitor: Visitor,
  { cookie }: Pick<People, 'cookie'>,
  method = 'GET',
): Promise<Seen> {
  const { accept, mode, dest } = LOADS[load];
  const own = cookie(visitor);
  const request = new Request(origin + path, {
    method,
    headers: {
      accept,
      'sec-fetch-mode': mode,
      'sec-fetch-dest': dest,
      'sec-fetch-site': 'same-origin',
      ...(own && { cookie: own }),
      ...headers,
    },
  });
  const response = await overTheWire(request);
  return { visitor, method, status: response.status, headers: response.headers, body: await response.text() };
}

/** All visitors in this order, each three times. */
export async function visitInTurn(
  origin: string,
  row: Row,
  order: readonly Visitor[],
  people: People,
): Promise<readonly Seen[]> {
  const seen: Seen[] = [];
  for (const visitor of order)
    for (const method of METHODS) seen.push(await visit(origin, row, visitor, people, method));
  return seen;
}

/** What an answer of this row should be. */
export const expectedStatus = (row: Row, { visitor, method }: Pick<Seen, 'visitor' | 'method'>): number =>
  method === 'HEAD' && row.head !== undefined ? row.head : row.status[visitor];

/** What a cache gave away or could give away, in plain sentences; none = all is well. */
export async function leaks(row: Row, seen: readonly Seen[], { ownerOf }: People): Promise<readonly string[]> {
  const found = await Promise.all(seen.map(async (one) => [...shown(row, one), ...(await given(one, ownerOf))]));
  return found.flat();
}

/** What one answer shows, and what it allows. */
function shown(row: Row, seen: Seen): string[] {
  const { visitor, status, headers } = seen;
  const found: string[] = [...shownOfOthers(row, seen)];
  const say = (what: string) => found.push(`${visitor} ${what}`);
  const fromCache = cacheStatus(seen) === 'HIT';
  if (fromCache && headers.has('set-cookie')) say('got a cookie out of the cache');
  const control = headers.get('cache-control') ?? '';
  if (row.kind === 'build' || row.kind === 'static') {
    if (Object.values(NAMES).some((name) => name.test(text(seen)))) say('was named in a shared answer');
    const isKeepable = !/\bprivate\b|\bno-store\b/.test(control);
    if (!isKeepable && status < 400) say(`got a shared answer as "${control}"`);
    if (headers.has('set-cookie')) say('got a cookie with a shared answer');
    return found;
  }
  if (fromCache) say('was served from the cache');
  if (!/\bprivate\b/.test(control) || !/\bno-store\b/.test(control)) say(`got an answer to keep: "${control}"`);
  const vary = headers.get('vary') ?? '';
  if (!/\bcookie\b/i.test(vary)) say(`got an answer that varies on "${vary}"`);
  return found;
}

/** All of an answer that could show a name. */
const text = ({ headers, body }: Seen) => `${body}\n${JSON.stringify([...headers])}`.replace(OPAQUE, '');

/** What a visitor saw of another one, or of a page that their rule refuses. */
export function shownOfOthers({ kind }: Row, seen: Seen): readonly string[] {
  const { visitor, status } = seen;
  const others = Object.entries(NAMES).filter(([other, name]) => other !== visitor && name.test(text(seen)));
  const isLetIn = visitor === 'anonymous' && kind === 'gated' && ![303, 401].includes(status);
  return [...others.map(([other]) => `${visitor} saw ${other}`), ...(isLetIn ? [`${visitor} was let in`] : [])];
}

/** Sessions in cookies: each person gets their own, and the anonymous visitor none. */
async function given({ visitor, headers }: Seen, ownerOf: People['ownerOf']): Promise<string[]> {
  const owners = await Promise.all(headers.getSetCookie().map(ownerOf));
  return owners.flatMap((owner) => (owner === null || owner === visitor ? [] : `${visitor} got ${owner}’s session`));
}

/** The cache is empty before the first anonymous visit: the answers to people with a session never went in. */
export function leftByPeople({ kind }: Row, seen: readonly Seen[]): readonly string[] {
  if (kind === 'build' || kind === 'static') return []; // the same for all visitors
  const first = seen.findIndex(({ visitor }) => visitor === 'anonymous');
  const before = first < 0 ? seen : seen.slice(0, first + 1);
  return before.flatMap((one) => (cacheStatus(one) === 'HIT' ? `${one.visitor} got what a person left there` : []));
}
