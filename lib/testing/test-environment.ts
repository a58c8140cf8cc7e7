import type { Env } from '../configuration.ts';
import { assertTestProcess } from './test-process.ts';

/** Variables that say where the site, its provider and its Redis are. */
const ADDRESSES = [
  'SSO_ISSUER',
  'SSO_DISCOVERY_URL',
  'APP_URL',
  'SSO_REDIRECT_URI',
  'SSO_POST_LOGOUT_URI',
  'UPSTASH_REDIS_REST_URL',
  'KV_REST_API_URL',
];

/** Variables that hosting platforms set in what they build and run. */
const PLATFORMS = [
  'VERCEL',
  'NETLIFY',
  'CF_PAGES',
  'AWS_LAMBDA_FUNCTION_NAME',
  'K_SERVICE',
  'FLY_APP_NAME',
  'RAILWAY_ENVIRONMENT_ID',
  'RENDER',
  'DYNO',
  'WEBSITE_INSTANCE_ID',
];

/** Names that lead to this machine, or nowhere (RFC 6761 §6.2, §6.3). */
const OWN = /^(localhost|127(\.\d{1,3}){3}|\[::1\]|([\w-]+\.)+(localhost|test))$/;

/** Names and addresses that are known in a private network alone (RFC 1918, RFC 6762, `.internal` of ICANN): of such a host may be said that it is one for tests. */
const PRIVATE =
  /^([\w-]+|([\w-]+\.)+(internal|local)|10(\.\d{1,3}){3}|192\.168(\.\d{1,3}){2}|172\.(1[6-9]|2\d|3[01])(\.\d{1,3}){2})$/;

/**
 * Refuses an environment in which a session that is made here could be worth something: with the secret and the Redis of a real
 * site it would let its bearer in.
 *
 * @param allowHosts further hosts, such as the Redis of a docker network; none that the public DNS can have
 * @throws an error that names every variable and why it is refused, and no value but a host name
 */
export function assertTestEnvironment(env: Env, allowHosts: readonly string[] = []): void {
  assertTestProcess();
  const wrongHosts = allowHosts.filter((host) => !PRIVATE.test(host));
  const found = [
    ...wrongHosts.map((host) => `allowHosts names ${host}, which the public DNS can have`),
    ...PLATFORMS.filter((name) => env[name] || process.env[name]).map(
      (name) => `${name} is set: a hosting platform built or runs this`,
    ),
    ...ADDRESSES.flatMap((name) => {
      const host = hostOf(env[name]);
      return host === null || OWN.test(host) || allowHosts.includes(host) ? [] : [`${name} names the host ${host}`];
    }),
  ];
  if (found.length === 0) return;
  throw new Error(
    `next-gatehouse/testing refuses a configuration that looks like production: ${found.join('; ')}. Tests run with hosts ` +
      'of this machine (localhost, 127.0.0.1, *.localhost, *.test); hosts of a private network are named in allowHosts.',
  );
}

/** Null where there is no address to judge: `readSettings` reports what is missing or wrong. */
function hostOf(text: string | undefined): string | null {
  const address = text?.trim();
  return address && URL.canParse(address) ? new URL(address).hostname : null;
}
