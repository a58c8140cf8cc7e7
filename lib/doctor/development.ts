import { isLoopback } from '../loopback.ts';
import { within } from '../protocol/transport.ts';
import { DOCTOR_TIMEOUT_MS } from '../timing.ts';
import type { Settings } from '../types/settings.ts';
import type { Finding } from './finding.ts';
import type { Network } from './network.ts';

/** Where the provider of `gatehouse dev` says that it is one. */
const MARK = '/gatehouse-dev.json';

const AGAIN = 'Stop `npx gatehouse dev`, and start it again as `npx gatehouse dev --write`';

/** What mends a finding where the provider is that of `gatehouse dev`, by id. */
const AT_ITS_PROVIDER: Readonly<Record<string, string>> = {
  'client-refused': `${AGAIN}: it takes SSO_CLIENT_ID and SSO_CLIENT_SECRET over from .env.local, or writes them where their lines are removed.`,
  'redirect-uri-refused': `${AGAIN}: it registers what APP_URL or SSO_REDIRECT_URI in .env.local says.`,
  'post-logout-refused': `${AGAIN}: it registers what APP_URL or SSO_POST_LOGOUT_URI in .env.local says.`,
  'redis-token': `${AGAIN}: it takes UPSTASH_REDIS_REST_TOKEN over from .env.local, or writes it where the line is removed.`,
  'redis-unreachable': `${AGAIN}: it writes UPSTASH_REDIS_REST_URL where its line is removed from .env.local.`,
};
/** What mends it where nothing listens at an issuer such as that of `gatehouse dev`, which has no path. */
const START = 'Start `npx gatehouse dev --write` in another terminal; it keeps running beside `next dev`.';
const WHERE_NOTHING_LISTENS = ['discovery-unreachable', 'redis-unreachable'];

/**
 * The findings with the command that mends them, where the site is developed against `gatehouse dev`: what is said of other
 * providers leads to a registration that a developer does not have there.
 */
export async function withDevelopmentCures(
  findings: readonly Finding[],
  { provider, redis }: Pick<Settings, 'provider' | 'redis'>,
  { fetch }: Pick<Network, 'fetch'>,
): Promise<Finding[]> {
  const issuer = new URL(provider.issuer);
  if (!isLoopback(issuer) || findings.every(({ severity }) => severity === 'ok')) return [...findings];
  const isItsProvider = await hasMark(issuer.origin, fetch);
  const isAbsent = issuer.pathname === '/' && findings.some(({ id }) => id === 'discovery-unreachable');
  const isLocalRedis = isLoopback(new URL(redis.url));
  return findings.map((finding) => {
    const { id } = finding;
    if (id.startsWith('redis') && !isLocalRedis) return finding;
    const mend = id === 'discovery-refused' ? `SSO_ISSUER=http://127.0.0.1:${issuer.port}` : AT_ITS_PROVIDER[id];
    const cure = isItsProvider ? mend : isAbsent && WHERE_NOTHING_LISTENS.includes(id) && START;
    return cure ? { ...finding, mend: cure } : finding;
  });
}

async function hasMark(origin: string, fetch: Network['fetch']): Promise<boolean> {
  try {
    const answer = await within(fetch, DOCTOR_TIMEOUT_MS, 'discovery')(origin + MARK, {});
    const said: unknown = await answer.json();
    return typeof said === 'object' && said !== null && 'sites' in said;
  } catch {
    return false; // another program, or none
  }
}
