/** What `gatehouse dev` learns of a site from its folder. */
import { existsSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Known } from '../dev-stand/open.mjs';
import { FIELDS } from '../fields.ts';
import { isFault, siteUrl } from '../parsers.ts';
import { CALLBACK } from '../routes.ts';
import { CommandError } from './command-error.ts';
import { localOrigin } from './dev-script.ts';
import { envValues, readEnvFile } from './env-file.ts';

/** Of the files that Next reads in development, those that are not in version control; the first wins. */
const ENV_FILES = ['.env.development.local', '.env.local'] as const;

export interface DevSite {
  readonly folder: string;
  readonly name: string;
  /** Origin and base path. */
  readonly appUrl: string;
  /** The variables that the site has in its own files. */
  readonly variables: ReadonlyMap<string, string>;
  /** What the provider and Redis take over from there, so that a site that has run once goes on as it is. */
  readonly known: Known;
  readonly redirectUris: readonly string[];
  readonly postLogoutUris: readonly string[];
  /** Claims that a session keeps where the site does not say which. */
  readonly keptClaims: readonly string[];
  readonly stateFolder: string;
}

/** @param asked the value of `--app-url` */
export function devSite(folder: string, asked: string | undefined, providerPort: number): DevSite {
  const manifest = join(folder, 'package.json');
  if (!existsSync(manifest))
    throw new CommandError(`there is no package.json in ${folder}: run \`gatehouse dev\` in the folder of the site.`);
  const files = [...ENV_FILES].reverse().map((name) => envValues(readEnvFile(join(folder, name))));
  const variables = new Map(files.flatMap((values) => [...values]));
  const value = (name: string) => variables.get(name) || undefined;
  return {
    folder,
    name: nameOf(folder) ?? basename(folder),
    appUrl: appUrlOf(folder, asked, value),
    variables,
    known: knownOf(value, `http://127.0.0.1:${providerPort}`),
    redirectUris: [value('SSO_REDIRECT_URI') ?? []].flat(),
    postLogoutUris: [value('SSO_POST_LOGOUT_URI') ?? []].flat(),
    keptClaims: FIELDS.session.claims.default.split(','),
    // Git ignores node_modules in every site, and `next build` or a cleared .next leaves it alone.
    stateFolder: join(folder, 'node_modules/.cache/next-gatehouse', `dev-${providerPort}`),
  };
}

function manifestOf(folder: string): Readonly<Record<string, unknown>> {
  try {
    const manifest: unknown = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8').replace(/^\uFEFF/, ''));
    return typeof manifest === 'object' && manifest !== null ? (manifest as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}

function nameOf(folder: string): string | undefined {
  const { name } = manifestOf(folder);
  return typeof name === 'string' && name !== '' ? name : undefined;
}

type Value = (name: string) => string | undefined;

/** The address that is asked for, that of the site's own variables, or where `next dev` listens. */
function appUrlOf(folder: string, asked: string | undefined, value: Value): string {
  const own = value('APP_URL') ?? value('SSO_REDIRECT_URI')?.replace(new RegExp(`${CALLBACK.path}$`), '');
  const text = asked ?? own ?? `${localOrigin(manifestOf(folder))}${basePathOf(folder)}`;
  const url = siteUrl(text);
  if (!isFault(url)) return url;
  const where = asked === undefined ? 'APP_URL or SSO_REDIRECT_URI of .env.local' : '--app-url';
  throw new CommandError(`${where} ${url.fault}.`, asked === undefined ? 1 : 2);
}

const CONFIGS = ['ts', 'mts', 'mjs', 'js', 'cjs'].map((extension) => `next.config.${extension}`);

/** The base path of the Next configuration, where it is written as a text; a computed one is for `--app-url`. */
function basePathOf(folder: string): string {
  const file = CONFIGS.map((name) => join(folder, name)).find((path) => existsSync(path));
  const code = file ? readFileSync(file, 'utf8').replace(/^\s*(\/\/|\/?\*).*$/gm, '') : '';
  return /\bbasePath\s*:\s*(['"`])(\/[^'"`$]*?)\/?\1/.exec(code)?.[2] ?? '';
}

/** Of another provider or Redis nothing is taken over. */
function knownOf(value: Value, issuer: string): Known {
  const isOurs = [undefined, issuer].includes(value('SSO_ISSUER'));
  const isOurRedis = /^http:\/\/127\.0\.0\.1:/.test(value('UPSTASH_REDIS_REST_URL') ?? 'http://127.0.0.1:');
  const entries = {
    clientId: isOurs && value('SSO_CLIENT_ID'),
    clientSecret: isOurs && value('SSO_CLIENT_SECRET'),
    sessionSecret: value('SESSION_SECRET'),
    redisToken: isOurRedis && value('UPSTASH_REDIS_REST_TOKEN'),
  };
  return Object.fromEntries(Object.entries(entries).filter(([, one]) => one)) as Known;
}
