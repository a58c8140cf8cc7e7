/** One running copy of the middleware. Isolates share nothing but Redis and the provider. */
export interface Isolate {
  /** A request as Next hands it over. "Let it through" comes back as a 200 with the header `x-middleware-next`. */
  send(request: Request): Promise<Response>;
  /** Waits for everything that was left for after the response. */
  settled(): Promise<void>;
}

export interface IsolateOptions {
  readonly env: Readonly<Record<string, string>>;
  /** Where Next says that the site lives. */
  readonly basePath?: string;
  /** Takes each line that the isolate logs. */
  readonly onLog: (line: string) => void;
}

/** Work that goes on after a response. */
export function pendingWork() {
  const pending = new Set<Promise<unknown>>();
  return {
    waitUntil(work: Promise<unknown>) {
      pending.add(work);
    },
    async settled() {
      for (const work of pending) {
        await work;
        pending.delete(work);
      }
    },
  };
}
