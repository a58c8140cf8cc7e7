import { expect } from 'vitest';
import type { Backend } from '../../lib/dev-redis/upstash.mjs';
import { type Pick, random } from '../world/random';
import { embedded } from './backends';

/** Commands from one empty database to the next. */
const STORY = 500;

/**
 * Sends as many random commands to a real Redis and to the embedded engine, and compares reply by reply. No command depends on a
 * reply, so a story goes over the connection at once: Redis answers in the order of the commands.
 */
export async function expectSameReplies(redis: Backend, commands: number, command: (pick: Pick) => string[]) {
  const engine = embedded();
  const seed = Math.floor(Math.random() * 2 ** 31);
  const pick = random(seed);
  for (let first = 0; first < commands; first += STORY) {
    const story = Array.from({ length: Math.min(STORY, commands - first) }, () => command(pick));
    const [expected, actual] = await Promise.all([told(redis, story), told(engine, story)]);
    expect(actual, `seed ${seed}, from command ${first}`).toEqual(expected);
  }
}

/** Each command with its reply, from an empty database. */
async function told(backend: Backend, story: readonly string[][]): Promise<readonly unknown[]> {
  const replies = await Promise.all([backend.send(['FLUSHALL']), ...story.map((args) => outcome(backend, args))]);
  return story.map((args, index) => [JSON.stringify(args), comparable(args, replies[index + 1])]);
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
