/** What a realm's clock and timers are moved by. */
export interface RealmClock {
  /** Sets how many milliseconds `Date` is ahead. */
  setDate(milliseconds: number): void;
  /** How many milliseconds of real time are left until the next timer; `Infinity` without one. */
  nextTimer(): number;
  /** Lets so many milliseconds pass for the timers, and runs in their order those that are due. */
  skip(milliseconds: number): void;
  /** Ends what `setTimeout` and `AbortSignal.timeout` wait for. */
  stop(): void;
  /** False once something else has put other timers into the realm. */
  isInstalled(): boolean;
}

/** The part of a realm's global object that tells the time. */
export interface Realm {
  Date: DateConstructor;
  setTimeout: typeof setTimeout;
  clearTimeout: typeof clearTimeout;
  readonly AbortController: typeof AbortController;
  readonly AbortSignal: typeof AbortSignal;
  readonly DOMException: typeof DOMException;
}

/**
 * Gives a realm a clock that can be set ahead, and timers that can be skipped to. Until they are moved, both are the real
 * ones. Self-contained, because the strict VM gets it as text.
 */
export function installClock(realm: Realm): RealmClock {
  const { Date: Real, setTimeout: start, clearTimeout: stop, AbortSignal: Signals } = realm;
  let ahead = 0;
  let skipped = 0;
  interface Timer {
    readonly due: number;
    readonly run: () => void;
    real: ReturnType<typeof setTimeout>;
  }
  // By its number, because a VM knows the timers of the realm around it by that (Node, `timeout[Symbol.toPrimitive]()`).
  const timers = new Map<number, Timer>();
  const elapsed = () => Real.now() + skipped;
  const now = () => Real.now() + ahead;

  realm.Date = new Proxy(Real, {
    construct: (target, args, as) => Reflect.construct(target, args.length > 0 ? args : [now()], as),
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
  });
  const ours = ((work: (...args: unknown[]) => void, milliseconds = 0, ...args: unknown[]) => {
    const run = () => {
      timers.delete(Number(handle));
      work(...args);
    };
    const handle = start(run, milliseconds);
    timers.set(Number(handle), { due: elapsed() + Number(milliseconds), run, real: handle });
    return handle;
  }) as unknown as typeof setTimeout;
  realm.setTimeout = ours;
  realm.clearTimeout = ((handle: ReturnType<typeof setTimeout>) => {
    stop(timers.get(Number(handle))?.real ?? handle);
    timers.delete(Number(handle));
  }) as typeof clearTimeout;
  Signals.timeout = (milliseconds) => {
    const late = new realm.AbortController();
    const end = () => late.abort(new realm.DOMException('The operation was aborted due to timeout', 'TimeoutError'));
    const timer = realm.setTimeout(end, milliseconds) as { unref?: () => void };
    timer.unref?.();
    return late.signal;
  };

  return {
    stop() {
      for (const { real } of timers.values()) stop(real);
      timers.clear();
    },
    isInstalled: () => realm.setTimeout === ours,
    setDate(milliseconds) {
      ahead = milliseconds;
    },
    nextTimer: () => Math.max(0, Math.min(...[...timers.values()].map(({ due }) => due)) - elapsed()),
    skip(milliseconds) {
      skipped += milliseconds;
      const inOrder = [...timers.values()].sort((one, other) => one.due - other.due);
      for (const timer of inOrder) {
        stop(timer.real);
        if (timer.due <= elapsed()) timer.run();
        else timer.real = start(timer.run, timer.due - elapsed());
      }
    },
  };
}
