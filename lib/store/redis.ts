import { Redis } from '@upstash/redis';
import { StoreError } from '../errors.ts';
import { inSpan } from '../spans.ts';
import { REDIS_TIMEOUT_MS } from '../timing.ts';
import type { RedisSettings } from '../types/settings.ts';
import type { Script } from './lua.ts';

/** How Redis is asked. One call is one HTTP request; a script whose reply was lost is sent once more. */
export interface RedisClient {
  /** The official client, for the libraries that take one. Its errors quote what was sent. */
  readonly client: Redis;
  /**
   * Runs a script on the primary. Every script of ours answers the same when it is sent twice with the same arguments,
   * so a lost reply costs a second request and nothing else.
   *
   * @throws {StoreError}
   */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /**
   * Reads one field, possibly from a replica that lags. Not repeated: every caller can do without the value.
   *
   * @throws {StoreError}
   */
  readField(key: string, field: string): Promise<string | null>;
  /** Reads a string, likewise. */
  readText(key: string): Promise<string | null>;
  /** Reads the members of a sorted set from a score on, the highest first, each with its score behind it; likewise. */
  readScored(key: string, from: number, count: number): Promise<readonly string[]>;
}

interface Deps {
  readonly settings: RedisSettings;
}

/** Redis over the Upstash REST protocol, through `@upstash/redis`. */
export function createRedis({ settings }: Deps): RedisClient {
  const client = createClient(settings);
  const read = async (name: string, send: () => Promise<unknown>): Promise<string | null> => {
    const value = await ask(name, send);
    if (value !== null && typeof value !== 'string') throw new StoreError(`${name} failed: unknown answer`);
    return value;
  };

  return {
    client,
    async run(script, keys, args) {
      // EVAL, not EVALSHA: a script is shorter than the second request that every NOSCRIPT would cost.
      const once = () => ask('EVAL', () => client.eval(script, [...keys], args.map(String)));
      return once().catch((first: StoreError) =>
        once().catch((second: StoreError) => {
          throw first.refused ? second : first; // certain only if both were refused
        }),
      );
    },
    readField: (key, field) => read('HGET', () => client.hget(key, field)),
    readText: (key) => read('GET', () => client.get(key)),
    async readScored(key, from, count) {
      const options = { byScore: true, rev: true, withScores: true, offset: 0, count } as const;
      const found = await ask('ZRANGE', () => client.zrange(key, '+inf', from, options));
      if (!Array.isArray(found)) throw new StoreError('ZRANGE failed: unknown answer');
      return found.map(String);
    },
  };
}

/**
 * The official client, with what it does by itself turned off. It follows redirects, and has no option for that; `fetch`
 * takes the token off a request that is sent on to another origin (Fetch §4.4 step 13).
 */
const createClient = ({ url, token }: RedisSettings) =>
  new Redis({
    url: new URL(url).href, // in the canonical spelling: the client knows `https:` in lower case alone
    token,
    retry: { retries: 0 }, // six sends by default, two with `false`
    signal: () => AbortSignal.timeout(REDIS_TIMEOUT_MS), // covers the body too; the abort of a signal by value is a reply
    cache: 'no-store', // in a page, Next's `fetch` may answer from a cache
    keepAlive: false, // no request here outlives its page, and `fetch` limits the bodies of those that do
    readYourWrites: false, // the sync token is one for all requests of an isolate; what must not lag is a script
    responseEncoding: false, // all values here are ASCII
    automaticDeserialization: false, // a stored "123" would come back as a number
    enableAutoPipelining: false, // one request would share the failures of another
    enableTelemetry: false,
    latencyLogging: false,
  });

/**
 * How the error texts begin that Upstash gives for a command which it has not executed. The client keeps no HTTP status, so
 * nothing else is certain: whatever has another text may have been executed.
 */
const REFUSALS = ['NOAUTH', 'NOPERM', 'WRONGPASS', 'ERR max daily request limit', 'ERR max requests limit'];

/** The client's errors quote the whole command, or the reply: only the class and our own texts are kept of them. */
async function ask<Reply>(command: string, send: () => Promise<Reply>): Promise<Reply> {
  return inSpan('gatehouse.redis', redisCall(command), () => asked(command, send));
}

/** Of a span, by the semantic conventions for databases. */
export const redisCall = (command: string) => ({ 'db.system.name': 'redis', 'db.operation.name': command });

async function asked<Reply>(command: string, send: () => Promise<Reply>): Promise<Reply> {
  try {
    return await send();
  } catch (error) {
    const { name, message } = error instanceof Error ? error : { name: 'no answer', message: '' };
    const refusal = name === 'UpstashError' ? REFUSALS.find((text) => message.startsWith(text)) : undefined;
    throw new StoreError(`${command} failed: ${refusal ?? name}`, refusal !== undefined);
  }
}
