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
  /** Starts another process of it, at the address that is returned; the first one has to run. */
  startAnother(): Promise<string>;
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
    BACKEND_API_URL: 'https://backend.invalid',
  };
  const running: { close(): Promise<void> }[] = [];
  let started: Readonly<Record<string, string>> = {};
  const startAt = async (address: string) => {
    const log = (line: string) => {
      if (line.startsWith('{"event"')) events.push(JSON.parse(line));
    };
    running.push(await startSite({ url: address, mode: 'production', env: { ...common, ...started }, log }));
  };
  return {
    url,
    events,
    async start(env) {
      started = env;
      await startAt(url);
    },
    async startAnother() {
      const address = `http://localhost:${await freePort(0)}`;
      await startAt(address);
      return address;
    },
    browser: () => createBrowser({ origin: url, send: overTheWire }),
    async close() {
      await Promise.all(running.map((process) => process.close()));
    },
  };
}
