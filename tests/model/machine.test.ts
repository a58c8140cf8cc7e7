import { describe, expect, it } from 'vitest';
import { abandon, checkout, commit, put } from './machine';
import {
  accountedFor,
  attemptOf,
  exploreRenewals,
  hasExit,
  LEASE,
  type Rules,
  refreshIn,
  rt,
  type Worker,
  type World,
} from './renewals';

const honestly = ({ quiet }: ReturnType<typeof exploreRenewals>) => {
  expect(quiet.filter((world) => !accountedFor(world))).toEqual([]);
  expect(quiet.filter((world) => !hasExit(world))).toEqual([]);
  // Where tokens rotate strictly, no attempt takes the place of one that has brought something.
  expect(quiet.flatMap(({ excuses }) => excuses)).not.toContain('another attempt took its place');
  return quiet;
};
const isIdle = ({ record }: World, generation: number, token: string) =>
  record?.state === 'idle' && record.generation === generation && refreshIn(record.token) === token;

describe('the renewal machine, explored exhaustively', () => {
  it('two refreshers and one logout: no reuse, no lost token without a name, logout wins, every state has an exit', () => {
    const explored = exploreRenewals(['main', 'main']);
    expect(explored.states).toBeGreaterThan(10_000); // or the exploration has stopped exploring
    expect(honestly(explored).some((world) => isIdle(world, 2, rt(2)))).toBe(true);
  });

  it('three refreshers and one logout, one attempt each', () => {
    const explored = exploreRenewals(['main', 'main', 'main'], { attempts: 1 });
    expect(explored.states).toBeGreaterThan(50_000);
    honestly(explored);
  });

  it.each<[readonly Worker['wants'][], number]>([
    [['target', 'target'], 2],
    [['main', 'target'], 3],
  ])(
    'workers that want %j, and one logout: each token is asked for once, by the same lease',
    { timeout: 240_000 },
    (wanted, generation) => {
      const explored = exploreRenewals(wanted);
      expect(explored.states).toBeGreaterThan(10_000);
      const quiet = honestly(explored);
      expect(quiet.some((world) => isIdle(world, generation, rt(generation)))).toBe(true);
      // The provider says `invalid_grant` of the target, and the plain refresh of the same attempt tells that the session lives.
      const isSettled = ({ mains, targets, record }: World) => mains === 1 && targets === 0 && record?.state === 'idle';
      expect(quiet.some(isSettled)).toBe(true);
    },
  );

  it('a checkout whose replies are lost costs no session: it is undone, and the next one may renew', () => {
    const args = { seen: 1, leaseMs: LEASE, overlapMs: 0, breaker: null, now: 1 };
    const [asked] = checkout(put(null, 'login', rt(1))[0], { ...args, attempt: 'a' });
    const back = { attempt: 'a', kind: 'unused', backoffMs: 0, pauseMs: -1, breaker: null, now: 2 } as const;
    const [takenBack] = abandon(asked, back);
    expect(checkout(takenBack, { ...args, attempt: 'b', now: LEASE + 2 })[1][0]).toBe('yours');
  });

  const overLease: Rules['checkout'] = (record, args) => {
    const over = record?.state === 'refreshing' && record.lease <= args.now;
    return checkout(over ? { ...record, state: 'idle' } : record, args);
  };
  const optimist: Rules['checkout'] = (record, args) =>
    checkout(record?.state === 'uncertain' ? { ...record, state: 'idle' } : record, args);
  const openHouse: Rules['checkout'] = (record, args) => {
    const [after, reply, breaker] = checkout(record, args);
    if (reply[0] !== 'busy' || after?.state !== 'refreshing') return [after, reply, breaker];
    return [after, ['yours', after.generation, after.token], breaker];
  };
  const REUSED = 'a used token was presented again';
  // Each of these is a mistake that looks like an improvement. If the exploration accepted one, it would prove nothing.
  it.each<[string, Partial<Rules>, readonly Worker['wants'][], string]>([
    ['lets the next one through when a lease has run out', { checkout: overLease }, ['main', 'main'], REUSED],
    ['lets it through for another token', { checkout: overLease }, ['main', 'target'], REUSED],
    ['takes an uncertain outcome for a failed one', { checkout: optimist }, ['main', 'target'], REUSED],
    ['lets every attempt present the token', { checkout: openHouse }, ['main', 'target'], REUSED],
    [
      'takes a newer token set without the wanted token for the lease',
      {
        attempts: 1,
        unmet: (view, held) => ({ ...view, worker: { ...view.worker, at: 'yours', held } }),
      },
      ['target', 'target', 'main'],
      REUSED,
    ],
    [
      'gives the lease back before the plain refresh that tells',
      {
        unsure: (view) => {
          const back = { kind: 'unused', backoffMs: 0, pauseMs: 0, breaker: null, now: 1 } as const;
          return { ...view, record: abandon(view.record, { ...back, attempt: attemptOf(view.worker) })[0] };
        },
      },
      ['target', 'main'],
      REUSED,
    ],
    [
      'takes the refusal of a target for a proof that the token was not used',
      { spent: 'abandon unused' },
      ['target', 'main'],
      REUSED,
    ],
    [
      'stores a token for the target without the refresh token that came with it',
      { stored: (held, brought) => brought.replace(refreshIn(brought), refreshIn(held)) },
      ['main', 'target'],
      REUSED,
    ],
    [
      'does not count a token for the target as a new generation',
      {
        checkout: (record, args) =>
          checkout(record, { ...args, seen: record && 'generation' in record ? record.generation : 1 }),
      },
      ['target', 'target'],
      'the provider was asked twice for one token',
    ],
    [
      'has something to give after a logout',
      {
        checkout: (record, args) =>
          record?.state === 'removed'
            ? [record, ['fresh', 2, 'rt-1 main-2 true'], args.breaker]
            : checkout(record, args),
      },
      ['main', 'target'],
      'a worker got a token of a removed session',
    ],
    [
      'stores what comes after a logout',
      {
        commit: (record, attempt, renewed, token, rotates) => {
          const [live] = put(null, attempt, token);
          return record?.state === 'removed' ? [live, ['ok']] : commit(record, attempt, renewed, token, rotates);
        },
      },
      ['target', 'target'],
      'logout was undone',
    ],
  ])('notices a machine that %s', (_, careless, wanted, fault) => {
    expect(() => exploreRenewals(wanted, careless)).toThrow(fault);
  });
});
