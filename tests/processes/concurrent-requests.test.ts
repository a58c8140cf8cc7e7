import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANA } from '../world/provider';
import { openSites, type RunningSites } from './running-sites';

const REQUESTS = 1_000;
const PROCESSES = [{}, {}, {}, {}];
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let expired: Scene;
let due: Scene;

/** Processes that have one person's session, and the time from which on its tokens are over, or due. */
interface Scene {
  readonly running: RunningSites;
  readonly cookie: string;
  readonly aged: Promise<unknown>;
}

/** As many as two cores serve without keeping Redis' answers waiting for a second, which the gate takes for an outage. */
const IN_FLIGHT = 300;

/** A thousand requests of one person, as many at once as the machine bears, spread over all processes; what each was answered. */
async function askConcurrently({ running, cookie }: Scene): Promise<string[]> {
  const answers: string[] = [];
  let next = 0;
  const one = async () => {
    while (next < REQUESTS) {
      const index = next;
      next += 1;
      const { url } = running.sites[index % running.sites.length] as RunningSites['sites'][0];
      const answer = await running.ask(url, cookie);
      answers[index] = `${answer.status} ${await answer.text()}`;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return answers;
}
const all200 = Array(REQUESTS).fill(`200 {"sub":"${ANA.sub}"}`);

/**
 * Every process has served some hundred requests: concurrent requests are to meet old tokens, and not servers
 * whose code is not compiled yet, which on a slow machine takes longer than the tokens live.
 */
const warm = ({ sites, ask }: RunningSites, cookie: string) =>
  Promise.all(
    sites.map(async ({ url }) => {
      for (let round = 0; round < 10; round += 1) await Promise.all(Array.from({ length: 20 }, () => ask(url, cookie)));
    }),
  );

/**
 * A person whose first tokens live so many seconds, and the renewed ones longer, signs in at these processes, and has
 * visited each of them.
 */
async function signIn(running: RunningSites, tokenSeconds: number, agedAfterSeconds: number): Promise<Scene> {
  running.provider.lies.tokenResponse = (json, { grantType }) =>
    grantType === 'authorization_code' ? { ...json, expires_in: tokenSeconds } : json;
  const { cookie } = await running.signIn();
  const aged = pause(agedAfterSeconds * 1000 + 200);
  await warm(running, cookie);
  return { running, cookie, aged };
}

let release = () => {};
const released = new Promise<void>((resolve) => {
  release = resolve;
});

// Both at once: the tokens of one grow old while the other one's are asked for.
beforeAll(async () => {
  const common = { tokenSeconds: 120, processes: PROCESSES };
  const [forExpired, forDue] = await Promise.all([
    openSites(common),
    openSites({
      ...common,
      async onProvider(request, answer) {
        const body = await request.clone().text();
        const given = await answer();
        if (body.includes('grant_type=refresh_token')) await released;
        return given;
      },
    }),
  ]);
  expired = await signIn(forExpired, 20, 20);
  due = await signIn(forDue, 60, 30); // due after half of them
}, 120_000);
afterAll(() => Promise.all([expired?.running.close(), due?.running.close()]));

describe('a thousand requests in four processes', () => {
  it('with expired tokens and a provider that takes seven seconds: one call, a thousand answers', {
    timeout: 120_000,
  }, async () => {
    const { provider } = expired.running;
    await expired.aged;
    provider.lies.delay.token = 7_000;
    expect(await askConcurrently(expired)).toEqual(all200);
    expect(provider.refreshPresentations()).toHaveLength(1);
    expect(provider.reuseEvents).toEqual([]);
  });

  it('with tokens that are only due: no request waits for the provider, and it is asked once', {
    timeout: 120_000,
  }, async () => {
    const { provider, sites, ask } = due.running;
    await due.aged;
    expect(await askConcurrently(due)).toEqual(all200); // every request has its answer, and the provider has not given its own yet
    expect(provider.refreshPresentations()).toHaveLength(1);
    release();
    await pause(1_000);
    const adopted = await ask(sites[1]?.url ?? '', due.cookie);
    expect(adopted.status).toBe(200);
    expect(adopted.headers.getSetCookie()).toEqual([expect.stringMatching(/^gatehouse_session=/)]);
    expect(provider.refreshPresentations()).toHaveLength(1);
  });
});
