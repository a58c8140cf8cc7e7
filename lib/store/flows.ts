import { createBoundedMap } from '../bounded-map.ts';
import { randomText, sha256 } from '../crypto/random.ts';
import type { Sealer } from '../crypto/seal.ts';
import { StoreError } from '../errors.ts';
import { FLOW_KEPT_MS, FLOW_SECONDS } from '../timing.ts';
import type { Flow } from '../types/login.ts';
import { CLAIM_FLOW, END_FLOWS, FAIL_FLOW, RELEASE_FLOW } from './flow-scripts.ts';
import { pairs } from './pairs.ts';
import type { StoredSession } from './records.ts';
import type { RedisClient } from './redis.ts';
import { type Later, runOrCompensate } from './run-or-compensate.ts';

const MAX_LIMITED = 5_000;

/** A flow that this callback alone may finish. */
export interface ClaimedFlow {
  /** The attempt that claimed it. */
  readonly id: string;
  /** Of the flow, of its caller, and of the sign-outs of its browser. */
  readonly keys: readonly [flow: string, caller: string, browser: string];
  /** When it began, ms. */
  readonly began: number;
}

/**
 * The answer to `claim`. `used`: by another callback, with the same code or another one. `ended`: by a sign-out. `limited`:
 * the caller has to wait, because too many of its callbacks failed; `busy`: because too many of them are under way.
 */
export type Claim =
  | { readonly kind: 'ours'; readonly flow: ClaimedFlow }
  | { readonly kind: 'used'; readonly sameCode: boolean }
  | { readonly kind: 'ended' }
  | { readonly kind: 'limited' | 'busy'; readonly waitMs: number };

/** Sign-ins under way, as Redis knows them. Every method is one call to Redis, and throws a `StoreError` when Redis does not answer. */
export interface Flows {
  /** Milliseconds that a caller has to wait, as far as this isolate knows; 0 for none. No call to Redis. */
  knownWaitMs(caller: string): number;
  /**
   * Claims a flow for the one exchange of its code. A claim whose replies are all lost is undone `later`.
   *
   * @param isLast the callback cannot wait any longer: never answered with `busy`
   */
  claim(
    flow: Pick<Flow, 'state' | 'startedAt' | 'endsAt' | 'browser'>,
    code: string,
    caller: string,
    later: Later,
    isLast?: boolean,
  ): Promise<Claim>;
  /** Counts a callback that failed, with its claim when it had one. */
  failed(caller: string, claimed?: ClaimedFlow): Promise<void>;
  /**
   * Ends all flows of a browser for a sign-out, those included whose cookie it has lost.
   *
   * @param flows those whose cookie it has
   * @returns sessions that have not reached the browser yet
   */
  end(browser: string, flows: readonly Pick<Flow, 'state' | 'endsAt'>[]): Promise<readonly StoredSession[]>;
}

interface Deps {
  readonly redis: Pick<RedisClient, 'run'>;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function createFlows({ redis, sealer, now }: Deps): Flows {
  const limitedUntil = createBoundedMap<string, number>(MAX_LIMITED);
  const callerKey = async (caller: string) => `gh:c:${await sealer.fingerprint(caller)}`;
  const life = (endsAt: number) => Math.max(endsAt * 1000 - now(), 0) + FLOW_KEPT_MS;
  const limited = (caller: string, wait: unknown) => {
    const waitMs = Number(wait);
    limitedUntil.set(caller, now() + waitMs);
    return waitMs;
  };

  return {
    knownWaitMs: (caller) => Math.max((limitedUntil.get(caller) ?? 0) - now(), 0),
    async claim({ state, startedAt, endsAt, browser }, code, caller, later, isLast = false) {
      const keys = [await flowKey(state), await callerKey(caller), await browserKey(browser)] as const;
      const id = randomText(128);
      const began = Math.floor(startedAt * 1000);
      const ask = async (): Promise<Claim> => {
        const reply = await redis.run(CLAIM_FLOW, keys, [
          id,
          await sha256(code),
          life(endsAt),
          isLast ? 'last' : 'wait',
          began,
        ]);
        const [kind, value] = Array.isArray(reply) ? reply : [];
        if (kind === 'ours') return { kind, flow: { id, keys, began } };
        if (kind === 'used') return { kind, sameCode: value === undefined };
        if (kind === 'ended') return { kind };
        if (kind === 'limited') return { kind, waitMs: limited(caller, value) };
        if (kind === 'busy') return { kind, waitMs: Number(value) };
        throw new StoreError('claim of a flow: unknown answer');
      };
      return runOrCompensate(ask, later, () => redis.run(RELEASE_FLOW, keys.slice(0, 2), [id]));
    },
    async failed(caller, claimed) {
      const id = claimed?.id ?? randomText(128);
      const reply = await redis.run(FAIL_FLOW, [await callerKey(caller)], [id]);
      const [kind, value] = Array.isArray(reply) ? reply : [];
      if (kind === 'limited') limited(caller, value);
      else if (kind !== 'ok') throw new StoreError('failed callback: unknown answer');
    },
    async end(browser, flows) {
      const keys = await Promise.all([browserKey(browser), ...flows.map(({ state }) => flowKey(state))]);
      const answer = await redis.run(END_FLOWS, keys, [FLOW_SECONDS * 1000 + FLOW_KEPT_MS]);
      if (!Array.isArray(answer)) throw new StoreError('end of flows: unknown answer');
      return pairs(answer.map(String)).map(([recordKey, person]) => ({ recordKey, person }));
    },
  };
}

const browserKey = async (browser: string) => `gh:x:${await sha256(browser)}`;
const flowKey = async (state: string) => `gh:i:${await sha256(state)}`;
