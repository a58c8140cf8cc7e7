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

/**
 * What comes out of a built middleware, as a client sees it: a page of the site in place of "let it through", and every
 * cookie on a line of its own.
 */
export async function outward(response: Response, url: string): Promise<Response> {
  const passed = response.headers.has('x-middleware-next');
  const body = passed ? `the site's page ${new URL(url).pathname}` : await response.text();
  const headers = new Headers();
  response.headers.forEach((value, name) => {
    if (name !== 'set-cookie') headers.append(name, value);
  });
  for (const cookie of response.headers.getSetCookie()) headers.append('set-cookie', cookie);
  return new Response(body || null, { status: response.status, headers });
}
