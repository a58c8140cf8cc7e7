import { randomBytes } from 'node:crypto';
import { createEngine } from '../dev-redis/engine.mjs';
import { startUpstash } from '../dev-redis/upstash.mjs';
import { assertTestProcess } from './test-process.ts';

export interface TestRedisOptions {
  /** Of 127.0.0.1; any free one by default. */
  readonly port?: number;
  /** The access token; a random one by default. */
  readonly token?: string;
}

/** A Redis in this process. */
export interface TestRedis {
  readonly url: string;
  readonly token: string;
  /** The variables of a site that uses it. */
  readonly env: Readonly<Record<'UPSTASH_REDIS_REST_URL' | 'UPSTASH_REDIS_REST_TOKEN', string>>;
  /** Requests that arrived so far; the gate makes one for each call to Redis. */
  calls(): number;
  /** One command, such as `command('KEYS', '*')`. */
  command(...parts: readonly (string | number)[]): Promise<unknown>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a Redis that lives in the memory of this process, behind the REST protocol of Upstash. It knows the commands and the
 * scripts that the gate uses, and refuses others.
 *
 * @throws when the port is taken
 * @example
 * const redis = await startTestRedis();
 * process.env.UPSTASH_REDIS_REST_URL = redis.url;
 * process.env.UPSTASH_REDIS_REST_TOKEN = redis.token;
 */
export async function startTestRedis(options: TestRedisOptions = {}): Promise<TestRedis> {
  assertTestProcess();
  const { port = 0, token = randomBytes(24).toString('base64url') } = options;
  const backend = createEngine();
  const { url, calls, close } = await startUpstash({ backend, token, port });
  const end = async () => {
    await close();
    await backend.close();
  };
  return {
    url,
    token,
    env: { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token },
    calls,
    command: (...parts) => backend.send(parts.map(String)),
    close: end,
    [Symbol.asyncDispose]: end,
  };
}
