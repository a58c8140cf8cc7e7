import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { inject } from 'vitest';
import { root } from '../../local/setup.mjs';
import { answers, freePort, inheritedEnv, startSite } from '../../local/site.mjs';
import { overTheWire, serve } from '../processes/wires';
import { type Browser, createBrowser, type Visit } from '../world/browser';
import { ANA, createProvider, type Person, type Provider } from '../world/provider';
import { folderOf } from './adopt';
import { serveApi } from './api';
import { documentedDockerfile } from './dockerfile';
import type { Site } from './sites';

export interface Running {
  /** Where its files are. */
  readonly dir: string;
  readonly port: number;
  /** Origin and base path. */
  readonly url: string;
  readonly provider: Provider;
  /** A path below the base path, as it stands behind the origin. */
  at(path: string): string;
  /** A request of a script without a session; paths are below the base path. */
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  /** A browser in front of site and provider; its paths begin at the origin. */
  browser(): Browser;
  /** A browser in which a user has signed in, and the page that the sign-in led to. */
  signedIn(who?: Person): Promise<{ readonly browser: Browser; readonly visit: Visit }>;
  close(): Promise<void>;
}

type Env = Readonly<Record<string, string>>;

/** A built site, running, with a provider and the Redis of the run. */
export async function open(site: Site): Promise<Running> {
  const port = await freePort(0);
  const origin = `http://localhost:${port}`;
  const url = origin + site.basePath;
  const at = (path: string) => site.basePath + path;
  const browser = () => createBrowser({ origin, send: overTheWire });
  const uris = { redirectUri: `${url}/auth/callback`, postLogoutUri: `${url}${site.addsRules ? '/signed-out' : '/'}` };
  let provider: Provider | undefined;
  const wires = await serve((request) => (provider as Provider).handle(request));
  provider = await createProvider({ issuer: wires.url, ...uris, claimsAt: 'both' }); // the API below asks userinfo
  const api = await serveApi(() => provider as Provider);
  const redis = inject('redis');
  const env = {
    SSO_ISSUER: provider.issuer,
    SSO_CLIENT_ID: provider.clientId,
    SSO_CLIENT_SECRET: provider.clientSecret,
    SSO_REDIRECT_URI: uris.redirectUri,
    SSO_POST_LOGOUT_URI: uris.postLogoutUri,
    SSO_SCOPE: 'openid profile email offline_access roles',
    SESSION_SECRET: `adopter-session-secret-${crypto.randomUUID()}`,
    UPSTASH_REDIS_REST_URL: redis.url,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    BACKEND_API_URL: api.url,
  };
  const dir = folderOf(site);
  const running = await (site.server === 'server.js'
    ? startServer(dir, origin, env)
    : startSite({ url: origin, mode: 'production', dir, env, log: () => {} }));
  return {
    dir,
    port,
    url,
    provider,
    at,
    get: (path, headers = {}) => fetch(url + path, { redirect: 'manual', headers }),
    browser,
    async signedIn(who = ANA) {
      provider.person = who;
      const visitor = browser();
      return { browser: visitor, visit: await visitor.navigate(at('/account')) };
    },
    async close() {
      await Promise.all([running.close(), wires.close(), api.close()]);
    },
  };
}

/**
 * A site without Next's command, put into a container as the documented Dockerfile says: the folder that the build made, with
 * the files that Next leaves to the owner, in a place where no other package is found. The sites of this run are folders of one
 * workspace, so Next puts the server below that folder.
 */
async function startServer(dir: string, origin: string, env: Env) {
  const container = mkdtempSync(join(tmpdir(), 'gatehouse-standalone-'));
  const home = join(container, relative(root, dir));
  const { copies, env: ofImage, command } = documentedDockerfile();
  for (const { source, target } of copies)
    cpSync(join(dir, source), target ? join(home, target) : container, { recursive: true });
  const { port } = new URL(origin);
  const [program = '', ...args] = command;
  if (program !== 'node') throw new Error('the container does not start Node');
  const child = spawn(process.execPath, args, {
    cwd: home,
    env: { ...inheritedEnv(), ...ofImage, ...env, PORT: port },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = once(child, 'exit');
  await answers(origin, AbortSignal.timeout(30_000));
  return {
    async close() {
      child.kill('SIGKILL'); // on SIGTERM Next waits for open connections
      await exited;
      rmSync(container, { recursive: true, force: true });
    },
  };
}
