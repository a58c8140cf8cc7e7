import { GateError } from '../errors.ts';
import { sleep } from '../timers.ts';
import { COPY_LOOK_MS, COPY_POLL_MS, FETCH_TURN_MS, FETCH_WAIT_MS, READ_TURN_MS, STALE_BREAKER_MS } from '../timing.ts';
import { createTurns } from '../turns.ts';
import { createCircuitBreaker } from './circuit-breaker.ts';

/** What a provider publishes: its metadata (OIDC Discovery §3) and its keys (RFC 7517 §5). */
export type DocumentName = 'discovery' | 'jwks';

/** A published document, and when it was fetched, in ms since the epoch. */
export interface Published {
  readonly value: unknown;
  readonly at: number;
}

export type Snapshot = Readonly<Partial<Record<DocumentName, Published>>>;

/** The copy that all isolates share. Every method is one call to Redis, and may throw when the store does not answer. */
export interface SharedCopy {
  read(): Promise<Snapshot>;
  write(snapshot: Snapshot): Promise<void>;
  /** True for one caller of all isolates a second. */
  claim(name: DocumentName): Promise<boolean>;
}

/** The documents as this isolate knows them. */
export interface Documents {
  /** A copy that was fetched at `notBefore` or later: this isolate's, the shared one, or a new one by `load`. */
  since(name: DocumentName, notBefore: number, load: () => Promise<unknown>): Promise<Published>;
  /**
   * A copy that is younger than `endMs`. One that is older than `dueMs` serves as well, and a newer one is fetched behind
   * the answer (stale-while-revalidate): no sign-in waits for a provider that is slow, or fails because it is down.
   */
  recent(name: DocumentName, age: Age, load: () => Promise<unknown>, later?: Later): Promise<Published>;
}

interface Age {
  readonly dueMs: number;
  readonly endMs: number;
}

/** Keeps the isolate alive for work after the response. */
export type Later = (work: Promise<unknown>) => void;

interface Deps {
  readonly shared: SharedCopy;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Provider documents for all isolates, through one sealed copy in Redis. The provider counts calls by address and a
 * deployment has few of those, so a cold isolate reads the copy, and when it is too old one isolate fetches for all.
 * Without Redis each isolate fetches for itself. Within an isolate one request asks and the others use its result
 * (single-flight), its failure for two seconds: concurrent requests without cookies cost what one of them does.
 */
export function createProviderCache({ shared, now }: Deps): Documents {
  const { current, learn, keep, all, breakers } = createMemory(now);
  const turns = createTurns<DocumentName>(2, now);

  /** Whether it is for this isolate to fetch; otherwise another one does, or has done so already. */
  async function takeTurn(name: DocumentName, notBefore: number): Promise<'ours' | 'alone' | 'theirs'> {
    try {
      learn(await shared.read());
      return !current(name, notBefore) && (await shared.claim(name)) ? 'ours' : 'theirs';
    } catch {
      return 'alone'; // without Redis each isolate fetches for itself
    } finally {
      turns.extend(name, COPY_POLL_MS);
    }
  }

  async function fetchAnew(name: DocumentName, load: () => Promise<unknown>, isShared: boolean): Promise<Published> {
    turns.extend(name, FETCH_TURN_MS);
    try {
      const fetched: Published = { value: await load(), at: now() };
      keep(name, fetched);
      if (isShared) await shared.write(all()).catch(() => {});
      breakers[name].succeeded();
      turns.open(name);
      return fetched;
    } catch (error) {
      if (error instanceof GateError) breakers[name].failed(error);
      else breakers[name].succeeded();
      turns.open(name);
      throw error;
    }
  }

  async function since(name: DocumentName, notBefore: number, load: () => Promise<unknown>): Promise<Published> {
    for (const start = now(); ; ) {
      const here = current(name, notBefore);
      if (here) return here;
      if (breakers[name].isOpen()) throw breakers[name].cause();
      if (!turns.take(name, READ_TURN_MS)) {
        await sleep(COPY_LOOK_MS);
        continue;
      }
      const turn = now() - start < FETCH_WAIT_MS ? await takeTurn(name, notBefore) : 'ours';
      if (turn !== 'theirs') return fetchAnew(name, load, turn === 'ours');
    }
  }

  return {
    since,
    async recent(name, { dueMs, endMs }, load, later) {
      const start = now();
      const copy = current(name, start - endMs) ?? (await since(name, start - endMs, load));
      if (copy.at < start - dueMs && !breakers[name].isOpen(STALE_BREAKER_MS))
        later?.(since(name, start - dueMs, load).catch(() => {}));
      return copy;
    },
  };
}

/** The documents that this isolate knows, and the failures to fetch them. */
function createMemory(now: () => number) {
  let snapshot: Snapshot = {};
  return {
    breakers: { discovery: createCircuitBreaker<GateError>(now), jwks: createCircuitBreaker<GateError>(now) },
    all: () => snapshot,
    current(name: DocumentName, notBefore: number) {
      const copy = snapshot[name];
      return copy && copy.at >= notBefore ? copy : undefined;
    },
    learn(copy: Snapshot) {
      snapshot = { ...pick(copy, snapshot, 'discovery'), ...pick(copy, snapshot, 'jwks') };
    },
    keep(name: DocumentName, fetched: Published) {
      snapshot = { ...snapshot, [name]: fetched };
    },
  };
}

/** The newer of two copies of one document. */
function pick(one: Snapshot, other: Snapshot, name: DocumentName): Snapshot {
  const newest = [one[name], other[name]].filter((copy) => copy !== undefined).sort((a, b) => b.at - a.at)[0];
  return newest ? { [name]: newest } : {};
}
