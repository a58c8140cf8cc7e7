import type { Rider } from '../types';

/** What a provider publishes: its metadata (OIDC Discovery §3) and its keys (RFC 7517 §5). */
export type DocumentName = 'discovery' | 'jwks';

/** A published document, and when it was fetched, in ms since the epoch. */
export interface Published {
  readonly value: unknown;
  readonly at: number;
}

export type Snapshot = Readonly<Partial<Record<DocumentName, Published>>>;

/** The copy that all isolates share. Every method is one trip, and may throw when the store does not answer. */
export interface SharedCopy {
  read(): Promise<Snapshot>;
  /** The same as a question that rides along with another one. */
  rider(take: (snapshot: Snapshot) => void): Promise<Rider>;
  write(snapshot: Snapshot): Promise<void>;
  /** True for one caller of all isolates a second. */
  claim(name: DocumentName): Promise<boolean>;
}

/** The documents as this isolate knows them. */
export interface Documents {
  /** What is known without asking anybody. */
  known(name: DocumentName): Published | undefined;
  /** A copy that was fetched at `since` or later: this isolate's, the shared one, or a new one by `load`. */
  since(name: DocumentName, since: number, load: () => Promise<unknown>): Promise<Published>;
  /** What to ask of Redis with whatever is asked there next; null while this isolate has a copy of that age. */
  rider(name: DocumentName, since: number): Promise<Rider | null>;
}

const POLL_MS = 150;
/** A little longer than a claim lasts: who waited so long in vain may claim next. */
const WAIT_MS = 1_200;

interface Deps {
  readonly shared: SharedCopy;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * Provider documents for all isolates, through one sealed copy in Redis. The provider counts calls by address and a
 * deployment has few of those, so a cold isolate reads the copy, and when it is too old one isolate fetches for all.
 * Without Redis each isolate helps itself.
 */
export function createDocuments({ shared, now }: Deps): Documents {
  let snapshot: Snapshot = {};
  const current = (name: DocumentName, since: number) => {
    const copy = snapshot[name];
    return copy && copy.at >= since ? copy : undefined;
  };
  const learn = (copy: Snapshot) => {
    snapshot = { ...pick(copy, snapshot, 'discovery'), ...pick(copy, snapshot, 'jwks') };
  };
  const refresh = async () => learn(await shared.read());

  /** Until it is ours to fetch, or another isolate has: its copy is worth a short wait, but not a long one. */
  async function waitForTurn(name: DocumentName, since: number): Promise<void> {
    const start = now();
    for (let round = 1; round <= 2; round += 1) {
      if (await shared.claim(name)) return;
      while (now() < start + round * WAIT_MS) {
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
        await refresh();
        if (current(name, since)) return;
      }
    }
  }

  return {
    known: (name) => snapshot[name],
    rider: async (name, since) => (current(name, since) ? null : shared.rider(learn)),
    async since(name, since, load) {
      const here = current(name, since);
      if (here) return here;
      let alone = false;
      try {
        await refresh();
        if (!current(name, since)) await waitForTurn(name, since);
      } catch {
        alone = true; // without Redis everybody fetches for themselves
      }
      const found = current(name, since);
      if (found) return found;
      const fetched: Published = { value: await load(), at: now() };
      snapshot = { ...snapshot, [name]: fetched };
      if (!alone) await shared.write(snapshot).catch(() => {});
      return fetched;
    },
  };
}

/** The newer of two copies of one document. */
function pick(one: Snapshot, other: Snapshot, name: DocumentName): Snapshot {
  const newest = [one[name], other[name]].filter((copy) => copy !== undefined).sort((a, b) => b.at - a.at)[0];
  return newest ? { [name]: newest } : {};
}
