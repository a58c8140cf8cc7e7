import { sleep, withDeadline } from '../timers.ts';
import { READY_ANSWER_MS, READY_KEPT_MS, READY_LOOK_MS, READY_TURN_MS } from '../timing.ts';
import { createTurns } from '../turns.ts';
import type { Later } from './run-or-compensate.ts';

/** What a sign-in needs: Redis, and the provider's metadata and keys. */
const PARTS = ['redis', 'metadata', 'keys'] as const;

export type Part = (typeof PARTS)[number];
/** Whether each is at hand. */
export type Parts = Readonly<Record<Part, boolean>>;

export interface Readiness {
  /**
   * What is at hand now, or was a few seconds ago. Never throws, and takes a second at most; what is under way then goes on
   * behind the answer, and the next probe finds its result.
   */
  parts(later: Later): Promise<Parts>;
}

interface Deps {
  /** Rejects when the part is not at hand. */
  readonly ask: (part: Part, later: Later) => Promise<unknown>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/**
 * The readiness of one isolate. Probes come from any client, so one of them asks and the others use its result
 * (single-flight), a failure too: a flood of probes costs Redis one call in {@link READY_KEPT_MS}.
 */
export function createReadiness({ ask, now }: Deps): Readiness {
  const turns = createTurns<'probe'>(1, now);
  let found: { readonly parts: Parts; readonly at: number } | undefined;
  const keep = (parts: Parts) => {
    found = { parts: { ...parts }, at: now() };
    return found.parts;
  };

  async function probe(later: Later): Promise<Parts> {
    const parts = { redis: false, metadata: false, keys: false };
    const answers = PARTS.map((part) =>
      ask(part, later).then(
        () => {
          parts[part] = true;
        },
        () => {},
      ),
    );
    const all = Promise.all(answers).then(() => keep(parts));
    later(all);
    return withDeadline(all, READY_ANSWER_MS, () => keep(parts));
  }

  return {
    async parts(later) {
      for (const endsAt = now() + READY_ANSWER_MS; ; await sleep(READY_LOOK_MS)) {
        if (found && Math.abs(now() - found.at) < READY_KEPT_MS) return found.parts;
        if (turns.take('probe', READY_TURN_MS)) return probe(later);
        // The probe that has the turn is gone: its isolate was frozen meanwhile.
        if (now() >= endsAt) return found?.parts ?? { redis: false, metadata: false, keys: false };
      }
    },
  };
}
