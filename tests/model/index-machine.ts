/**
 * The index of sessions as a pure state machine: what the scripts of `lib/store/scripts.ts` and `lib/store/index-scripts.ts` do for
 * the sessions of one person, without Redis and without time. `index-machine.test.ts` explores it exhaustively,
 * `index-traces.test.ts` holds the Lua against it.
 */
export interface Entry {
  /** `iat` of the sign-in's ID token. */
  readonly iat: number;
  /** The provider's session; empty for none. */
  readonly session: string;
}

export interface Stored extends Entry {
  readonly state: 'live' | 'removed';
  /** Who put or removed it. */
  readonly attempt: string;
  readonly why: 'ended' | 'replaced' | '';
}

type Of<Value> = Readonly<Record<string, Value>>;

export interface Store {
  /** By the name of the session. */
  readonly records: Of<Stored>;
  /** What a person's sessions are found by. */
  readonly index: Of<Entry>;
  /** The person's sessions were found by these sessions of the provider. */
  readonly pointers: Of<true>;
  /** `iat` up to which sign-ins are ended: of provider sessions, of the person, and of the person's that have no provider session. */
  readonly marks: Of<number>;
  /** Logout tokens that were handled. */
  readonly handled: Of<true>;
  /** The list of endings. */
  readonly ended: Of<true>;
}

export type Reply = readonly string[];
type Step = readonly [store: Store, reply: Reply];

/** The mark of the person, and the one of sign-ins without a provider session. */
export const PERSON = '*';
export const UNNAMED = '-';

export const EMPTY: Store = { records: {}, index: {}, pointers: {}, marks: {}, handled: {}, ended: {} };

const without = <Value>(of: Of<Value>, name: string): Of<Value> => {
  const { [name]: _, ...others } = of;
  return others;
};
const isLive = (stored: Stored | undefined): boolean => stored?.state === 'live';

/** Whether another living session may hang on the grant of a session. */
function shares({ index }: Store, session: string, ending: readonly string[] = []): 'yes' | 'no' {
  const others = Object.entries(index).filter(([name]) => !ending.includes(name));
  const mayHang = others.some(([, other]) => !session || !other.session || other.session === session);
  return mayHang ? 'yes' : 'no';
}

/** What `remove` of `index-lua.ts` does; the reply is `held` and the provider's session, or `gone`. */
function removed(store: Store, name: string, attempt: string, why: 'ended' | 'replaced'): Step {
  const stored = store.records[name];
  if (stored?.state === 'removed') return [store, stored.attempt === attempt ? ['held', stored.session] : ['gone']];
  const session = store.index[name]?.session ?? '';
  const after = { ...store, index: without(store.index, name), ended: { ...store.ended, [name]: true as const } };
  if (!stored) return [after, ['gone']];
  const tombstone = { ...stored, state: 'removed', attempt, why, session } as const;
  return [{ ...after, records: { ...store.records, [name]: tombstone } }, ['held', session]];
}

export interface Put extends Entry {
  readonly name: string;
  readonly attempt: string;
  /** The session that it takes the place of. */
  readonly replaces?: string;
}

export function put(store: Store, { name, attempt, iat, session, replaces }: Put): Step {
  const marked = [store.marks[PERSON], store.marks[session || UNNAMED]];
  if (marked.some((mark) => mark !== undefined && mark >= iat)) return [store, ['ended']];
  const before = store.records[name];
  if (before && (!isLive(before) || before.attempt !== attempt)) return [store, ['refused']];
  let after = store;
  if (!before) {
    const stored = { iat, session, state: 'live', attempt, why: '' } as const;
    after = {
      ...store,
      records: { ...store.records, [name]: stored },
      index: { ...store.index, [name]: { iat, session } },
      pointers: session ? { ...store.pointers, [session]: true } : store.pointers,
    };
  }
  if (replaces === undefined) return [after, ['ok', 'gone']];
  const [last, [word, other = '']] = removed(after, replaces, attempt, 'replaced');
  return [last, word === 'gone' ? ['ok', 'gone'] : ['ok', 'held', shares(last, other)]];
}

export function remove(store: Store, name: string, attempt: string): Step {
  const [after, [word, session = '']] = removed(store, name, attempt, 'ended');
  return [after, word === 'gone' ? ['gone'] : ['held', shares(after, session)]];
}

/** Of the record's part only what an ending makes of it. */
export function commit(store: Store, name: string, session: string): Step {
  const stored = store.records[name];
  if (isLive(stored)) return [store, ['ok']];
  const isDropped = stored?.why === 'replaced' || shares(store, session) === 'yes';
  return [store, [isDropped ? 'superseded' : 'gone']];
}

const marking = (store: Store, name: string, iat: number): Store => ({
  ...store,
  marks: { ...store.marks, [name]: Math.max(store.marks[name] ?? 0, iat) },
});

export interface Logout {
  readonly jti: string;
  readonly iat: number;
  /** The provider's session; empty for a logout of the whole person. */
  readonly session: string;
  /** It names the provider's session alone. */
  readonly isNameless?: boolean;
}

/** The persons of a provider session are this one, or none. */
export function markSession(store: Store, { jti, iat, session }: Logout): Step {
  if (store.handled[jti]) return [store, ['repeated']];
  return [marking(store, session, iat), store.pointers[session] ? ['marked', 'person'] : ['marked']];
}

export function findSessions(store: Store, { jti, iat, session, isNameless }: Logout): Step {
  if (store.handled[jti]) return [store, ['repeated']];
  const all = Object.entries(store.index);
  const isKnown = !session || all.some(([, entry]) => entry.session === session);
  const takesUnnamed = !isKnown && !isNameless;
  const found = all.filter(([, entry]) => {
    const isMeant = !session || entry.session === session || (takesUnnamed && entry.session === '');
    return isMeant && entry.iat <= iat;
  });
  const after = session && !takesUnnamed ? store : marking(store, session ? UNNAMED : PERSON, iat);
  return [after, ['found', ...found.map(([name]) => name).sort()]];
}

/** @param names records of this call; @param ending all that end together */
export function sweep(
  store: Store,
  {
    names,
    ending,
    attempt,
    jti,
  }: { names: readonly string[]; ending: readonly string[]; attempt: string; jti?: string },
): Step {
  let after = store;
  const reply: string[] = [];
  for (const name of names) {
    const [next, [word, session = '']] = removed(after, name, attempt, 'ended');
    after = next;
    reply.push(word === 'held' ? 'held' : '', word === 'held' ? shares(after, session, ending) : 'no');
  }
  return [jti === undefined ? after : { ...after, handled: { ...after.handled, [jti]: true } }, ['swept', ...reply]];
}

export function endSession(store: Store, name: string, attempt: string, asking = name): Step {
  const stored = store.records[name];
  const isAgain = stored?.state === 'removed' && stored.attempt === attempt;
  const mayEnd = asking === name || isLive(store.records[asking]);
  if (!(mayEnd && store.index[name]) && !isAgain) return [store, ['gone']];
  const [after, [, session = '']] = removed(store, name, attempt, 'ended');
  return [after, ['held', shares(after, session)]];
}
