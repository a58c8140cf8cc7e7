import { CLOCK_TOLERANCE_SECONDS } from '../timing.ts';
import { type Finding, findingsOf } from './finding.ts';

export const CLOCKS = findingsOf(
  'clocks',
  {
    'clock-provider': {
      severity: 'fault',
      what: 'The clock of the provider and the clock here differ by more than SSO_CLOCK_TOLERANCE_SECONDS.',
      why: 'An ID token from the future, or one that is over, is refused: no sign-in succeeds.',
      mend: 'Set the clock of this machine by NTP (`timedatectl set-ntp true`). If the provider is wrong, raise SSO_CLOCK_TOLERANCE_SECONDS (at most 300).',
    },
    'clock-redis': {
      severity: 'fault',
      what: 'The clock of Redis and the clock here differ by more than 30 seconds.',
      why: 'Redis decides when a lease, a session and a token are over; an isolate that differs renews too early or too late.',
      mend: 'Set the clock of the machine that is wrong by NTP (`timedatectl set-ntp true`).',
    },
    'clock-drifting': {
      severity: 'warning',
      what: 'A clock differs by more than half of what is tolerated.',
      why: 'Clocks drift: past the tolerance every sign-in fails at once.',
      mend: 'Set the clock of the machine that is wrong by NTP (`timedatectl set-ntp true`).',
    },
    'clock-unknown': {
      severity: 'note',
      what: 'The provider sends no `Date` header.',
      why: 'Its clock cannot be compared.',
      mend: 'Nothing is to be done; a sign-in that is refused with `iat` in the log is a clock that differs.',
    },
  },
  { 'clock-agrees': 'The clock agrees with the clock here.' },
);

/** When another clock was read, by the clock here. Milliseconds. */
export interface ClockSample {
  readonly there: number;
  readonly sentAt: number;
  readonly receivedAt: number;
  /** What the reading itself may be wrong by, without the time of the request. */
  readonly resolutionMs: number;
}

/** By the `Date` of an answer (RFC 9110 §6.6.1), which is in seconds; a cache says in `Age` how old it is (RFC 9111 §5.1). */
export function sampleOf(headers: Headers, sentAt: number, receivedAt: number): ClockSample | undefined {
  const date = Date.parse(headers.get('date') ?? '');
  const age = Number(headers.get('age') ?? 0);
  if (!Number.isFinite(date)) return undefined;
  const there = date + (Number.isFinite(age) ? age * 1000 : 0);
  return { there, sentAt, receivedAt, resolutionMs: 1_000 };
}

/** By how much the other clock is ahead at least, in seconds: 0 while the uncertainty of the reading explains it. */
function aheadSeconds({ there, sentAt, receivedAt, resolutionMs }: ClockSample): number {
  if (there > receivedAt) return (there - receivedAt) / 1000;
  return there + resolutionMs < sentAt ? (there + resolutionMs - sentAt) / 1000 : 0;
}

interface Samples {
  readonly provider?: ClockSample | undefined;
  /** Whether the provider has answered. */
  readonly hasProvider: boolean;
  readonly redis?: ClockSample | undefined;
}

/** @param tolerance of the provider's clock, in seconds */
export function checkClocks({ provider, hasProvider, redis }: Samples, tolerance: number): Finding[] {
  return [
    ...(provider ? [judged('provider', 'clock-provider', aheadSeconds(provider), tolerance)] : []),
    ...(!provider && hasProvider ? [CLOCKS.found('clock-unknown')] : []),
    ...(redis ? [judged('Redis', 'clock-redis', aheadSeconds(redis), CLOCK_TOLERANCE_SECONDS)] : []),
  ];
}

function judged(name: string, fault: 'clock-provider' | 'clock-redis', ahead: number, tolerance: number): Finding {
  const [off, side] = [Math.round(Math.abs(ahead)), ahead > 0 ? 'ahead of' : 'behind'];
  const owner = name === 'Redis' ? 'Redis' : `the ${name}`;
  const what = `The clock of ${owner} is ${off} s ${side} the clock here; ${tolerance} s are tolerated.`;
  if (off > tolerance) return CLOCKS.found(fault, { what });
  if (off > 2 && off > tolerance / 2) return CLOCKS.found('clock-drifting', { what });
  return CLOCKS.passed(
    'clock-agrees',
    `The clock of ${owner} agrees with the clock here (within ${Math.max(off, 1)} s).`,
  );
}
