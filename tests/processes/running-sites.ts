import { inject } from 'vitest';
import { freePort, startSite } from '../../local/site.mjs';
import { createBrowser } from '../world/browser';
import { createProvider, type Provider } from '../world/provider';
import { overTheWire, serve } from './wires';

export interface RunningSites {
  readonly provider: Provider;
  /** The processes of the built site; the first is at the canonical origin. */
  readonly sites: readonly { readonly url: string; kill(): void }[];
  /** Signs a person in at the first site; their `Cookie` header, and what brings them there again. */
  signIn(): Promise<{ readonly cookie: string; navigate(path: string): Promise<{ status: number; hops: number }> }>;
  /** `GET /api/me` with a cookie. */
  ask(site: string, cookie: string): Promise<Response>;
  close(): Promise<void>;
}

interface Options {
  readonly tokenSeconds: number;
  /** One entry per process: variables over the common ones. */
  readonly processes: readonly Readonly<Record<string, string>>[];
  /** Stands in front of the provider. */
  readonly onProvider?: (request: Request, answer: () => Promise<Response>) => Promise<Response>;
}

/** Processes of the built site, a provider that can lie and a real Redis, with real sockets between them. */
export async function openSites({
  tokenSeconds,
  processes,
  onProvider = (_, answer) => answer(),
}: Options): Promise<RunningSites> {
  let provider: Provider | undefined;
  const honest = (request: Request) => (provider as Provider).handle(request);
  const op = await serve((request) => onProvider(request, () => honest(request)));
  const urls: string[] = [];
  for (const _ of processes) urls.push(`http://localhost:${await freePort(0)}`);
  const [origin = ''] = urls;
  const redirectUri = `${origin}/auth/callback`;
  const postLogoutUri = `${origin}/signed-out`;
  provider = await createProvider({ issuer: op.url, redirectUri, postLogoutUri, tokenSeconds });
  const { url: redisUrl, token: redisToken } = inject('redis');
  const env = {
    SSO_ISSUER: provider.issuer,
    SSO_CLIENT_ID: provider.clientId,
    SSO_CLIENT_SECRET: provider.clientSecret,
    SSO_REDIRECT_URI: redirectUri,
    SSO_POST_LOGOUT_URI: postLogoutUri,
    SESSION_SECRET: `planted-session-secret-${crypto.randomUUID()}`,
    UPSTASH_REDIS_REST_URL: redisUrl,
    UPSTASH_REDIS_REST_TOKEN: redisToken,
    BACKEND_API_URL: 'https://backend.invalid',
  };
  const running = await Promise.all(
    urls.map((url, index) =>
      startSite({ url, mode: 'production', env: { ...env, ...processes[index] }, log: () => {} }),
    ),
  );
  return {
    provider,
    sites: urls.map((url, index) => ({ url, kill: () => running[index]?.kill() })),
    async signIn() {
      const send = (request: Request) => (request.url.startsWith(op.url) ? honest(request) : overTheWire(request));
      const browser = createBrowser({ origin, send });
      await browser.navigate('/dashboard');
      return {
        cookie: `gatehouse_session=${browser.cookies.get('gatehouse_session')?.value}`,
        async navigate(path) {
          const { response, hops } = await browser.navigate(path);
          return { status: response.status, hops: hops.length };
        },
      };
    },
    ask: (site, cookie) => overTheWire(new Request(`${site}/api/me`, { headers: { cookie } })),
    async close() {
      await Promise.all([op.close(), ...running.map((site) => site.close())]);
    },
  };
}
