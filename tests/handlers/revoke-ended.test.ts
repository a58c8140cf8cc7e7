import { expect, it } from 'vitest';
import type { LogEvent } from '../../lib/events';
import { announceEnded } from '../../lib/handlers/revoke-ended';
import type { EndedSession } from '../../lib/types/ended';

const session = (id: string, refreshToken: string | undefined, sharesGrant = false): EndedSession => ({
  id,
  sharesGrant,
  record: {
    sub: 'ana',
    claims: {},
    tokens: {
      accessToken: `at of ${id}`,
      ...(refreshToken !== undefined && { refreshToken }),
      idToken: '',
      scope: '',
      issuedAt: 0,
      expiresAt: 0,
    },
  },
});

async function announced(ended: readonly EndedSession[]) {
  const events: LogEvent[] = [];
  const known: string[] = [];
  const revoked: unknown[] = [];
  const later: Promise<unknown>[] = [];
  announceEnded(
    ended,
    'backchannel_logout',
    { ref: 'r', waitUntil: (work) => void later.push(work) },
    {
      log: (event) => void events.push(event),
      endedSessions: { ended: (id: string) => void known.push(id) } as never,
      provider: {
        async revoke(granted: unknown) {
          revoked.push(granted);
          return { kind: 'revoked' };
        },
      } as never,
    },
  );
  await Promise.all(later);
  return { events, known, revoked };
}

it('an ending is logged with its cause, known in this isolate, and its refresh token revoked behind the answer', async () => {
  const { events, known, revoked } = await announced([session('one', 'rt-1'), session('two', 'rt-2')]);
  expect(known).toEqual(['one', 'two']);
  expect(revoked).toEqual([{ refreshToken: 'rt-1' }, { refreshToken: 'rt-2' }]);
  expect(events).toEqual([
    { event: 'sessions_ended', ref: 'r', cause: 'backchannel_logout', sessions: 2 },
    { event: 'tokens_revoked', ref: 'r', why: 'ended_elsewhere', outcome: 'revoked' },
    { event: 'tokens_revoked', ref: 'r', why: 'ended_elsewhere', outcome: 'revoked' },
  ]);
});

it('a refresh token that two sessions hold is revoked once', async () => {
  expect((await announced([session('one', 'rt-1'), session('two', 'rt-1')])).revoked).toHaveLength(1);
});

it('a refresh token whose grant may have another living session is kept', async () => {
  const { known, revoked } = await announced([session('one', 'rt-1', true), session('two', 'rt-2')]);
  expect(known).toEqual(['one', 'two']);
  expect(revoked).toEqual([{ refreshToken: 'rt-2' }]);
});

it('a session without a refresh token, or whose record cannot be opened, has nothing to revoke', async () => {
  const { known, revoked } = await announced([session('one', undefined), { ...session('two', 'rt'), record: null }]);
  expect([known, revoked]).toEqual([['one', 'two'], []]);
});

it('an ending that finds no session is logged all the same', async () => {
  expect((await announced([])).events).toMatchObject([{ event: 'sessions_ended', sessions: 0 }]);
});
