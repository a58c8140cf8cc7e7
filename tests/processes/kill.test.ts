import { afterAll, describe, expect, inject, it } from 'vitest';
import { CHECKOUT, COMMIT } from '../../lib/store/scripts';
import { openSites, type RunningSites } from './running-sites';
import { serve } from './wires';

/** The shortest life that is as long as named: two renewals lie at least so far apart. */
const TOKEN_SECONDS = 10;
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

/** A healthy process, and beside it the victim, behind a Redis proxy and a provider that may be its death. */
async function stage(death: Death) {
  let kill = () => {};
  let armed = false;
  const redis = await serve(async (request) => {
    const body = await request.text();
    const headers = { authorization: `Bearer ${redisToken}`, 'content-type': 'application/json' };
    const pass = () => fetch(redisUrl, { method: 'POST', headers, body });
    return armed && death.redis ? death.redis((JSON.parse(body) as string[])[1] ?? '', pass, kill) : pass();
  });
  const running = await openSites({
    tokenSeconds: TOKEN_SECONDS,
    processes: [{}, { UPSTASH_REDIS_REST_URL: redis.url }],
    async onProvider(request, answer) {
      const doomed = armed && new URL(request.url).pathname === '/token';
      if (doomed && death.provider === 'before') kill();
      const given = await answer();
      return doomed && death.provider === 'after' ? dieBy(kill) : given;
    },
  });
  const [healthy, victim] = running.sites as [RunningSites['sites'][0], RunningSites['sites'][0]];
  kill = () => {
    armed = false;
    victim.kill();
  };
  return {
    running,
    healthy,
    victim,
    arm() {
      armed = true;
    },
    async close() {
      await Promise.all([running.close(), redis.close()]);
    },
  };
}

describe('a process killed in the middle of a renewal', () => {
  const stages: { close(): Promise<void> }[] = [];
  afterAll(async () => {
    await Promise.all(stages.map((one) => one.close()));
  });

  it.concurrent.each(deaths)('$at', { timeout: 120_000 }, async (death) => {
    const scene = await stage(death);
    stages.push(scene);
    const { running, healthy, victim } = scene;
    const { provider } = running;
    const person = await running.signIn();
    await pause(TOKEN_SECONDS * 1000 + 200);
    scene.arm();
    await expect(running.ask(victim.url, person.cookie)).rejects.toThrow(); // it dies with the connection

    let status = 503;
    for (let tries = 0; status === 503 && tries < 6; tries += 1)
      status = (await running.ask(healthy.url, person.cookie)).status;
    expect(status).toBe(death.ends);
    expect(provider.reuseEvents).toEqual([]);
    const first = provider.refreshPresentations().filter(({ token }) => token?.id === 'rt-1');
    expect(first).toHaveLength(death.presented);
    // Never a loop: one trip through the provider, and the person is back.
    if (death.ends === 401) expect(await person.navigate('/dashboard')).toEqual({ status: 200, hops: 4 });
  });
});
