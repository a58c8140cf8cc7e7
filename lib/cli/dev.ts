/** `gatehouse dev`: an OpenID provider and a Redis for a site in development, on fixed ports, until it is stopped. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Development, startDevelopment } from '../dev-stand/open.mjs';
import { openPeople } from '../dev-stand/people-file.mjs';
import { CannotStart, PORTS } from '../dev-stand/ports.mjs';
import { openState, type State } from '../dev-stand/state.mjs';
import { parseArguments } from './arguments.ts';
import { CommandError } from './command-error.ts';
import { environmentReport } from './dev-environment.ts';
import { type DevSite, devSite } from './dev-site.ts';
import { greeting } from './dev-text.ts';

const OPTIONS = {
  'app-url': { type: 'string' },
  people: { type: 'string' },
  'post-logout': { type: 'string' },
  'access-token-seconds': { type: 'string', default: '900' },
  'provider-port': { type: 'string', default: String(PORTS.provider) },
  'redis-port': { type: 'string', default: String(PORTS.redis) },
  write: { type: 'boolean', default: false },
  reset: { type: 'boolean', default: false },
} as const;

type People = ReturnType<typeof openPeople>;
type Print = (line: string) => void;

/** The signals that a terminal, a supervisor and a closed window send. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export async function dev(args: readonly string[], print: Print): Promise<number> {
  const { folder, appUrl, write, reset, peopleFile, ...settings } = settingsOf(args);
  if (process.env.NODE_ENV === 'production')
    throw new CommandError(
      '`gatehouse dev` is for development: its provider asks for no password. NODE_ENV is production.',
    );
  const site = devSite(folder, appUrl, settings.providerPort);
  const stopped = firstSignal(); // from the start, so that a signal never leaves a redis-server behind
  const people = peopleOf(site, peopleFile, print);
  try {
    const state = openState(site.stateFolder, { log: print, reset });
    const development = await start({ site, settings, people, state });
    const report = environmentReport(site, variables(development, people, site), write);
    for (const line of greeting({ site, development, people, report })) print(line);
    await stopped;
    await development.close();
  } finally {
    people.close();
  }
  return 0;
}

/** What the command line says, checked before anything starts. */
function settingsOf(args: readonly string[]) {
  const { values, positionals } = parseArguments(args, OPTIONS);
  if (positionals.length > 1) throw new CommandError('`gatehouse dev` takes one folder, that of the site.', 2);
  const postLogout = values['post-logout'];
  if (postLogout !== undefined && !/^\/(?![/\\])/.test(postLogout))
    throw new CommandError('--post-logout must be a path of the site, such as /signed-out.', 2);
  const number = (name: 'provider-port' | 'redis-port' | 'access-token-seconds', most: number) => {
    const value = /^\d{1,9}$/.test(values[name]) ? Number(values[name]) : 0;
    if (value < 1 || value > most) throw new CommandError(`--${name} must be a whole number from 1 to ${most}.`, 2);
    return value;
  };
  return {
    folder: resolve(positionals[0] ?? '.'),
    appUrl: values['app-url'],
    peopleFile: values.people,
    write: values.write,
    reset: values.reset,
    providerPort: number('provider-port', 65_535),
    redisPort: number('redis-port', 65_535),
    accessTokenSeconds: number('access-token-seconds', 86_400),
    ...(postLogout !== undefined && { postLogout }),
  };
}

/** Never rejects; a further signal changes nothing, because npm sends those of the terminal a second time. */
const firstSignal = (): Promise<void> =>
  new Promise((resolve) => {
    for (const signal of SIGNALS) process.on(signal, () => resolve());
  });

interface Parts {
  readonly site: DevSite;
  readonly settings: { readonly providerPort: number; readonly redisPort: number };
  readonly people: People;
  readonly state: State;
}

async function start({ site, settings, people: { people, fault }, state }: Parts): Promise<Development> {
  const { appUrl, name: clientName, redirectUris, postLogoutUris, known } = site;
  try {
    const ofSite = { appUrl, clientName, redirectUris, postLogoutUris, known };
    return await startDevelopment({ ...ofSite, ...settings, people, fault, state });
  } catch (error) {
    if (error instanceof CannotStart) throw new CommandError(error.message);
    throw error;
  }
}

function peopleOf(site: DevSite, named: string | undefined, print: Print): People {
  const file = named === undefined ? join(site.folder, 'gatehouse.people.json') : resolve(named);
  if (named !== undefined && !existsSync(file)) throw new CommandError(`there is no file ${file} (--people).`);
  try {
    return openPeople(file, print);
  } catch (error) {
    throw new CommandError((error as Error).message);
  }
}

/** With the claims that the people have, which a session keeps when it is told to. */
function variables(development: Development, people: People, site: DevSite): Readonly<Record<string, string>> {
  const claims = [...new Set(people.people().flatMap((person) => Object.keys(person.claims ?? {})))];
  return claims.length === 0
    ? development.env
    : { ...development.env, SESSION_CLAIMS: [...site.keptClaims, ...claims].join(',') };
}
