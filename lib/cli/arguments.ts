import { type ParseArgsConfig, parseArgs } from 'node:util';
import { CommandError } from './command-error.ts';

type Options = NonNullable<ParseArgsConfig['options']>;
type Parsed<T extends Options> = ReturnType<typeof parseArgs<{ allowPositionals: true; options: T }>>;

/**
 * What a command is called with: the values of its options, and its other arguments.
 *
 * @throws {CommandError} for an option that it does not have, or a value that is missing
 */
export function parseArguments<T extends Options>(args: readonly string[], options: T): Parsed<T> {
  try {
    return parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}. \`gatehouse --help\` lists the options.`, 2);
  }
}
