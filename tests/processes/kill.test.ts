import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { CHECKOUT, COMMIT } from '../../lib/store/scripts';
import { openSites, type RunningSites } from './running-sites';
import { type Served, serve } from './wires';

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

/** What becomes of one process, and of the person whose token it renews. */
interface Scene {
  readonly death: Death;
  /** Stands in front of Redis for this process alone. */
  readonly redis: Served;
  /** From now on the renewal is its death. */
  armed: boolean;
  kill(): void;
}

async function scene(death: Death): Promise<Scene> {
  const redis = await serve(async (request) => {
    const body = await request.text();
    const headers = { authorization: `Bearer ${redisToken}`, 'content-type': 'application/json' };
    const pass = () => fetch(redisUrl, { method: 'POST', headers, body });
    const script = (JSON.parse(body) as string[])[1] ?? '';
    return one.armed && death.redis ? death.redis(script, pass, () => one.kill()) : pass();
  });
  const one: Scene = { death, redis, armed: false, kill() {} };
  return one;
}

/** Whose refresh token the provider is shown: the people signed in one after the other, and it numbers its tokens. */
async function doomedBy(request: Request, scenes: readonly Scene[]): Promise<Scene | undefined> {
  const [, number] = /refresh_token=test-rt-(\d+)-/.exec(await request.clone().text()) ?? [];
  const found = scenes[Number(number) - 1];
  return found?.armed ? found : undefined;
}

describe('a process killed in the middle of a renewal', () => {
  let scenes: readonly Scene[] = [];
  let running: RunningSites;
  let aged: Promise<unknown>;
  const people: Awaited<ReturnType<RunningSites['signIn']>>[] = [];

  /** A healthy process, where all of them sign in, and beside it a victim for each. */
  beforeAll(async () => {
    scenes = await Promise.all(deaths.map(scene));
    running = await openSites({
      tokenSeconds: TOKEN_SECONDS,
      processes: [{}, ...scenes.map(({ redis }) => ({ UPSTASH_REDIS_REST_URL: redis.url }))],
      async onProvider(request, answer) {
        const doomed = await doomedBy(request, scenes);
        if (doomed?.death.provider === 'before') doomed.kill();
        const given = await answer();
        return doomed?.death.provider === 'after' ? dieBy(doomed.kill) : given;
      },
    });
    for (const [index, one] of scenes.entries())
      one.kill = () => {
        one.armed = false;
        running.sites[index + 1]?.kill();
      };
    for (const _ of scenes) people.push(await running.signIn());
    aged = pause(TOKEN_SECONDS * 1000 + 200);
  }, 120_000);
  afterAll(() => Promise.all([running?.close(), ...scenes.map(({ redis }) => redis.close())]));

  it.concurrent.each(deaths.map((death, index) => [death.at, index] as const))(
    '%s',
    { timeout: 120_000 },
    async (_, index) => {
      const [one, person] = [scenes[index] as Scene, people[index] as (typeof people)[0]];
      const [healthy, ...victims] = running.sites.map(({ url }) => url);
      const { death } = one;
      await aged;
      one.armed = true;
      await expect(running.ask(victims[index] ?? '', person.cookie)).rejects.toThrow(); // it dies with the connection
      expect(one.armed).toBe(false); // and of nothing else

      let status = 503;
      for (let tries = 0; status === 503 && tries < 6; tries += 1)
        status = (await running.ask(healthy ?? '', person.cookie)).status;
      expect(status).toBe(death.ends);
      expect(running.provider.reuseEvents).toEqual([]);
      const first = running.provider.refreshPresentations().filter(({ token }) => token?.id === `rt-${index + 1}`);
      expect(first).toHaveLength(death.presented);
      // Never a loop: one trip through the provider, and the person is back.
      if (death.ends === 401) expect(await person.navigate('/dashboard')).toEqual({ status: 200, hops: 4 });
    },
  );
});
