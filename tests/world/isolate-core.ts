import { createDeps } from '../../lib/context';
import type { LogEvent } from '../../lib/events';
import { createGate } from '../../lib/gate';
import { letThrough } from '../../lib/next/let-through';
import type { RealmClock } from './clock';
import { type Isolate, type IsolateOptions, pendingWork } from './isolate';
import { worldFetch } from './network';
import site from './site/gatehouse.config';

/** What the stories run against: here the gate itself, as source. */
export const KIND = 'core';

export async function startIsolate({ env, basePath = '', onLog }: IsolateOptions): Promise<Isolate> {
  globalThis.fetch = worldFetch as typeof fetch;
  const log = (event: LogEvent) => onLog(JSON.stringify(event));
  const { waitUntil, settled } = pendingWork();
  const gate = createGate({ load: () => createDeps(env, site.rules, site.upstreams), log });
  return {
    settled,
    async send(request) {
      const pathname = new URL(request.url).pathname.slice(basePath.length) || '/';
      const answer = await gate(request, { basePath, pathname, waitUntil });
      if (answer instanceof Response) return answer;
      const { headers } = letThrough(request.headers, answer);
      return new Response(`the site's page ${new URL(request.url).pathname}`, { headers });
    },
  };
}

/** The clocks of the isolates beside that of the test's own realm, in which they live here. */
export const clocks = (): readonly RealmClock[] => [];
