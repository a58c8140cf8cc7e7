import { inject } from 'vitest';
import type { Script } from '../../lib/store/lua';
import { askRedis } from '../world/upstash';

export type Command = readonly (string | number)[];

/** The call of a script as `lib/store/redis.ts` sends it. */
export const evalOf = (script: Script, keys: readonly string[], args: readonly (string | number)[]): Command => [
  'EVAL',
  script,
  keys.length,
  ...keys,
  ...args,
];

/**
 * Commands in one request, which Redis runs one after the other, and their replies. A trace depends on no reply, so it does not have
 * to wait for each.
 */
export async function pipeline(commands: readonly Command[]): Promise<readonly unknown[]> {
  const { token } = inject('redis');
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await askRedis('/pipeline', JSON.stringify(commands), headers);
  const replies = (await response.json()) as { result?: unknown; error?: string }[];
  return replies.map(({ result, error }) => {
    if (error) throw new Error(error);
    return result;
  });
}
