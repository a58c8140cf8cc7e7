#!/usr/bin/env node
/** The command `gatehouse`. */
import { parseArguments } from './arguments.ts';
import { CommandError } from './command-error.ts';

const HELP = `Usage: gatehouse <command>

Commands:
  init [folder] [--dry-run] put the gate in front of a site: middleware, rules, Next configuration, .env.local. What is
                            there stays. --dry-run shows what would change; exit code 1 when lines are to be added by hand.
  dev [folder]              start an OpenID provider and a Redis for the site in a folder, and print its .env.local
  routes [folder] [build]   list every route of a build with the rules that apply to it; exit code 1 when a route,
                            rewrite, upstream or Server Action is open without a rule that says so. The folder of the
                            site is the current one by default, its build the folder .next in it.
  secret                    print a fresh SESSION_SECRET
  doctor [folder]           check variables, provider, Redis, cookie size, middleware and build of a site, and say what
                            mends them; exit code 1 when something is a fault

Options:
  -h, --help                show this text

Options of init, which may be there several times:
  --public PATH             a rule that opens a path to every visitor: --public /about
  --role ROLE=PATH          a rule for a role: --role 'admin=/admin/*'
  --upstream PATH=VARIABLE  an API that is called as the person: --upstream '/api/backend/*=BACKEND_API_URL'

Options of dev:
  --write                   write what is missing into .env.local
  --app-url URL             where the site is (http://localhost:3000), with its base path
  --people FILE             who can sign in (gatehouse.people.json in the site, if it is there)
  --post-logout PATH        the page after a sign-out (the start page)
  --access-token-seconds N  how long an access token lives (900)
  --provider-port N         18763
  --redis-port N            18764
  --reset                   forget sign-ins, sessions and keys of earlier starts

Options of doctor:
  --url URL                 look at the live site too
  --env MODE                whose .env files: development, or production (NODE_ENV)
  --claims FILE             measure the cookie of a person with these claims (JSON)
  --verbose                 show every variable with its meaning
  --json                    print for programs
`;

/** Prints what a command has to say, and returns the exit code of the process. */
type Command = (args: readonly string[], print: (line: string) => void) => Promise<number>;

/** Each with its modules, which are loaded when it is called. */
const COMMANDS: ReadonlyMap<string, () => Promise<Command>> = new Map([
  ['init', async () => (await import('./init.ts')).init],
  ['dev', async () => (await import('./dev.ts')).dev],
  ['secret', async () => (await import('./secret.ts')).secret],
  ['routes', async () => (await import('./routes.ts')).routes],
  ['doctor', async () => (await import('./doctor.ts')).doctor],
]);

async function run([name, ...rest]: string[]): Promise<number> {
  if ([name, ...rest].some((argument) => argument === '--help' || argument === '-h')) {
    process.stdout.write(HELP);
    return 0;
  }
  if (name?.startsWith('-')) parseArguments([name], {}); // an option of none
  if (name === undefined) throw new CommandError('no command is given. `gatehouse --help` lists the commands.', 2);
  const load = COMMANDS.get(name);
  if (!load) throw new CommandError(`there is no command \`${name}\`. \`gatehouse --help\` lists the commands.`, 2);
  const command = await load();
  return command(rest, (line) => process.stdout.write(`${line}\n`));
}

process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error; // a reader that has seen enough, such as `head`
});

try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`gatehouse: ${error.message}\n`);
  process.exitCode = error.exitCode;
}
