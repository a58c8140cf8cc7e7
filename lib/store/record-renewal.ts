import { StoreError } from '../errors.ts';
import { OVERLAP_MARGIN_MS } from '../timing.ts';
import type { Session } from '../types/session.ts';
import { endOf, remaining, type Tools, words } from './record-tools.ts';
import type { Checkout, Records } from './records.ts';
import { runOrCompensate } from './run-or-compensate.ts';
import { ABANDON, CHECKOUT, COMMIT } from './scripts.ts';

/** The renewal of the tokens in a record; see `Records`. */
export function renewing(tools: Tools): Pick<Records, 'checkout' | 'commit' | 'abandon'> {
  const { redis, settings, now, seal, keys: index, renewalKeys } = tools;
  const overlapMs = Math.max(settings.refreshOverlapSeconds * 1000 - OVERLAP_MARGIN_MS, 0);
  const abandon: Records['abandon'] = async ({ id, session }, kind, backoffMs, pauseMs) => {
    await redis.run(ABANDON, await renewalKeys(session), [id, kind, backoffMs, pauseMs ?? -1]);
  };
  return {
    abandon,
    async checkout(attempt, leaseMs, later) {
      const { id, session } = attempt;
      const keys = await renewalKeys(session);
      const giveBack = () => abandon(attempt, 'unused', 0, null);
      const ask = async () => {
        const answer = words(await redis.run(CHECKOUT, keys, [id, session.generation, leaseMs, overlapMs]));
        return checkedOut(answer, session, tools, giveBack);
      };
      return runOrCompensate(ask, later, giveBack);
    },
    async commit({ id, session }, record, rotates) {
      const sealed = await seal(session, session.generation + 1, record);
      const lives = remaining(endOf(session, record.tokens), now());
      const atMost = remaining(session.absoluteEndsAt, now());
      const provided = session.providerSession ?? '';
      const args = [id, session.generation, sealed, rotates ? 'yes' : 'no', lives, atMost, provided];
      const { people, details, pointer } = await index.ofSession(session);
      const keys = [...(await renewalKeys(session)), people, details, pointer];
      const [word] = words(await redis.run(COMMIT, keys, args));
      if (word !== 'ok' && word !== 'superseded' && word !== 'gone') throw new StoreError('commit: unknown answer');
      return word;
    },
  };
}

async function checkedOut(
  [kind, value, sealed]: readonly unknown[],
  { sid }: Session,
  { opened }: Tools,
  giveBack: () => Promise<void>,
): Promise<Checkout> {
  if (kind === 'gone' || kind === 'uncertain') return { kind };
  if (kind === 'busy' || kind === 'backoff') return { kind, waitMs: Number(value) };
  if (kind !== 'fresh' && kind !== 'yours') throw new StoreError('checkout: unknown answer');
  const generation = Number(value);
  const held = await opened(sealed, sid);
  const record = held?.generation === generation ? held.record : null;
  if (record) return kind === 'fresh' ? { kind, generation, record } : { kind, record };
  // As good as no record for as long as it does not open. The lease goes back, or others would wait for its end.
  if (kind === 'yours') await giveBack().catch(() => {});
  return { kind: 'gone' };
}
