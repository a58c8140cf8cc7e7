/** One request on its way through the gate. */
export interface RequestContext {
  readonly request: Request;
  readonly url: URL;
  /** Where the site lives on its host, `''` or as `/base` (Next's `basePath`). */
  readonly basePath: string;
  /** The path within the site, as Next routes it: without `basePath` and locale. */
  readonly pathname: string;
  /** Reference of this request: in the answer, the page and the log line. */
  readonly ref: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Keeps the isolate alive for work after the response. */
  waitUntil(work: Promise<unknown>): void;
}

/** "Let it through to the site": response headers to add, and what the site sees in place of what was sent. */
export interface Continue {
  readonly continue: true;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Headers of the request that the site sees with another value; null removes one. All others stay as they came. */
  readonly requestHeaders?: readonly (readonly [name: string, value: string | null])[];
}

/** An answer of an upstream: what it says of caching is decided already. */
export interface Proxied {
  readonly proxied: Response;
}

export type Answer = Response | Continue | Proxied;
