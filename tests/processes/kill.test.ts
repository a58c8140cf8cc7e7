import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CHECKOUT, COMMIT } from '../../lib/store/scripts';
import { ensureBuild, freePort, startSite } from '../../local/site.mjs';
import { createBrowser } from '../world/browser';
import { createProvider, type Provider } from '../world/provider';
import { overTheWire, type Served, serve } from './wires';

const TOKEN_SECONDS = 4;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** When the process dies, and what must be true afterwards. */
interface Death {
  readonly at: string;
  /** Sees each Redis call of the victim; `pass` applies it. To kill is to never answer. */
  readonly redis?: (script: string, pass: () => Promise<Response>, kill: () => void) => Promise<Response>;
  /** The provider kills the victim while it works on the refresh token. */
  readonly provider?: 'before' | 'after';
  /** How often the refresh token of the first generation reached the provider. */
  readonly presented: 0 | 1;
  /** What a request in another process ends with: the renewed session, or the way through the provider. */
  readonly ends: 200 | 401;
}

const never = () => new Promise<Response>(() => {});
const dieBy = (kill: () => void) => {
  kill();
  return never();
};
const deaths: Death[] = [
  {
    at: 'before checkout is applied',
    redis: async (script, pass, kill) => (script === CHECKOUT ? dieBy(kill) : pass()),
    presented: 1, // by the other process, which finds nothing amiss
    ends: 200,
  },
  {
    at: 'after checkout is applied, before its reply',
    redis: async (script, pass, kill) => {
      const reply = await pass();
      return script === CHECKOUT ? dieBy(kill) : reply;
    },
    presented: 0,
    ends: 401,
  },
  { at: 'while the provider has not looked at the token yet', provider: 'before', presented: 1, ends: 401 },
  { at: 'after the provider has rotated the token, before its answer', provider: 'after', presented: 1, ends: 401 },
  {
    at: 'before commit is applied',
    redis: async (script, pass, kill) => (script === COMMIT ? dieBy(kill) : pass()),
    presented: 1,
    ends: 401,
  },
  {
    at: 'after commit is applied, before its reply',
    redis: async (script, pass, kill) => {
      const reply = await pass();
      return script === COMMIT ? dieBy(kill) : reply;
    },
    presented: 1,
    ends: 200,
  },
];

const { url: redisUrl, token: redisToken } = inject('redis');
beforeAll(() => ensureBuild(() => {}), 240_000);

/** The world of one death: a provider, the victim behind a Redis proxy, and a healthy process beside it. */
async function stage(death: Death) {
  let kill = () => {};
  let armed = false;
  let provider: Provider | undefined;
  const op = await serve(async (request) => {
    const { pathname } = new URL(request.url);
    const doomed = armed && pathname === '/token';
    if (doomed && death.provider === 'before') kill();
    const answer = await (provider as Provider).handle(request);
    return doomed && death.provider === 'after' ? dieBy(kill) : answer;
  });
  const redis = await serve(async (request) => {
    const body = await request.text();
    const headers = { authorization: `Bearer ${redisToken}`, 'content-type': 'application/json' };
    const pass = () => fetch(redisUrl, { method: 'POST', headers, body });
    return armed && death.redis ? death.redis((JSON.parse(body) as string[])[1] ?? '', pass, kill) : pass();
  });
  const healthyUrl = `http://localhost:${await freePort(0)}`;
  const victimUrl = `http://localhost:${await freePort(0)}`;
  provider = await createProvider({
    issuer: op.url,
    redirectUri: `${healthyUrl}/auth/callback`,
    postLogoutUri: `${healthyUrl}/signed-out`,
    tokenSeconds: TOKEN_SECONDS,
  });
  const env = {
    SSO_ISSUER: provider.issuer,
    SSO_CLIENT_ID: provider.clientId,
    SSO_CLIENT_SECRET: provider.clientSecret,
    SSO_REDIRECT_URI: `${healthyUrl}/auth/callback`,
    SSO_POST_LOGOUT_URI: `${healthyUrl}/signed-out`,
    SESSION_SECRET: `planted-session-secret-${crypto.randomUUID()}`,
    UPSTASH_REDIS_REST_URL: redisUrl,
    UPSTASH_REDIS_REST_TOKEN: redisToken,
  };
  const start = (url: string, over: Record<string, string>) =>
    startSite({ url, mode: 'production', env: { ...env, ...over }, log: () => {} });
  const healthy = await start(healthyUrl, {});
  const victim = await start(victimUrl, { UPSTASH_REDIS_REST_URL: redis.url });
  kill = () => {
    armed = false;
    victim.kill();
  };
  const open: Served[] = [op, redis];
  return {
    provider,
    healthyUrl,
    victimUrl,
    arm() {
      armed = true;
    },
    async close() {
      await Promise.all([healthy.close(), ...open.map((one) => one.close())]);
    },
  };
}

describe('a process killed in the middle of a renewal', () => {
  const stages: { close(): Promise<void> }[] = [];
  afterAll(async () => {
    await Promise.all(stages.map((one) => one.close()));
  });

  it.concurrent.each(deaths)('$at', { timeout: 120_000 }, async (death) => {
    const world = await stage(death);
    stages.push(world);
    const { provider } = world;
    const send = (request: Request) =>
      request.url.startsWith(provider.issuer) ? provider.handle(request) : overTheWire(request);
    const browser = createBrowser({ origin: world.healthyUrl, send });
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    const cookie = `session=${browser.cookies.get('session')?.value}`;
    const ask = (site: string) => overTheWire(new Request(`${site}/api/me`, { headers: { cookie } }));

    await pause(TOKEN_SECONDS * 1000 + 200);
    world.arm();
    await expect(ask(world.victimUrl)).rejects.toThrow(); // it dies with the connection

    let status = 503;
    for (let tries = 0; status === 503 && tries < 6; tries += 1) status = (await ask(world.healthyUrl)).status;
    expect(status).toBe(death.ends);
    expect(provider.reuseEvents).toEqual([]);
    const first = provider.refreshPresentations().filter(({ token }) => token?.id === 'rt-1');
    expect(first).toHaveLength(death.presented);
    if (death.ends === 200) return;
    // Never a loop: one trip through the provider, and the person is back.
    const { response, hops } = await browser.navigate('/dashboard');
    expect([response.status, hops.length]).toEqual([200, 4]);
  });
});
