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
  /**
   * Sends one command, once.
   *
   * @throws {StoreError} `NOSCRIPT` as its reason when the primary does not know the script of an `EVALSHA`
   */
  send(command: readonly (string | number)[], timeoutMs: number): Promise<unknown>;
}

interface Deps {
  readonly config: Pick<Config, 'redisUrl' | 'redisToken'>;
  readonly fetch: typeof fetch;
}

/**
 * Redis over the Upstash REST protocol: one command as a JSON array, `{"result"}` or `{"error"}` back.
 *
 * `@upstash/redis` speaks it too. It brings a class for every command there is, 17 kB gzip of an isolate that uses
 * three, and what it does by itself (six sends, pipelines across requests, "123" read back as a number, an aborted
 * request that resolves, errors that quote the command with its values) had to be turned off or caught one by one.
 */
export function createRedis({ config, fetch }: Deps): RedisDesk {
  const send = async (command: readonly (string | number)[], timeoutMs: number): Promise<unknown> => {
    const [name = ''] = command;
    let status = 0;
    let reply: unknown;
    try {
      const response = await fetch(config.redisUrl, {
        method: 'POST',
        headers: { authorization: `Bearer ${config.redisToken}`, 'content-type': 'application/json' },
        body: JSON.stringify(command.map(String)),
        signal: AbortSignal.timeout(timeoutMs), // covers the body too
        redirect: 'manual', // the token is for this host alone
        cache: 'no-store',
      });
      status = response.status;
      reply = await response.json();
    } catch (cause) {
      throw failure(name, cause instanceof Error ? cause.name : 'no answer');
    }
    if (status === 200 && isObject(reply) && 'result' in reply) return reply.result;
    // Redis' own words may quote what was sent; of them only this one is acted upon.
    const unknownScript = isObject(reply) && String(reply.error).includes('NOSCRIPT');
    throw unknownScript ? new StoreError('NOSCRIPT') : failure(name, `status ${status}`);
  };
  const read = async (command: readonly string[]): Promise<string | null> => {
    const value = await send(command, TIMEOUT_MS);
    if (value !== null && typeof value !== 'string') throw failure(command[0] ?? '', 'unknown answer');
    return value;
  };

  return {
    send,
    async run(script, keys, args) {
      // EVAL, not EVALSHA: a script is shorter than the second trip that every NOSCRIPT would cost.
      const once = () => send(['EVAL', script, keys.length, ...keys, ...args], TIMEOUT_MS);
      return once().catch(once);
    },
    readField: (key, field) => read(['HGET', key, field]),
    readText: (key) => read(['GET', key]),
  };
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

const failure = (command: string | number, what: string) => new StoreError(`${command} failed: ${what}`);
