/** `.env.local`: a fresh secret, the addresses of the gate, and the names to fill in. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { randomText } from '../crypto/random.ts';
import { addVariables, envValues, readEnvFile, type Variable } from './env-file.ts';
import type { AskedUpstream } from './init-asked.ts';
import { type Outcome, reasonAgainst, textOf } from './init-files.ts';
import type { FoundSite } from './init-site.ts';

export const ENV_FILE = '.env.local';

export interface Addresses {
  readonly redirectUri: string;
  readonly postLogoutUri: string;
}

/** What to register at the provider, for a site at an origin. */
export const addressesAt = (origin: string, basePath: string): Addresses => ({
  redirectUri: `${origin}${basePath}/auth/callback`,
  postLogoutUri: `${origin}${basePath || '/'}`,
});

/** @param upstreams whose addresses are for the owner to fill in */
export function writeEnv({ folder, basePath, origin }: FoundSite, upstreams: readonly AskedUpstream[]): Outcome {
  const path = join(folder, ENV_FILE);
  const { redirectUri, postLogoutUri } = addressesAt(origin, basePath ?? '');
  const variables = [
    { name: 'SESSION_SECRET', value: randomText() },
    { name: 'SSO_REDIRECT_URI', value: redirectUri, prepared: basePath === undefined },
    { name: 'SSO_POST_LOGOUT_URI', value: postLogoutUri, prepared: basePath === undefined },
    ...['SSO_ISSUER', 'SSO_CLIENT_ID', 'SSO_CLIENT_SECRET', 'UPSTASH_REDIS_REST_URL', 'UPSTASH_REDIS_REST_TOKEN'].map(
      (name) => ({ name, value: '', prepared: true }),
    ),
    ...[...new Set(upstreams.map(({ variable }) => variable))].map((name) => ({ name, value: '', prepared: true })),
  ];
  const comment = 'Gatehouse: fill in what has no value, or let `npx gatehouse dev --write` do it for development.';
  const why = reasonAgainst(path, folder);
  const before = existsSync(path) ? textOf(path) : null;
  const { text, added, empty } = addVariables(before ?? '', comment, withoutOthers(folder, before ?? '', variables));
  const notes = empty.map((name) => `${name} is in ${ENV_FILE} without a value.`);
  if (added.length === 0) return { notes };
  if (why)
    return {
      notes,
      byHand: {
        path,
        why: `${ENV_FILE} cannot be written: ${why}.`,
        lines: text
          .slice(before?.length ?? 0)
          .trim()
          .split(/\r?\n/),
      },
    };
  return { notes, edit: { path, before, after: text, secret: true } };
}

/** Files of `next dev` that may say it already, below `.env.local` or above it. */
const OTHER_FILES = ['.env', '.env.development', '.env.development.local'];
/** A name that makes others needless. */
const IN_PLACE_OF: readonly (readonly [string, readonly string[]])[] = [
  ['APP_URL', ['SSO_REDIRECT_URI', 'SSO_POST_LOGOUT_URI']],
  ['KV_REST_API_URL', ['UPSTASH_REDIS_REST_URL']],
  ['KV_REST_API_TOKEN', ['UPSTASH_REDIS_REST_TOKEN']],
];

function withoutOthers(folder: string, own: string, variables: readonly Variable[]): Variable[] {
  const elsewhere = OTHER_FILES.flatMap((name) => [...envValues(readEnvFile(join(folder, name)))]);
  const set = new Map([...elsewhere, ...envValues(own)].filter(([, value]) => value !== ''));
  const needless = IN_PLACE_OF.flatMap(([name, others]) => (set.has(name) ? others : []));
  const isThere = (name: string) => elsewhere.some(([other, value]) => other === name && value !== '');
  return variables.filter(({ name }) => !needless.includes(name) && !isThere(name));
}
