import { beforeEach, describe, expect, it } from 'vitest';
import type { LogEvent } from '../lib/events';
import { countRepeats, type RepeatCounter } from '../lib/repeats';
import { REPEATS_MS as INTERVAL_MS } from '../lib/timing';

let written: LogEvent[];
let now: number;
let counter: RepeatCounter;
beforeEach(() => {
  written = [];
  now = 1_000_000;
  counter = countRepeats(
    (event) => written.push(event),
    () => now,
  );
});

const refused = (why: 'no_session' | 'not_met' | 'step_up', ref: string, rule = '/*'): LogEvent => ({
  event: 'access_refused',
  ref,
  rule,
  why,
});
const problem = (code: string, status: number, ref: string, reason?: string): LogEvent => ({
  event: 'problem',
  ref,
  code,
  status,
  actor: 'sender',
  reason,
});
const times = (count: number, make: (ref: string) => LogEvent) => {
  for (let index = 0; index < count; index += 1) counter.log(make(`ref-${index}`));
};

describe('what a request without a session can repeat', () => {
  it.each<[string, (ref: string) => LogEvent]>([
    ['a page without a session', (ref) => refused('no_session', ref)],
    ['a way to the provider', (ref) => ({ event: 'login_started', ref })],
    ['a wrong host', (ref) => ({ event: 'host_mismatch', ref, seen: 'a.test', expected: 'b.test' })],
    ['a sign-out without a record', (ref) => ({ event: 'signed_out', ref, hadRecord: false })],
    [
      'an ending that finds no session',
      (ref) => ({ event: 'sessions_ended', ref, cause: 'frontchannel_logout', sessions: 0 }),
    ],
    ['metadata of the provider that cannot be used', (ref) => problem('PROVIDER_RESPONSE_INVALID', 502, ref)],
    ['a limiter that is down', (ref) => ({ event: 'rate_limiter_unavailable', ref, route: '/auth/login' })],
    ['a check that fails', (ref) => ({ event: 'session_check_failed', ref })],
    ...[400, 401, 403, 404, 405, 429, 503].map((status): [string, (ref: string) => LogEvent] => [
      `an answer of ${status}`,
      (ref) => problem('X', status, ref),
    ]),
  ])('is written once, and then once per interval with its number: %s', (_, make) => {
    times(1_000, make);
    expect(written).toEqual([make('ref-0')]);
    now += INTERVAL_MS - 1;
    counter.sweep();
    expect(written).toHaveLength(1);
    now += 1;
    counter.sweep();
    const { ref: _ref, ...event } = make('ref-0');
    const refs = Array.from({ length: 20 }, (_, index) => `ref-${index + 1}`);
    expect(written.slice(1)).toEqual([{ ...event, count: 999, refs }]);
  });

  it('is written at once again when its interval is over, after what was counted in it', () => {
    times(3, (ref) => refused('no_session', ref));
    now += INTERVAL_MS;
    counter.log(refused('no_session', 'late'));
    expect(written.map(({ ref, count, refs }) => ({ ref, count, refs }))).toEqual([
      { ref: 'ref-0' },
      { count: 2, refs: ['ref-1', 'ref-2'] },
      { ref: 'late' },
    ]);
  });

  it('is not written a second time when it came once', () => {
    times(1, (ref) => refused('no_session', ref));
    now += INTERVAL_MS;
    counter.sweep();
    now += INTERVAL_MS;
    counter.sweep();
    expect(written).toHaveLength(1);
  });

  it('is written by the next event of any kind', () => {
    times(2, (ref) => refused('no_session', ref));
    now += INTERVAL_MS;
    counter.log({ event: 'signed_in', ref: 'x', replaced: false, droppedClaims: [] });
    expect(written.map(({ event, count }) => [event, count])).toEqual([
      ['access_refused', undefined],
      ['access_refused', 1],
      ['signed_in', undefined],
    ]);
  });

  it('is counted by event, code, reason, cause, rule and route', () => {
    const kinds: LogEvent[] = [
      refused('no_session', 'a'),
      refused('no_session', 'b', '/admin/*'),
      problem('NOT_FOUND', 404, 'c'),
      problem('BAD_REQUEST', 400, 'd', 'doubled prompt'),
      problem('BAD_REQUEST', 400, 'e', 'malformed prompt'),
      { ...problem('STORE_UNAVAILABLE', 503, 'f'), cause: 'TypeError' } as LogEvent,
      { ...problem('STORE_UNAVAILABLE', 503, 'g'), cause: 'ECONNRESET' } as LogEvent,
      { event: 'rate_limiter_unavailable', ref: 'h', route: '/auth/login' },
      { event: 'rate_limiter_unavailable', ref: 'i', route: '/auth/logout' },
    ];
    for (const event of [...kinds, ...kinds]) counter.log(event);
    expect(written).toEqual(kinds);
    now += INTERVAL_MS;
    counter.sweep();
    expect(written.slice(kinds.length).map(({ count, refs }) => [count, refs])).toEqual(
      kinds.map(({ ref }) => [1, [ref]]),
    );
  });

  it('is of one kind whatever host a request names, and keeps the first one', () => {
    for (const seen of ['a.test', 'b.test', 'c.test'])
      counter.log({ event: 'host_mismatch', ref: seen, seen, expected: 'site.test' });
    now += INTERVAL_MS;
    counter.sweep();
    const { event } = { event: 'host_mismatch' };
    expect(written).toEqual([
      { event, ref: 'a.test', seen: 'a.test', expected: 'site.test' },
      { event, seen: 'a.test', expected: 'site.test', count: 2, refs: ['b.test', 'c.test'] },
    ]);
  });

  it('takes no more memory than a bounded number of kinds, and none of them is lost', () => {
    for (let index = 0; index < 1_000; index += 1) {
      counter.log(refused('no_session', `a-${index}`, `/rule-${index}`));
      counter.log(refused('no_session', `b-${index}`, `/rule-${index}`));
    }
    // Every one that was pushed out is written with its number before its time.
    expect(written.filter(({ count }) => count !== undefined)).toHaveLength(800);
    now += INTERVAL_MS;
    counter.sweep();
    expect(written.filter(({ count }) => count !== undefined)).toHaveLength(1_000);
  });
});

describe('what is written one by one', () => {
  it.each<[string, (ref: string) => LogEvent]>([
    ['a role that is missing', (ref) => refused('not_met', ref)],
    ['a stronger sign-in that is asked for', (ref) => refused('step_up', ref)],
    ['the page of a missing role', (ref) => problem('FORBIDDEN', 403, ref)],
    ['the answer of a stronger sign-in', (ref) => problem('STEP_UP_REQUIRED', 401, ref)],
    ['a sign-in that was not strong enough', (ref) => problem('STEP_UP_NOT_MET', 400, ref)],
    ['a defect', (ref) => problem('INTERNAL', 500, ref)],
    ['a sign-in', (ref) => ({ event: 'signed_in', ref, replaced: false, droppedClaims: [] })],
    ['a sign-out', (ref) => ({ event: 'signed_out', ref, hadRecord: true })],
    ['a record that stays', (ref) => ({ event: 'record_not_removed', ref })],
    ['a renewal', (ref) => ({ event: 'renewal', ref, outcome: 'refreshed', ms: 1 })],
  ])('%s', (_, make) => {
    times(50, make);
    expect(written).toEqual(Array.from({ length: 50 }, (_, index) => make(`ref-${index}`)));
  });
});
