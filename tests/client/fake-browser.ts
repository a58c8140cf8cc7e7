import { vi } from 'vitest';
import type { Page } from '../../lib/client/page.ts';
import { createSessionStore } from '../../lib/client/session-store.ts';
import type { PublicSession } from '../../lib/types/session.ts';

type Answer = { readonly status?: number; readonly body?: unknown; readonly date?: string | null };

/** A browser with one site, whose server answers as `answer` says. Clock and timers are those of the fake timers. */
export function fakeBrowser() {
  const requests: string[] = [];
  const messages: unknown[] = [];
  const channels = new Set<FakeChannel>();
  const storage: Record<string, string> = {};

  class FakeChannel {
    onmessage: (() => void) | null = null;
    readonly name: string;
    constructor(name: string) {
      this.name = name;
      channels.add(this);
    }
    postMessage(message: unknown): void {
      messages.push(message);
      const others = [...channels].filter((other) => other !== this && other.name === this.name);
      for (const other of others) queueMicrotask(() => channels.has(other) && other.onmessage?.());
    }
    close(): void {
      channels.delete(this);
    }
  }

  const browser = {
    requests,
    messages,
    storage,
    answer: (_request: string): Answer | Promise<Answer> => ({ body: { user: null } }),
    /** By how much the clock of the server is ahead. */
    serverAheadMs: 0,
    tab: (basePath = '') => tab(basePath),
  };

  async function fetch(url: string, { method = 'GET' }: RequestInit = {}): Promise<Response> {
    const request = `${method} ${url}`;
    requests.push(request);
    const { status = 200, body, date } = await browser.answer(request);
    const now = new Date(Date.now() + browser.serverAheadMs).toUTCString();
    const headers = date === null ? undefined : { date: date ?? now };
    return new Response(typeof body === 'string' ? body : JSON.stringify(body), {
      status,
      ...(headers && { headers }),
    });
  }

  function tab(basePath: string) {
    const target = new EventTarget();
    const seen = { reloads: 0, locations: [] as string[] };
    const document = { hidden: false };
    const page = {
      addEventListener: target.addEventListener.bind(target),
      setTimeout: (work: () => void, ms: number) => setTimeout(work, ms),
      clearTimeout: (timer: number) => clearTimeout(timer),
      fetch,
      document,
      localStorage: storage,
      BroadcastChannel: FakeChannel,
      location: {
        reload: () => {
          seen.reloads += 1;
        },
        assign: (url: string) => seen.locations.push(url),
      },
    };
    const store = createSessionStore({ page: page as unknown as Page, basePath, now: () => Date.now() });
    /** @param more members of the event */
    const happens = (type: string, more: object = {}) => {
      const event = new Event(type);
      for (const [name, value] of Object.entries(more)) Object.defineProperty(event, name, { value });
      target.dispatchEvent(event);
      return settle();
    };
    return {
      store,
      page,
      seen,
      document,
      mount: (initial?: PublicSession | null) => store.subscribe(() => {}, initial),
      happens,
      submits: (action: string) => happens('submit', { target: { action } }),
      state: () => [store.known()?.status, store.known()?.session?.user.sub],
    };
  }
  return browser;
}

export const settle = () => vi.advanceTimersByTimeAsync(0);
export const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

/** A session of a person that ends so many seconds from now. */
export const sessionOf = (sub: string, idleSeconds = 604_800, absoluteSeconds = 2_592_000): PublicSession => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
  return {
    user: { sub },
    expiresAt: at(absoluteSeconds),
    idleExpiresAt: at(Math.min(idleSeconds, absoluteSeconds)),
  };
};
