import { inject } from 'vitest';
import { send } from '../../lib/cli/doctor-wire';
import { readSettings } from '../../lib/configuration';
import type { Finding } from '../../lib/doctor/finding';
import type { Network } from '../../lib/doctor/network';
import { serve } from '../processes/wires';
import { createProvider, type Provider, type ProviderOptions } from '../world/provider';

export type Env = Readonly<Record<string, string>>;

export const network: Network = {
  fetch: (url, init) => fetch(url, init as RequestInit),
  send,
  now: () => Date.now(),
};

export const SITE = 'http://localhost:3999';

/** A complete environment of a site, of which a test changes some variables. */
export const siteEnv = (more: Env = {}): Env => {
  const redis = inject('redis');
  return {
    SSO_ISSUER: 'http://127.0.0.1:9',
    SSO_CLIENT_ID: 'gatehouse-client',
    SSO_CLIENT_SECRET: 'a-client-secret-of-the-doctor',
    APP_URL: SITE,
    SESSION_SECRET: 'a-session-secret-of-the-doctor-0123456789',
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    ...more,
  };
};

export const settingsOf = (more: Env = {}) => readSettings(siteEnv(more));

/** Changes an answer of the provider, by the path that was asked for. */
type Change = (path: string, response: Response, request: Request) => Response | Promise<Response>;

export interface ServedProvider {
  readonly provider: Provider;
  /** The variables with which a site is registered there. */
  readonly env: Env;
  /** Paths that were asked for. */
  readonly asked: string[];
  close(): Promise<void>;
}

/** The provider of the tests over HTTP, at which the site is registered. */
export async function serveProvider(options: ProviderOptions = {}, change: Change = (_, response) => response) {
  let provider: Provider | undefined;
  const asked: string[] = [];
  const wires = await serve(async (request) => {
    const { pathname } = new URL(request.url);
    asked.push(pathname);
    return change(pathname, await (provider as Provider).handle(request.clone()), request);
  });
  const uris = { redirectUri: `${SITE}/auth/callback`, postLogoutUri: `${SITE}/` };
  provider = await createProvider({ issuer: wires.url, ...uris, ...options });
  const { issuer, clientId, clientSecret } = provider;
  const env = { SSO_ISSUER: issuer, SSO_CLIENT_ID: clientId, SSO_CLIENT_SECRET: clientSecret };
  return { provider, env, asked, close: wires.close } satisfies ServedProvider;
}

/** What was found that is not well, as `severity id`. */
export const troubles = (findings: readonly Finding[]) =>
  findings.filter(({ severity }) => severity !== 'ok').map(({ severity, id }) => `${severity} ${id}`);

export const passes = (findings: readonly Finding[]) =>
  findings.filter(({ severity }) => severity === 'ok').map(({ id }) => id);
