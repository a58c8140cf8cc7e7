import type { Log, LogEvent } from './events.ts';
import type { Code } from './problems.ts';
import { REPEATS_MS } from './timing.ts';

/** Far more than there are: kinds are made of fixed texts and of the site's rules. A bound all the same. */
const MAX_KINDS = 200;
/** References kept of one interval; further repeats are only counted. */
const MAX_REFS = 20;

/** Refusals of a session, and defects of ours, which are written one by one. */
const NAMED: readonly string[] = ['FORBIDDEN', 'STEP_UP_REQUIRED', 'STEP_UP_NOT_MET', 'INTERNAL'] satisfies Code[];

/** What distinguishes the kinds: fixed texts of ours, never a value from outside. There is a path in `next dev` alone. */
const KIND = ['event', 'code', 'reason', 'cause', 'rule', 'route', 'upstream', 'why', 'parts', 'path'];

interface Repeats {
  readonly first: LogEvent;
  readonly endsAt: number;
  count: number;
  readonly refs: string[];
}

export interface RepeatCounter {
  readonly log: Log;
  /** Writes the counts of the intervals that are over. Cheap when there are none. */
  sweep(): void;
}

/**
 * A log that requests without a session cannot fill. Of the events that such a request can cause, the first of a kind is
 * written at once; those of the following minute are counted, and written as one event with `count` and their first
 * references. Refusals of a session and defects are written one by one.
 *
 * There is no timer: the platform may freeze an isolate between two requests, and one that waits for its interval would
 * have to be kept alive by `waitUntil`. The next request after the interval writes the sum. An isolate that ends before
 * there is one loses that sum: a number, and no kind of event.
 *
 * @param now milliseconds since the epoch
 */
export function countRepeats(write: Log, now: () => number): RepeatCounter {
  const kinds = new Map<string, Repeats>(); // in the order in which their intervals end

  function close(kind: string, { first, count, refs }: Repeats): void {
    kinds.delete(kind);
    if (count === 0) return;
    const { ref: _, ...event } = first;
    write({ ...event, count, refs } as LogEvent);
  }

  function sweep(): void {
    for (const [kind, repeats] of kinds) {
      if (now() < repeats.endsAt) return;
      close(kind, repeats);
    }
  }

  function log(event: LogEvent): void {
    sweep();
    if (!isRepeatable(event)) {
      write(event);
      return;
    }
    const kind = kindOf(event);
    const repeats = kinds.get(kind);
    if (repeats) {
      repeats.count += 1;
      if (event.ref !== undefined && repeats.refs.length < MAX_REFS) repeats.refs.push(event.ref);
      return;
    }
    const [oldest] = kinds;
    if (kinds.size >= MAX_KINDS && oldest) close(...oldest);
    kinds.set(kind, { first: event, endsAt: now() + REPEATS_MS, count: 0, refs: [] });
    write(event);
  }

  return { log, sweep };
}

function kindOf(event: LogEvent): string {
  const fields = event as Readonly<Record<string, unknown>>;
  return JSON.stringify(KIND.map((name) => fields[name] ?? null));
}

/** Whether a request without a session can cause it. */
function isRepeatable(event: LogEvent): boolean {
  switch (event.event) {
    case 'access_refused':
      return event.why === 'no_session' || event.path !== undefined; // in `next dev` once a minute for each path
    case 'problem':
      return !NAMED.includes(event.code);
    case 'signed_out':
      return !event.hadRecord;
    case 'sessions_ended':
      return event.sessions === 0;
    case 'login_started':
    case 'host_mismatch':
    case 'not_ready':
    case 'rate_limiter_unavailable':
    case 'session_check_failed':
    case 'upstream_failed':
      return true;
    default:
      return false;
  }
}
