import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { envValues } from '../../lib/cli/env-file';
import { startSite } from '../../local/site.mjs';
import { type DocumentedNginx, documentedNginx } from '../caching/documented-nginx';
import { overTheWire } from '../processes/wires';
import { type Browser, createBrowser, type Visit } from '../world/browser';
import { type Adopted, folderOf } from './adopt';
import { serveApi } from './api';
import { type Env, startServer } from './standalone';

/** Who can sign in: no role, the role `admin`, and sessions that no other test makes. */
export type Person = 'ana' | 'budi' | 'citra';

export interface Running {
  /** Where its files are. */
  readonly dir: string;
  /** Where Next listens; browsers may have a proxy in front of it. */
  readonly port: number;
  /** Origin and base path. */
  readonly url: string;
  readonly issuer: string;
  /** Variables that a deployment of the site has, over those of its `.env.local`. */
  readonly env: Env;
  /** What the certificate of the proxy in front is signed by. */
  readonly certificate: string | undefined;
  /** A path below the base path, as it stands behind the origin. */
  at(path: string): string;
  /** A request of a script without a session; paths are below the base path. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** A browser in front of site and provider; its paths begin at the origin. */
  browser(): Browser;
  /** A browser in which a person has signed in, and the page that the sign-in led to. */
  signedIn(who?: Person): Promise<{ readonly browser: Browser; readonly visit: Visit }>;
  close(): Promise<void>;
}

/** An adopted site, running with the variables that `init` and `dev --write` have put into its `.env.local`. */
export async function open({ site, ports, development: { issuer, stop } }: Adopted): Promise<Running> {
  const dir = folderOf(site);
  const isBehind = site.server === 'server.js behind nginx';
  const inside = `http://localhost:${ports.site}`;
  const origin = isBehind ? `https://localhost:${ports.https}` : inside;
  const at = (path: string) => site.basePath + path;
  const api = await serveApi(issuer);
  const env = { BACKEND_API_URL: api.url, ...(isBehind && deployedAt(origin)) };
  const running = await (site.server === 'next start'
    ? startSite({ url: inside, mode: 'production', dir, env, log: () => {} })
    : startServer(dir, inside, { ...variablesOf(dir), ...env }));
  const nginx = isBehind ? await front(ports) : undefined;
  const browser = () => createBrowser({ origin, send: overTheWire });
  return {
    dir,
    port: ports.site,
    url: origin + site.basePath,
    issuer,
    env,
    certificate: nginx?.certificate,
    at,
    get: (path, headers = {}) =>
      overTheWire(new Request(origin + at(path), { headers: { 'sec-fetch-mode': 'cors', ...headers } })),
    browser,
    async signedIn(account = 'ana') {
      const visitor = browser();
      const { hops } = await visitor.navigate(at('/account'));
      const visit = await visitor.post(hops.at(-1)?.url ?? '', { form: { account }, origin: issuer });
      return { browser: visitor, visit };
    },
    async close() {
      await nginx?.close();
      await Promise.all([running.close(), api.close(), stop()]);
    },
  };
}

/** Of `.env.local`, which a container gets as `--env-file`. */
const variablesOf = (dir: string): Env => Object.fromEntries(envValues(readFileSync(join(dir, '.env.local'), 'utf8')));

/** What a host sets for a site behind a proxy of its own: the two addresses that `init` says, and how many proxies there are. */
const deployedAt = (origin: string): Env => ({
  SSO_REDIRECT_URI: `${origin}/auth/callback`,
  SSO_POST_LOGOUT_URI: `${origin}/`,
  TRUSTED_PROXY_HOPS: '1',
});

async function front({ http, https, site }: Adopted['ports']): Promise<DocumentedNginx> {
  const nginx = documentedNginx({ http, https, upstream: `127.0.0.1:${site}` });
  await nginx.start();
  return nginx;
}
