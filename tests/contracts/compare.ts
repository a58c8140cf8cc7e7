import { expect } from 'vitest';
import type { Backend } from '../../lib/dev-redis/upstash.mjs';
import { type Pick, random } from '../world/random';
import { embedded } from './backends';

/** Sends as many random commands to a real Redis and to the embedded engine, and compares reply by reply. */
export async function expectSameReplies(redis: Backend, commands: number, command: (pick: Pick) => string[]) {
  const engine = embedded();
  const seed = Math.floor(Math.random() * 2 ** 31);
  const pick = random(seed);
  for (let index = 0; index < commands; index += 1) {
    if (index % 500 === 0) for (const backend of [redis, engine]) await backend.send(['FLUSHALL']);
    const args = command(pick);
    const [expected, actual] = await Promise.all([outcome(redis, args), outcome(engine, args)]);
    expect(comparable(args, actual), `seed ${seed}, command ${index}: ${JSON.stringify(args)}`).toEqual(
      comparable(args, expected),
    );
  }
}

export const outcome = (backend: Backend, args: string[]) => backend.send(args).catch((error: unknown) => error);

/** Orders that Redis does not promise, positions inside a script, and milliseconds that pass: left out. */
export function comparable(args: readonly string[], reply: unknown): unknown {
  const name = args[0]?.toUpperCase() ?? '';
  if (reply instanceof Error) return withoutPosition(reply.message);
  if (typeof reply === 'number' && !Number.isSafeInteger(reply)) {
    // Beyond 2^53 a JavaScript number has lost its last digits, on the way out of either of them. And a script's number of
    // 2^63 is none of C's integers: what comes of it, its sign included, is the processor's choice.
    const digits = Math.abs(reply).toPrecision(12);
    return digits === (2 ** 63).toPrecision(12) ? digits : reply.toPrecision(12);
  }
  if (['KEYS', 'HKEYS', 'HVALS'].includes(name)) return [...(reply as string[])].sort();
  if (name === 'SCAN') return [...((reply as [string, string[]])[1] ?? [])].sort();
  if (name === 'HGETALL' || (name === 'EVAL' && args[1]?.includes('HGETALL')))
    return Array.isArray(reply) ? pairs(reply as string[]) : reply;
  if (['TTL', 'PTTL'].includes(name)) return typeof reply === 'number' && reply > 0 ? 'some time' : reply;
  return reply;
}

const pairs = (flat: readonly string[]) =>
  flat.flatMap((field, index) => (index % 2 === 0 ? [`${field}=${flat[index + 1]}`] : [])).sort();

function withoutPosition(message: string): string {
  if (/Error compiling script/.test(message)) return 'ERR Error compiling script';
  if (/unknown subcommand|SCRIPT HELP/.test(message)) return 'ERR unknown subcommand';
  if (/Unknown Redis command called from script|unknown command/i.test(message)) return 'ERR unknown command';
  if (/Wrong number of args calling Redis command|wrong number of arguments/i.test(message)) return 'ERR arity';
  return message
    .replace(/ script: [0-9a-f]+, on @user_script:\d+\.?$/, '')
    .replace(/^ERR user_script:\d+: /, 'ERR ')
    .replace(/ stack traceback:.*$/s, '');
}
