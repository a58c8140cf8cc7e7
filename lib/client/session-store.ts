import { ASK_GAP_MS, END_CHECK_MS, LAST_ASK_RETRY_SECONDS } from '../timing.ts';
import { type Known, knownFrom } from './known.ts';
import { isNews } from './news.ts';
import { listenTo, type Page } from './page.ts';
import { createQueue, type Outcome, type Send } from './queue.ts';
import { createSessionEnd } from './session-end.ts';

export interface StoreDeps {
  readonly page: Page;
  /** Where the site lives on its host. */
  readonly basePath: string;
  /** Milliseconds since the epoch, by the clock of the browser. */
  readonly now: () => number;
}

/**
 * The session of a document, for all components that ask. It does nothing until a component subscribes.
 *
 * The person that the document was made for does not change: server components on it show what is theirs. So an answer that
 * names another person reloads it, and so does one that names none, after the browser took the document out of its back/forward
 * cache. A sign-out in another tab does not: the reload would reach the provider before the sign-out does, and sign in again.
 */
export function createSessionStore({ page, basePath, now }: StoreDeps, name = `gatehouse${basePath}`) {
  const listeners = new Set<() => void>();
  const send = createQueue(page, basePath, took);
  let known: Known | undefined;
  let person: string | undefined;
  let isRestored = false;
  let askedAt = 0;
  let failures = 0;
  let timer = 0;
  let announce: (() => void) | undefined;

  const ask = () => {
    askedAt = now();
    void send('session');
  };
  const askIfLongAgo = () => now() - askedAt < ASK_GAP_MS || ask();
  const end = createSessionEnd(page, now, askIfLongAgo);
  const restored = () => {
    isRestored = true;
    ask();
  };
  const wait = () => {
    page.clearTimeout(timer);
    const untilEnd = Math.min(Math.max(end.until(0), 1000), END_CHECK_MS);
    const ms = failures ? Math.min(2 ** failures, LAST_ASK_RETRY_SECONDS) * 1000 : untilEnd;
    if (ms) timer = page.setTimeout(() => (askedAt && !failures && end.until(0) > 0 ? wait() : ask()), ms);
  };
  function took(session: Outcome, date?: string | null): void {
    const before = known?.session ?? null;
    if (session === undefined) {
      failures += 1;
      known = knownFrom(before, 'unavailable');
    } else {
      failures = 0;
      const sub = session?.user.sub;
      if (person && (sub ? sub !== person : isRestored)) page.location.reload();
      isRestored = false;
      person ??= sub;
      known = knownFrom(isSame(session, before) ? before : session);
      end.set(session, date);
      if (isNews(page, name, session)) announce?.();
    }
    wait();
    for (const listener of listeners) listener();
  }
  return {
    known: () => known,
    end,
    actions: actionsOf(page, basePath, send),
    subscribe(listener: () => void, cameWithPage: Outcome): () => unknown {
      listeners.add(listener);
      announce ??= listenTo(page, name, askIfLongAgo, ask, restored);
      if (!known && cameWithPage !== undefined) took(cameWithPage);
      // After those that mount in the same step: one of them may bring what came with the page.
      else queueMicrotask(() => known || askIfLongAgo());
      return () => listeners.delete(listener);
    },
  };
}

/** The same value stays the same object, so that no effect of a component runs without a reason. */
const isSame = (one: unknown, other: unknown) => JSON.stringify(one) === JSON.stringify(other);

const actionsOf = (page: Page, basePath: string, send: Send) => ({
  refresh: () => send('refresh', 'POST'),
  staySignedIn: () => send('session', 'POST'),
  async signOut() {
    const body = await send('logout', 'POST');
    page.location.assign(body?.location ?? `${basePath}/auth/logout`); // a page with a button
  },
});
