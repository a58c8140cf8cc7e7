import { randomText } from '../crypto/random.ts';
import { StoreError } from '../errors.ts';
import { STORE_MS } from '../timing.ts';
import type { EndedSession, ListedSession, Person, ProviderLogout } from '../types/ended.ts';
import { readDetail } from './index-details.ts';
import { markKey, type Named, nameOf, type PersonKeys, pointerKey, recordKey } from './index-keys.ts';
import { END_SESSION, FIND_SESSIONS, LIST_SESSIONS, MARK_SESSION, SWEEP } from './index-scripts.ts';
import { pairs } from './pairs.ts';
import { createTools, type RecordDeps, type Tools, words } from './record-tools.ts';
import { retry } from './retry.ts';

/**
 * Which sessions belong to a person, and to a session of the provider. Every method throws a `StoreError` when Redis does not
 * answer; repeated, it goes on with what was left.
 */
export interface SessionIndex {
  /** The living sessions of a person, the latest first. One call to Redis. */
  list(person: Person): Promise<readonly ListedSession[]>;
  /**
   * Ends one session of a person; null when the person has no such living session. One call to Redis.
   *
   * @param asking the session that asks: null also when it has ended
   */
  endOne(person: Person, id: string, asking?: string): Promise<EndedSession | null>;
  /** Ends all sessions of a person but one, and the sign-ins that are under way. */
  endAll(person: Person, options?: { readonly except?: string }): Promise<readonly EndedSession[]>;
  /**
   * Ends what a provider says has ended, and the sign-ins under way that it is about.
   *
   * @returns `repeated` for a `jti` that was handled before; `mismatch` when the provider's session is known and is not this
   *   person's, and then nothing has changed
   */
  endByProvider(logout: ProviderLogout): Promise<readonly EndedSession[] | 'repeated' | 'mismatch'>;
}

/** Records that are ended by one call: their contents come back with its answer. */
const MAX_SWEPT = 50;

/** A name in the index, as `Session.id` is. */
const NAME = /^[\w-]{43}$/;

export function createSessionIndex(deps: RecordDeps): SessionIndex {
  const tools = createTools(deps);
  const { redis, keys, ended } = tools;
  return {
    async list(person) {
      const named = (await keys.persons(person)).flatMap(({ people, details }) => [people, details]);
      const [, ...answer] = expected('list', words(await redis.run(LIST_SESSIONS, named, [])));
      const read = pairs(answer.map(String)).map(([id, detail]) => readDetail(id, detail, tools));
      return (await Promise.all(read))
        .filter((session) => session !== null)
        .sort((one, other) => other.lastSeenAt - one.lastSeenAt || other.createdAt - one.createdAt);
    },
    async endOne(person, id, asking = id) {
      if (!NAME.test(id)) return null;
      for (const { people, details } of await keys.persons(person)) {
        const touched = [recordKey(id), await keys.ended(), people, details, recordKey(asking)];
        const session = await ended(id, words(await redis.run(END_SESSION, touched, [randomText(128)])));
        if (session) return session;
      }
      return null;
    },
    async endAll(person, { except } = {}) {
      const all: EndedSession[] = [];
      for (const named of await keys.persons(person)) {
        const found = await findSessions({ ...named, isMarked: true }, tools);
        if (found === 'repeated') throw new StoreError('find: unknown answer');
        const ids = found.filter((id) => id !== except);
        all.push(...(await sweep(ids, named, undefined, tools)));
      }
      return all;
    },
    endByProvider: (logout) => endByProvider(logout, tools),
  };
}

async function endByProvider(logout: ProviderLogout, tools: Tools) {
  const { issuer, jti } = logout;
  const token = jti === undefined ? undefined : await tools.keys.logoutToken(issuer, jti);
  const meant: Meant[] = [];
  for (const named of await tools.keys.logouts(logout)) {
    const persons = await markSession(named, logout, token, tools);
    if (typeof persons === 'string') return persons;
    meant.push(...persons.map((person) => ({ ...person, providerSession: named.providerSession ?? '' })));
  }
  const all: EndedSession[] = [];
  for (const person of meant) {
    const isWhole = logout.wholePerson || !person.providerSession;
    const isMarked = isWhole || logout.sub !== undefined;
    const search = { ...person, isMarked, token, iat: logout.iat, ...(isWhole && { providerSession: '' }) };
    const found = await findSessions(search, tools);
    // Another delivery of the token has ended the rest; what this one has ended is for it to announce.
    if (found === 'repeated') return all.length > 0 ? all : found;
    // Noted as handled once the last of them has ended.
    all.push(...(await sweep(found, person, person === meant.at(-1) ? token : undefined, tools)));
  }
  return all;
}

type Meant = PersonKeys & { readonly providerSession: string };

/** Marks a session of the provider, where one is named; the persons that the logout may be about. */
async function markSession(
  { person, providerSession }: Named,
  { iat }: ProviderLogout,
  token: string | undefined,
  { keys, redis }: Tools,
): Promise<readonly PersonKeys[] | 'repeated' | 'mismatch'> {
  if (!providerSession) return person ? [person] : [];
  const pointer = pointerKey(providerSession);
  const touched = [pointer, markKey(providerSession), token ?? pointer];
  const args = [person ? nameOf(person) : '', iat === undefined ? '' : Math.floor(iat)];
  const [word, ...names] = words(await redis.run(MARK_SESSION, touched, args));
  if (word === 'repeated' || word === 'mismatch') return word;
  if (word !== 'marked') throw new StoreError('mark: unknown answer');
  return person ? [person] : names.map((name) => keys.named(String(name)));
}

interface Search extends PersonKeys {
  /** Sign-ins under way end too: of the person, or those that belong to no known session of the provider. */
  readonly isMarked: boolean;
  readonly providerSession?: string;
  readonly token?: string | undefined;
  readonly iat?: number | undefined;
}

async function findSessions(search: Search, { redis }: Tools): Promise<readonly string[] | 'repeated'> {
  const { people, details, mark, isMarked, providerSession = '', token, iat } = search;
  const touched = [people, details, isMarked ? mark : people, token ?? people];
  const answer = words(
    await redis.run(FIND_SESSIONS, touched, [providerSession, iat === undefined ? '' : Math.floor(iat)]),
  );
  if (answer[0] === 'repeated') return 'repeated';
  return expected('found', answer).slice(1).map(String);
}

/**
 * Ends sessions that were found, in parts; the last one notes that the logout token was handled. A part whose replies are lost is
 * sent again as the same attempt: what the records held comes back with one of the answers.
 */
async function sweep(
  ids: readonly string[],
  { people, details }: PersonKeys,
  token: string | undefined,
  { redis, keys, ended, now }: Tools,
): Promise<readonly EndedSession[]> {
  const swept: EndedSession[] = [];
  const list = await keys.ended();
  if (ids.length === 0 && token === undefined) return swept;
  for (let done = 0; done === 0 || done < ids.length; done += MAX_SWEPT) {
    const part = ids.slice(done, done + MAX_SWEPT);
    const isLast = done + MAX_SWEPT >= ids.length;
    const touched = [list, people, details, (isLast && token) || list, ...part.map(recordKey)];
    const args = [randomText(128), ...ids.slice(done)];
    const reply = await retry(() => redis.run(SWEEP, touched, args), STORE_MS, now);
    const [, ...answer] = expected('swept', words(reply));
    for (const [place, [sealed, shares]] of pairs(answer).entries()) {
      const session = sealed ? await ended(part[place] ?? '', ['held', sealed, shares]) : null;
      if (session) swept.push(session);
    }
  }
  return swept;
}

function expected(word: string, answer: readonly unknown[]): readonly unknown[] {
  if (answer[0] !== word) throw new StoreError(`${word}: unknown answer`);
  return answer;
}
