#!/usr/bin/env node
/** The command `gatehouse`. */
import { parseArgs } from 'node:util';
import { CommandError } from './command-error.ts';
import { routes } from './routes.ts';

const HELP = `Usage: gatehouse <command>

Commands:
  routes [folder] [build]   list every route of a build with the rules that apply to it; exit code 1 when a route,
                            rewrite, upstream or Server Action is open without a rule that says so. The folder of the
                            site is the current one by default, its build the folder .next in it.

Options:
  -h, --help                show this text
`;

/** Prints what a command has to say, and returns the exit code of the process. */
type Command = (args: readonly string[], print: (line: string) => void) => Promise<number>;

const COMMANDS: ReadonlyMap<string, Command> = new Map([['routes', routes]]);

async function run(args: string[]): Promise<number> {
  const { values, positionals } = parsed(args);
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const [name, ...rest] = positionals;
  if (name === undefined) throw new CommandError('no command is given. `gatehouse --help` lists the commands.', 2);
  const command = COMMANDS.get(name);
  if (!command) throw new CommandError(`there is no command \`${name}\`. \`gatehouse --help\` lists the commands.`, 2);
  return command(rest, (line) => process.stdout.write(`${line}\n`));
}

function parsed(args: string[]) {
  try {
    return parseArgs({ args, allowPositionals: true, options: { help: { type: 'boolean', short: 'h' } } });
  } catch (error) {
    throw new CommandError(`${(error as Error).message}. \`gatehouse --help\` lists the options.`, 2);
  }
}

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`gatehouse: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
