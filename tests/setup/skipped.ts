declare module 'vitest' {
  interface TaskMeta {
    /** Why the test is left out on this machine; `npm test` says so at its end. */
    skipped?: string;
  }
}

/** The options of a test, or of a group of them, that can only be tried where something is. */
export const needs = (found: unknown, reason: string) => (found ? {} : { skip: true, meta: { skipped: reason } });
