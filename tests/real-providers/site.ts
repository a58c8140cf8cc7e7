import { inject } from 'vitest';
import { freePort, startSite } from '../../local/site.mjs';
import { overTheWire } from '../processes/wires';
import { type Browser, createBrowser } from '../world/browser';

export interface Site {
  readonly url: string;
  /** What the gate logged, oldest first. */
  readonly events: readonly Readonly<Record<string, unknown>>[];
  /** Starts it; the address has to be registered at the provider before. */
  start(env: Readonly<Record<string, string>>): Promise<void>;
  browser(): Browser;
  close(): Promise<void>;
}

/** The built sample site, at an address of its own, with the Redis of the run and no variable but those of a user. */
export async function createSite(): Promise<Site> {
  const url = `http://localhost:${await freePort(0)}`;
  const redis = inject('redis');
  const events: Record<string, unknown>[] = [];
  const common = {
    APP_URL: url,
    SESSION_SECRET: `real-providers-session-secret-${crypto.randomUUID()}`,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
  };
  let running: { close(): Promise<void> } | undefined;
  return {
    url,
    events,
    async start(env) {
      const log = (line: string) => {
        if (line.startsWith('{"event"')) events.push(JSON.parse(line));
      };
      running = await startSite({ url, mode: 'production', env: { ...common, ...env }, log });
    },
    browser: () => createBrowser({ origin: url, send: overTheWire }),
    close: async () => running?.close(),
  };
}
