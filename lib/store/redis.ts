import { StoreError } from '../errors.ts';
import type { RedisSettings } from '../types/settings.ts';
import type { Script } from './scripts.ts';

const TIMEOUT_MS = 1_000;

/** How Redis is asked. One call is one HTTP request; a script whose reply was lost is sent once more. */
export interface RedisClient {
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
   * Sends several commands in one request, once; they run one after the other.
   *
   * @returns the reply to each; undefined for one that Redis refused
   * @throws {StoreError}
   */
  sendAll(commands: readonly Command[], timeoutMs: number): Promise<readonly unknown[]>;
}

type Command = readonly (string | number)[];

interface Deps {
  readonly settings: RedisSettings;
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
}

/**
 * Redis over the Upstash REST protocol: one command as a JSON array, `{"result"}` or `{"error"}` back.
 *
 * `@upstash/redis` speaks it too. It brings a class for every command there is, 17 kB gzip of an isolate that uses
 * three, and what it does by itself (six sends, pipelines across requests, "123" read back as a number, an aborted
 * request that resolves, errors that quote the command with its values) had to be turned off or caught one by one.
 */
export function createRedis({ settings, fetch }: Deps): RedisClient {
  const post = async (url: string, body: unknown, what: string | number, timeoutMs: number): Promise<unknown> => {
    let status = 0;
    try {
      const response = await fetch(url, {
        method: 'POST',
        headers: { authorization: `Bearer ${settings.token}`, 'content-type': 'application/json' },
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(timeoutMs), // covers the body too
        redirect: 'manual', // the token is for this host alone
        cache: 'no-store',
      });
      status = response.status;
      if (status === 200) return await response.json();
    } catch (cause) {
      throw failure(what, cause instanceof Error ? cause.name : 'no answer');
    }
    // Not in Redis' own words, which may quote what was sent. RFC 9110 §15.5: with a 4xx nothing was done.
    throw failure(what, `status ${status}`, status >= 400 && status < 500);
  };
  const send = async (...command: Command): Promise<unknown> => {
    const [name = ''] = command;
    const reply = await post(settings.url, command.map(String), name, TIMEOUT_MS);
    if (hasResult(reply)) return reply.result;
    throw failure(name, 'unknown answer');
  };
  const read = async (...command: string[]): Promise<string | null> => {
    const value = await send(...command);
    if (value !== null && typeof value !== 'string') throw failure(command[0] ?? '', 'unknown answer');
    return value;
  };

  return {
    async sendAll(commands, timeoutMs) {
      const url = `${settings.url.replace(/\/$/, '')}/pipeline`;
      const lines = commands.map((command) => command.map(String));
      const replies = await post(url, lines, 'pipeline', timeoutMs);
      if (!Array.isArray(replies) || replies.length !== lines.length) throw failure('pipeline', 'unknown answer');
      return replies.map((reply) => (hasResult(reply) ? reply.result : undefined));
    },
    async run(script, keys, args) {
      // EVAL, not EVALSHA: a script is shorter than the second trip that every NOSCRIPT would cost.
      const once = () => send('EVAL', script, keys.length, ...keys, ...args);
      return once().catch((first: StoreError) =>
        once().catch((second: StoreError) => {
          throw first.refused ? second : first; // certain only if both were refused
        }),
      );
    },
    readField: (key, field) => read('HGET', key, field),
    readText: (key) => read('GET', key),
  };
}

const hasResult = (reply: unknown): reply is { readonly result: unknown } =>
  typeof reply === 'object' && reply !== null && 'result' in reply;

const failure = (command: string | number, what: string, refused?: boolean) =>
  new StoreError(`${command} failed: ${what}`, refused);
