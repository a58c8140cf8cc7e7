import { KIND, startIsolate } from '#isolate';
import { readSettings } from '../../lib/configuration';
import { createSealer } from '../../lib/crypto/seal';
import { openSession } from '../../lib/session/session-cookie';
import { type Api, callApi, createApi } from './api';
import { type Browser, createBrowser } from './browser';
import type { Isolate } from './isolate';
import { route } from './network';
import { createProvider, type Provider, type ProviderOptions } from './provider';
import { type WorldRedis, worldRedis } from './redis';
import { breakerKey, documentsKey, recordKey } from './redis-keys';
import { moveClocks, setClocks, skippingWaits } from './time';

export { KIND };

/** A small internet: one site, one API behind it, one provider that can lie, one real Redis, any number of isolates and browsers. */
export interface World {
  readonly site: string;
  readonly env: Readonly<Record<string, string>>;
  readonly provider: Provider;
  readonly redis: WorldRedis;
  /** What the upstreams of the site are. */
  readonly api: Api;
  /** The isolate that answers when nothing else is said. */
  readonly isolate: Isolate;
  /** Every line that any isolate logged. */
  readonly logs: string[];
  /** A `Location` as a browser on the site reads it: Next makes those of its own host relative. */
  resolve(location: string | null | undefined): string;
  /** The logged events of a name. */
  events(name: string): Record<string, unknown>[];
  /** Another isolate: cold, with the same environment. */
  anotherIsolate(env?: Readonly<Record<string, string>>): Promise<Isolate>;
  /** A browser whose requests to the site go to an isolate, the world's own by default. */
  browser(isolate?: Isolate): Browser;
  /** A browser that has signed in and stands on `path`. */
  signedIn(path?: string, isolate?: Isolate): Promise<Browser>;
  /** Where Redis keeps the record of the session that a browser has, from what only the holder of the secret can read. */
  recordKey(browser: Browser): Promise<string>;
  /** Takes the shared copy of the provider's documents out of Redis. */
  forgetDocuments(): Promise<void>;
  /** Moves every clock but that of Redis. Timers stay as they are. */
  pass(seconds: number): void;
  /** Lets time pass for what Redis has stored of renewals: of a browser's session, and of the whole deployment. */
  passInRedis(seconds: number, browser: Browser): Promise<void>;
  /** Awaits some work without its waits: the clocks move to the next timer whenever nothing else is under way. */
  skippingWaits<Result>(work: Promise<Result>): Promise<Result>;
  /** Redis and provider calls that a piece of work causes, the work after its response included. */
  cost(work: () => Promise<unknown>): Promise<{ redis: number; provider: number }>;
}

export interface WorldOptions {
  readonly provider?: ProviderOptions;
  readonly env?: Readonly<Record<string, string>>;
  /** Next's `basePath`. */
  readonly basePath?: string;
}

const SESSION = '__Host-Http-session';
let worlds = 0;

export async function createWorld(options: WorldOptions = {}): Promise<World> {
  worlds += 1;
  const id = `${worlds}-${crypto.randomUUID().slice(0, 8)}`;
  const site = `https://site-${id}.test`;
  const { basePath = '' } = options;
  const redirectUri = `${site}${basePath}/auth/callback`;
  const postLogoutUri = `${site}${basePath}/signed-out`;
  const provider = await createProvider({
    issuer: `https://op-${id}.test`,
    redirectUri,
    postLogoutUri,
    ...options.provider,
  });
  route(new URL(provider.issuer).origin, (request) => provider.handle(request));
  const redis = worldRedis(id);
  const api = createApi(`https://api-${id}.test`);
  route(new URL(api.base).origin, (request) => callApi(api, request));
  const env = {
    SSO_ISSUER: provider.issuer,
    SSO_CLIENT_ID: provider.clientId,
    SSO_CLIENT_SECRET: provider.clientSecret,
    SSO_REDIRECT_URI: redirectUri,
    SSO_POST_LOGOUT_URI: postLogoutUri,
    SSO_SCOPE: 'openid profile email offline_access roles permissions',
    SESSION_SECRET: `planted-session-secret-${crypto.randomUUID()}`,
    UPSTASH_REDIS_REST_URL: redis.origin,
    UPSTASH_REDIS_REST_TOKEN: redis.token,
    BACKEND_API_URL: api.base,
    TRUSTED_PROXY_HOPS: '1',
    ...options.env,
  };
  const logs: string[] = [];
  const anotherIsolate = async (more: Readonly<Record<string, string>> = {}) => {
    const isolate = await startIsolate({
      env: { ...env, ...more },
      basePath,
      onLog: (line) => logs.push(String(line)),
    });
    moveClocks(0); // its realm's too
    return isolate;
  };
  const isolate = await anotherIsolate();
  setClocks(0);

  const world: World = {
    site,
    env,
    provider,
    redis,
    api,
    isolate,
    logs,
    anotherIsolate,
    resolve: (location) => new URL(location ?? '', site).href,
    events: (name) =>
      logs.flatMap((line) => {
        const event = JSON.parse(line) as Record<string, unknown>;
        return event.event === name ? [event] : [];
      }),
    browser(through = isolate) {
      const address = nextAddress();
      return createBrowser({
        origin: site,
        now: () => Date.now(),
        send: (request) =>
          new URL(request.url).origin === site ? through.send(arriving(request, address)) : provider.handle(request),
      });
    },
    async signedIn(path = '/dashboard', through = isolate) {
      const browser = world.browser(through);
      await browser.navigate(path);
      return browser;
    },
    async passInRedis(seconds, browser) {
      await redis.age(await world.recordKey(browser), seconds * 1000);
      await redis.age(await breakerKey(provider.issuer, provider.clientId), seconds * 1000);
    },
    pass: (seconds) => moveClocks(seconds * 1000),
    skippingWaits,
    async recordKey(browser) {
      const settings = readSettings(env);
      const cookie = `${SESSION}=${browser.cookies.get(SESSION)?.value}`;
      const { session } = await openSession(cookie, { settings, sealer: createSealer({ settings, now: Date.now }) });
      if (!session) throw new Error('the browser has no session');
      return recordKey(session.sid);
    },
    async forgetDocuments() {
      const sealer = createSealer({ settings: readSettings(env), now: Date.now });
      const known = await redis.command('DEL', await documentsKey(sealer));
      if (known !== 1) throw new Error('there was no copy of the provider’s documents');
    },
    async cost(work) {
      const before = { redis: redis.calls, provider: provider.ledger.length };
      await work();
      await isolate.settled();
      return { redis: redis.calls - before.redis, provider: provider.ledger.length - before.provider };
    },
  };
  return world;
}

let addresses = 0;

/** Every browser has an address of its own (RFC 5737 has too few of them for documentation, so private ones). */
function nextAddress(): string {
  addresses += 1;
  return [10, addresses >> 16, (addresses >> 8) & 255, addresses & 255].join('.');
}

/** What a server sees behind one proxy: the Host header, and the sender's address at the end of the chain. */
function arriving(request: Request, address: string): Request {
  const headers = new Headers(request.headers);
  if (!headers.has('host')) headers.set('host', new URL(request.url).host);
  headers.append('x-forwarded-for', address);
  return new Request(request, { headers });
}
