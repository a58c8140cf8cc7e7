/** What `gatehouse dev` says about, and writes into, the `.env.local` of a site. */
import { join } from 'node:path';
import { FIELDS } from '../fields.ts';
import { CALLBACK } from '../routes.ts';
import type { DevSite } from './dev-site.ts';
import { addVariables, readEnvFile, writeEnvFile } from './env-file.ts';

const COMMENT = 'Of `gatehouse dev`, for development on this machine alone.';

/** Claims that every session keeps unless it is told which. */
const DEFAULTS: ReadonlySet<string> = new Set(FIELDS.session.claims.default.split(','));

/** Variables that lead the site to another provider or Redis when they differ. */
const ADDRESSES = ['SSO_ISSUER', 'APP_URL', 'SSO_REDIRECT_URI', 'UPSTASH_REDIS_REST_URL', 'KV_REST_API_URL'];

export interface EnvironmentReport {
  /** Names that were written just now. */
  readonly written: readonly string[];
  /** Lines for the file that it does not have. */
  readonly missing: readonly string[];
  /** What in the file contradicts the provider and Redis that run. */
  readonly notes: readonly string[];
}

export function environmentReport(
  site: DevSite,
  env: Readonly<Record<string, string>>,
  write: boolean,
): EnvironmentReport {
  const absent = Object.entries(env).filter(([name]) => !isSaid(site, name));
  const variables = absent.map(([name, value]) => ({ name, value }));
  const notes = notesOf(site, env);
  if (!write || variables.length === 0) return { written: [], missing: linesOf(variables), notes };
  const file = join(site.folder, '.env.local');
  const { text, added } = addVariables(readEnvFile(file), COMMENT, variables);
  if (added.length > 0) writeEnvFile(file, text);
  // Of a name without a value the line stays, as everything does that is there.
  return { written: added, missing: linesOf(variables.filter(({ name }) => !added.includes(name))), notes };
}

/** Variables that say together what another one says. */
const IN_PLACE_OF: Readonly<Record<string, readonly string[]>> = {
  APP_URL: ['SSO_REDIRECT_URI', 'SSO_POST_LOGOUT_URI'],
  UPSTASH_REDIS_REST_URL: ['KV_REST_API_URL', 'KV_REST_API_TOKEN'],
  UPSTASH_REDIS_REST_TOKEN: ['KV_REST_API_URL', 'KV_REST_API_TOKEN'],
};

function isSaid({ variables }: DevSite, name: string): boolean {
  const { [name]: others } = IN_PLACE_OF;
  return [[name], others ?? ['']].some((names) => names.every((one) => variables.get(one)));
}

const linesOf = (variables: readonly { readonly name: string; readonly value: string }[]) =>
  addVariables('', COMMENT, variables).text.split('\n').slice(1, -1);

/** Addresses differ by a slash at the end without a difference. */
const isSame = (one = '', other = '') => one.replace(/\/+$/, '') === other.replace(/\/+$/, '');

const originOf = (url = '') => (URL.canParse(url) ? new URL(url).origin : url);

function notesOf({ variables }: DevSite, env: Readonly<Record<string, string>>): string[] {
  const running: Readonly<Record<string, string | undefined>> = {
    ...env,
    SSO_REDIRECT_URI: `${env.APP_URL}${CALLBACK.path}`,
    SSO_POST_LOGOUT_URI: env.SSO_POST_LOGOUT_URI ?? env.APP_URL,
    KV_REST_API_URL: variables.get('UPSTASH_REDIS_REST_URL') ?? env.UPSTASH_REDIS_REST_URL,
  };
  const others = ADDRESSES.filter((name) => variables.get(name) && !isSame(variables.get(name), running[name]));
  // Its path is for the site to choose.
  const isElsewhere = originOf(variables.get('SSO_POST_LOGOUT_URI')) !== originOf(running.SSO_POST_LOGOUT_URI);
  if (variables.get('SSO_POST_LOGOUT_URI') && isElsewhere) others.push('SSO_POST_LOGOUT_URI');
  const { SESSION_CLAIMS: wanted = '' } = env;
  const kept = variables.get('SESSION_CLAIMS')?.split(/\s*,\s*/);
  const lost = kept ? wanted.split(',').filter((name) => name && !DEFAULTS.has(name) && !kept.includes(name)) : [];
  return [
    ...others.map(
      (name) =>
        `.env.local has another ${name} (${variables.get(name)}). It stays; write ${running[name]} there to use what runs here.`,
    ),
    ...(lost.length > 0 ? [`SESSION_CLAIMS in .env.local keeps no ${lost.join(', ')} of the people.`] : []),
  ];
}
