/** `gatehouse secret`: key material for `SESSION_SECRET`, 256 random bits, and nothing else, so that a script can take it. */
import { randomText } from '../crypto/random.ts';
import { parseArguments } from './arguments.ts';
import { CommandError } from './command-error.ts';

export async function secret(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { positionals } = parseArguments(args, {});
  if (positionals.length > 0) throw new CommandError('`gatehouse secret` takes no argument.', 2);
  print(randomText());
  return 0;
}
