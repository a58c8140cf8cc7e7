/**
 * `gatehouse doctor`: looks at a site's variables, sources and build, asks its provider and its Redis, and with `--url` the
 * site itself. The exit code is 1 when something is a fault; warnings and notes do not change it.
 */
import { existsSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { env as processEnv, stdout } from 'node:process';
import { type Examination, examine } from '../doctor/examine.ts';
import { unknownPath } from '../doctor/live.ts';
import { counts, report } from '../doctor/report.ts';
import { redactor } from '../doctor/secrets.ts';
import { parseArguments } from './arguments.ts';
import { CommandError } from './command-error.ts';
import { siteEnvironment, siteFacts } from './doctor-site.ts';
import { send } from './doctor-wire.ts';
import { loadPolicy, type Policy } from './load-config.ts';
import { isOpen } from './rule-lookup.ts';
import { sample } from './sample-paths.ts';

const OPTIONS = {
  env: { type: 'string' },
  url: { type: 'string' },
  claims: { type: 'string' },
  json: { type: 'boolean' },
  verbose: { type: 'boolean' },
} as const;

export async function doctor(args: readonly string[], print: (line: string) => void): Promise<number> {
  const { values, positionals } = parseArguments(args, OPTIONS);
  const [named = '.', ...others] = positionals;
  if (others.length > 0) throw new CommandError('`gatehouse doctor` takes one folder.', 2);
  const folder = resolve(named);
  if (!existsSync(folder)) throw new CommandError(`there is no folder ${folder}.`, 2);
  const mode = modeOf(values.env);
  const url = values.url === undefined ? undefined : urlOf(values.url);
  const claims = values.claims === undefined ? undefined : claimsOf(values.claims);

  const ofSite = siteEnvironment(folder, mode);
  const { policy, fault } = await policyOf(folder);
  const env = policy?.env ?? ofSite;
  const facts = {
    env,
    isProduction: mode === 'production',
    site: await siteFacts(folder, policy),
    rules: policy?.rules ?? [],
    configurationFault: fault,
    claims,
    live: url === undefined ? undefined : { url, closedPath: closedPath(policy) },
  };
  const network = { fetch: (to: string, init: object) => fetch(to, init), send, now: () => Date.now() };
  const examination = await examine(facts, network);
  const hide = redactor(env);
  const lines = values.json ? [asJson(examination, mode)] : report(examination, shownHow(values.verbose === true));
  for (const line of lines) print(hide(line));
  return counts(examination.findings).fault > 0 ? 1 : 0;
}

/** As `next dev` and `next start` set it; `NODE_ENV` decides where no option does. */
function modeOf(given: string | undefined): 'production' | 'development' {
  const mode = given ?? (processEnv.NODE_ENV === 'production' ? 'production' : 'development');
  if (mode === 'production' || mode === 'development') return mode;
  throw new CommandError('--env is `production` or `development`.', 2);
}

function urlOf(text: string): string {
  const isUrl = URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
  if (!isUrl) throw new CommandError('--url is the address of the site, with http:// or https://.', 2);
  const { origin, pathname } = new URL(text);
  return origin + pathname.replace(/\/+$/, '');
}

function claimsOf(file: string): Record<string, unknown> {
  try {
    const claims: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (typeof claims === 'object' && claims !== null && !Array.isArray(claims))
      return claims as Record<string, unknown>;
  } catch {
    // the sentence below says it
  }
  throw new CommandError(`--claims: ${file} is no JSON object of claims.`, 2);
}

async function policyOf(folder: string): Promise<{ readonly policy?: Policy; readonly fault?: string }> {
  try {
    return { policy: await loadPolicy(folder) };
  } catch (error) {
    if (error instanceof CommandError) return { fault: error.message };
    throw error;
  }
}

/** A path that no rule opens: one that no site has, unless the rules open all paths; then one of a rule that asks for a session. */
function closedPath(policy: Policy | undefined): string {
  const candidates = [unknownPath(), ...(policy?.rules ?? []).map(({ path }) => sample(path.replace(/\/\*$/, '/any')))];
  return candidates.find((path) => policy && !isOpen(path, 'GET', policy)) ?? (candidates[0] as string);
}

const shownHow = (isVerbose: boolean) => ({
  isVerbose,
  hasColour: stdout.isTTY === true && !processEnv.NO_COLOR,
});

const asJson = ({ findings, variables }: Examination, env: string) => {
  const summary = counts(findings);
  return JSON.stringify({ version: 1, ok: summary.fault === 0, env, summary, findings, variables }, null, 2);
};
