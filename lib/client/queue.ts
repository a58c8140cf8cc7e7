import { ASK_TIMEOUT_MS } from '../timing.ts';
import type { PublicSession } from '../types/session.ts';
import type { Page } from './page.ts';

/** What the gate answered: `undefined` when it could not be asked. */
export type Outcome = PublicSession | null | undefined;

type Body = Partial<PublicSession> & { readonly location?: string };
export type Send = (path: 'session' | 'refresh' | 'logout', method?: 'POST') => Promise<Body | undefined>;

/**
 * Requests to the gate, one after the other, so that an older answer never takes the place of a newer one. A request that waits
 * stands for all of its kind (single-flight). Where a POST fails, the server is asked what holds now.
 *
 * @param done gets what an answer says, and its `Date`
 */
export function createQueue(
  page: Page,
  basePath: string,
  done: (outcome: Outcome, date?: string | null) => void,
): Send {
  const waiting: Record<string, ReturnType<Send> | undefined> = {};
  let last: ReturnType<Send> | undefined;

  const next: Send = async (path, method) => {
    await last;
    waiting[path + method] = undefined;
    try {
      const signal = AbortSignal.timeout(ASK_TIMEOUT_MS);
      const answer = await page.fetch(`${basePath}/auth/${path}`, { method, signal } as RequestInit);
      if (answer.ok || answer.status === 401) {
        const body = await answer.json();
        done(body.user ? body : null, answer.headers.get('date'));
        return body;
      }
    } catch {} // no network, or an answer of a server in between
    if (method) void send('session');
    else done(undefined);
    return undefined;
  };
  const send: Send = (path, method) => (waiting[path + method] ??= last = next(path, method));
  return send;
}
