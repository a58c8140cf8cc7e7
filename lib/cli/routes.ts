/**
 * `gatehouse routes`: every route of a build with the rules that apply to it. The exit code is 1 when a request can open
 * what no rule opens (a route outside the matcher of the middleware, a rewrite from an open path to a closed one, also one by
 * the site's own middleware, a Server
 * Action at an open page, an upstream with the token of a person, a rule that another one hides), or when the site gives
 * away what opens it: its cookies to another origin, or its preview id to browsers. Warnings do not change the exit code.
 */
import { join, resolve } from 'node:path';
import { parseArguments } from './arguments.ts';
import { builtSite, matchersOf, type Site } from './built-site.ts';
import { CommandError } from './command-error.ts';
import { inspect, type Judgement, type Row } from './judgement.ts';
import { loadPolicy, type Policy } from './load-config.ts';
import { ownCalls } from './own-judgement.ts';
import { ownRewrites } from './own-rewrites.ts';
import { bodyLimitNote } from './site-notes.ts';

export async function routes(args: readonly string[], print: (line: string) => void): Promise<number> {
  const [folder = '.', build = join(folder, '.next'), ...others] = parseArguments(args, {}).positionals;
  if (others.length > 0) throw new CommandError('`gatehouse routes` takes a folder and a build, and nothing more.', 2);
  const site = builtSite(resolve(folder), resolve(build));
  const judgement = await judged(site, resolve(folder), resolve(build), await loadPolicy(resolve(folder)));
  if (matchersOf(resolve(build)).length === 0)
    print('This build has no middleware. Is middleware.ts (or proxy.ts) beside app/ or pages/?\n');
  for (const line of report(site, judgement)) print(line);
  return isClean(judgement) ? 0 : 1;
}

/** A built site, judged by its rules and by what its own middleware does. */
export async function judged(site: Site, folder: string, build: string, policy: Policy): Promise<Judgement> {
  const own = await ownRewrites(folder, build, ownCalls(site, policy), policy.locales ?? []);
  return inspect(site, policy, own);
}

const isClean = ({ rows, faults }: Judgement) => faults.length === 0 && rows.every(({ fault }) => !fault);

function report(site: Site, { rows, idle, faults, warnings }: Judgement): string[] {
  const width = Math.max(...rows.map(({ route }) => route.length));
  const open = rows.filter(({ fault }) => fault);
  return [
    ...rows.map((row) => lineOf(row, width)),
    ...(idle.length > 0 ? [`\nNo route of the build falls under: ${idle.join(', ')}`] : []),
    `\n${bodyLimitNote(site)}`,
    ...warnings.map((warning) => `\nWARNING: ${warning}.`),
    ...faults.map((fault) => `\nFAULT: ${fault}.`),
    `\n${rows.length} routes, ${open.length} of them open without a rule that says so.`,
  ];
}

const lineOf = ({ route, rules, fault }: Row, width: number) =>
  `${route.padEnd(width)}  ${rules.join('; ')}${fault ? `  PUBLIC: ${fault}` : ''}`;
