import { createBoundedMap } from './bounded-map.ts';
import { type Env, readSettings } from './configuration.ts';
import { createSealer, type Sealer } from './crypto/seal.ts';
import type { Log } from './events.ts';
import { lookFaults } from './pages/check-pages.ts';
import { type Look, type LookOptions, lookOf } from './pages/look.ts';
import { ruleFaults } from './policy/check-rules.ts';
import { upstreamFaults } from './policy/check-upstreams.ts';
import { type Locales, localeFaults, localesOf } from './policy/locales.ts';
import { namedByRules } from './policy/required-claims.ts';
import type { Rule } from './policy/rule.ts';
import { opennessOf } from './policy/rules.ts';
import type { ResolvedUpstream, Upstream } from './policy/upstream.ts';
import { resolveUpstreams } from './policy/upstreams.ts';
import { createDpopNonces, type DpopNonces } from './protocol/dpop.ts';
import { createKeySet } from './provider/key-set.ts';
import { createMetadata } from './provider/metadata.ts';
import { createProvider, type Provider } from './provider/provider.ts';
import { createDeniedTargets, type DeniedTargets } from './renewal/denied-targets.ts';
import { createRecordMemory, type RecordMemory } from './renewal/record-memory.ts';
import { createRefusalGaps, type RefusalGaps } from './renewal/refusal-gaps.ts';
import { createSingleFlight, type SingleFlight } from './renewal/single-flight.ts';
import { createEndedList } from './store/ended-list.ts';
import { createEndedSessions, type EndedSessions } from './store/ended-sessions.ts';
import { createFlows, type Flows } from './store/flows.ts';
import { createHints, type Hints } from './store/hints.ts';
import { createPing } from './store/ping.ts';
import { createProviderCache } from './store/provider-cache.ts';
import { createProviderCopy } from './store/provider-copy.ts';
import { createRateLimiter, type RateLimiter } from './store/rate-limit.ts';
import { createReadiness, type Readiness } from './store/readiness.ts';
import { createRecords, type Records } from './store/records.ts';
import { createRedis } from './store/redis.ts';
import { createSessionIndex, type SessionIndex } from './store/session-index.ts';
import type { NamedByRules } from './types/claims.ts';
import type { Session } from './types/session.ts';
import type { Settings } from './types/settings.ts';

/** About 12 MB when every cookie is as large as it may be; an isolate on Vercel has 128. */
const MAX_OPENED = 2_000;

/** `fetch` of the platform, by URL alone: a `Request` object loses `duplex`. */
type Fetch = (url: string, init?: object) => Promise<Response>;

/** Everything impure that the gate works with, made once per isolate. */
export interface Deps {
  readonly settings: Settings;
  readonly rules: readonly Rule[];
  /** Undefined on a site that names none. */
  readonly locales: Locales | undefined;
  readonly upstreams: readonly ResolvedUpstream[];
  readonly look: Look;
  /** What the rules look at in a session. */
  readonly named: NamedByRules;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly fetch: Fetch;
  readonly sealer: Sealer;
  readonly provider: Provider;
  /** Nonces that servers want in DPoP proofs, by origin. */
  readonly dpopNonces: DpopNonces;
  readonly records: Records;
  readonly flows: Flows;
  readonly hints: Hints;
  readonly endedSessions: EndedSessions;
  readonly sessionIndex: SessionIndex;
  readonly singleFlight: SingleFlight;
  readonly recordMemory: RecordMemory;
  readonly deniedTargets: DeniedTargets;
  readonly refusalGaps: RefusalGaps;
  readonly limiter: RateLimiter;
  readonly readiness: Readiness;
  /** Session cookies that were opened lately, by their whole value. */
  readonly opened: Map<string, Session>;
  readonly log: Log;
}

/** What the rules open is looked at where these are valid. */
function tableFaults(rules: readonly Rule[], locales: readonly string[], site: LookOptions) {
  const faults = { ...ruleFaults(rules), ...localeFaults(locales) };
  const isValid = Object.keys(faults).length === 0;
  const isOpen = (path: string) => !isValid || opennessOf(path, rules, localesOf(locales)) !== 'closed';
  return { ...faults, ...lookFaults(site, isOpen) };
}

/**
 * What one isolate works with.
 *
 * @throws {ConfigError} when a rule, an upstream, a locale or the look is not valid, or the environment not a complete
 *   configuration
 */
export function createDeps(
  env: Env,
  rules: readonly Rule[] = [],
  upstreams: readonly Upstream[] = [],
  locales: readonly string[] = [],
  site: LookOptions = {},
): Omit<Deps, 'log'> {
  const settings = readSettings(env, { ...tableFaults(rules, locales, site), ...upstreamFaults(upstreams, env) });
  const now = () => Date.now();
  // Looked up at each call: tests and platforms put another one in its place.
  const fetch: Fetch = (url, init) => globalThis.fetch(url, init);
  const sealer = createSealer({ settings, now });
  const redis = createRedis({ settings: settings.redis });
  const stored = { settings: settings.provider, redis, sealer, now };
  const records = createRecords(stored);
  const recordMemory = createRecordMemory(now);
  const list = createEndedList(stored);
  const { discoveryUrl } = settings.provider;
  const dpopNonces = createDpopNonces();
  const documents = createProviderCache({ shared: createProviderCopy({ redis, sealer, discoveryUrl, now }), now });
  const provider = createProvider({
    dpopNonces,
    settings: settings.provider,
    metadata: createMetadata({ place: settings.provider, documents, fetch }),
    keys: createKeySet({ documents, fetch, now }),
    fetch,
    now,
  });
  const ping = createPing({ redis, sealer });
  return {
    settings,
    rules,
    locales: localesOf(locales),
    upstreams: resolveUpstreams(upstreams, env),
    look: lookOf(site),
    named: namedByRules(rules),
    now,
    fetch,
    sealer,
    records,
    hints: createHints({ redis, sealer, now }),
    flows: createFlows({ redis, sealer, now }),
    dpopNonces,
    provider,
    endedSessions: createEndedSessions({
      settings: settings.session,
      records,
      list,
      now,
      onEnded: recordMemory.forget,
    }),
    sessionIndex: createSessionIndex(stored),
    singleFlight: createSingleFlight(now),
    recordMemory,
    deniedTargets: createDeniedTargets(now),
    refusalGaps: createRefusalGaps(),
    limiter: createRateLimiter({ redis, sealer, now }),
    readiness: createReadiness({ ask: (part, later) => (part === 'redis' ? ping() : provider.has(part, later)), now }),
    opened: createBoundedMap(MAX_OPENED),
  };
}
