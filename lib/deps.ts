import { createBoundedMap } from './bounded-map';
import { type Env, parseConfig } from './config';
import { createSealer, type Sealer } from './crypto/seal';
import type { Log } from './events';
import { namedByRules } from './policy/named-by-rules';
import { createDiscovery, METADATA_DUE_MS, type Metadata } from './protocol/discovery';
import { createDocuments } from './protocol/documents';
import { createKeySet, type KeySet } from './protocol/key-set';
import type { Fetch } from './protocol/transport';
import { rules } from './site';
import { type Board, createBoard } from './store/board';
import { createFlows, type Flows } from './store/flows';
import { createHints, type Hints } from './store/hints';
import { createLiveness, type Liveness } from './store/liveness';
import { createMetadataStore } from './store/metadata';
import { createRateLimiter, type RateLimiter } from './store/rate-limit';
import { createRecords, type Records } from './store/records';
import { createRedis } from './store/redis';
import type { Config, NamedByRules, Rules, Session, Visit } from './types';

/** About 12 MB when every cookie is as large as it may be; an isolate on Vercel has 128. */
const MAX_OPENED = 2_000;

/** Everything impure that the gate works with, made once per isolate. */
export interface Deps {
  readonly config: Config;
  readonly rules: Rules;
  /** What the rules look at in a session. */
  readonly named: NamedByRules;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly fetch: Fetch;
  readonly sealer: Sealer;
  /** Renewed behind the answer of whoever brings a `waitUntil`. */
  readonly metadata: (later?: Visit['waitUntil']) => Promise<Metadata>;
  readonly keys: KeySet;
  readonly records: Records;
  readonly flows: Flows;
  readonly hints: Hints;
  readonly liveness: Liveness;
  readonly board: Board;
  readonly limiter: RateLimiter;
  /** Session cookies that were opened lately, by their whole value. */
  readonly opened: Map<string, Session>;
  readonly log: Log;
}

/**
 * The desks of one isolate.
 *
 * @throws {ConfigError} when the environment is not a complete configuration
 */
export function createDeps(env: Env): Omit<Deps, 'log'> {
  const config = parseConfig(env);
  const now = () => Date.now();
  // Looked up at each call: tests and platforms put another one in its place.
  const fetch = (url: string, init?: object) => globalThis.fetch(url, init);
  const sealer = createSealer({ config, now });
  const redis = createRedis({ config, fetch });
  const records = createRecords({ config, redis, sealer, now });
  const documents = createDocuments({ shared: createMetadataStore({ redis, sealer, now }), now });
  return {
    config,
    rules,
    named: namedByRules(rules),
    now,
    fetch,
    sealer,
    records,
    hints: createHints({ redis, sealer, now }),
    flows: createFlows({ redis, sealer, now }),
    metadata: createDiscovery({ config, documents, fetch }),
    keys: createKeySet({ documents, fetch }),
    liveness: createLiveness({ config, records, now }),
    board: createBoard(now),
    limiter: createRateLimiter({
      redis,
      sealer,
      now,
      rider: () => documents.rider('discovery', now() - METADATA_DUE_MS),
    }),
    opened: createBoundedMap(MAX_OPENED),
  };
}
