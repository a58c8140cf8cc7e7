import { Redis } from '@upstash/redis';
import { StoreError } from '../errors';
import type { Config } from '../types';
import type { Script } from './scripts';

const TIMEOUT_MS = 1_000;

/** How Redis is asked. One call is one HTTP request; a script whose reply was lost is sent once more. */
export interface RedisDesk {
  /**
   * Runs a script on the primary. Every script of ours answers the same when it is sent twice with the same arguments,
   * so a lost reply costs a second trip and nothing else.
   *
   * @throws {StoreError}
   */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /**
   * Reads one field, possibly from a replica that lags. Not repeated: whoever asks can do without.
   *
   * @throws {StoreError}
   */
  readField(key: string, field: string): Promise<string | null>;
  /** Reads a string, likewise. */
  readText(key: string): Promise<string | null>;
}

export function createRedis({ redisUrl, redisToken }: Pick<Config, 'redisUrl' | 'redisToken'>): RedisDesk {
  const redis = new Redis({
    url: redisUrl,
    token: redisToken,
    retry: { retries: 0 }, // `false` would still send twice
    automaticDeserialization: false, // a stored "123" shall come back as it was
    enableAutoPipelining: false, // would mix the commands of different requests
    enableTelemetry: false,
    responseEncoding: false, // the base64 detour turns an answer that makes no sense into a null, which means "gone"
    signal: () => AbortSignal.timeout(TIMEOUT_MS), // as a function: with a plain aborted signal the command *resolves*
  });

  return {
    async run(script, keys, args) {
      // EVAL, not EVALSHA: a script is shorter than the second trip that every NOSCRIPT would cost.
      const send = () => redis.eval(script, [...keys], args.map(String));
      try {
        return await send().catch(send);
      } catch (cause) {
        throw failure('script', cause);
      }
    },
    readField: (key, field) => read(redis.hget(key, field)),
    readText: (key) => read(redis.get(key)),
  };
}

async function read(reply: Promise<unknown>): Promise<string | null> {
  const value = await reply.catch((cause: unknown) => {
    throw failure('read', cause);
  });
  if (value !== null && typeof value !== 'string') throw new StoreError('read: unknown answer');
  return value;
}

/** The client's errors quote the whole command with its values, so they are reduced to their kind here and now. */
function failure(what: string, cause: unknown): StoreError {
  const name = cause instanceof Error ? cause.name : typeof cause;
  return new StoreError(`${what} failed: ${/^[A-Za-z]{1,40}$/.test(name) ? name : 'Error'}`);
}
