import { afterEach, describe, expect, it } from 'vitest';
import { openSites, type RunningSites } from './running-sites';

const REQUESTS = 1_000;
const PROCESSES = [{}, {}, {}, {}];
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let running: RunningSites;
afterEach(() => running.close());

/** As many as two cores serve without keeping Redis' answers waiting for a second, which the gate takes for an outage. */
const IN_FLIGHT = 300;

/** A thousand requests of one person, as many at once as the machine bears, spread over all processes; their statuses. */
async function askConcurrently(cookie: string): Promise<number[]> {
  const statuses: number[] = [];
  let next = 0;
  const one = async () => {
    while (next < REQUESTS) {
      const index = next;
      next += 1;
      const { url } = running.sites[index % running.sites.length] as RunningSites['sites'][0];
      statuses[index] = (await running.ask(url, cookie)).status;
    }
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, one));
  return statuses;
}
const all200 = Array(REQUESTS).fill(200);

/**
 * Every process has served some hundred requests: concurrent requests are to meet old tokens, and not servers
 * whose code is not compiled yet, which on a slow machine takes longer than the tokens live.
 */
const warm = (cookie: string) =>
  Promise.all(
    running.sites.map(async ({ url }) => {
      for (let round = 0; round < 10; round += 1)
        await Promise.all(Array.from({ length: 20 }, () => running.ask(url, cookie)));
    }),
  );

describe('a thousand requests in four processes', () => {
  it('with expired tokens and a provider that takes seven seconds: one call, a thousand answers', {
    timeout: 120_000,
  }, async () => {
    running = await openSites({ tokenSeconds: 120, processes: PROCESSES });
    const { provider } = running;
    provider.lies.tokenResponse = (json, { grantType }) =>
      grantType === 'authorization_code' ? { ...json, expires_in: 20 } : json; // over soon, the renewed ones last
    const { cookie } = await running.signIn();
    const over = pause(20_200);
    await warm(cookie);
    await over;
    provider.lies.delay.token = 7_000;
    expect(await askConcurrently(cookie)).toEqual(all200);
    expect(provider.refreshPresentations()).toHaveLength(1);
    expect(provider.reuseEvents).toEqual([]);
  });

  it('with tokens that are only due: no request waits for the provider, and it is asked once', {
    timeout: 120_000,
  }, async () => {
    let release = () => {};
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    running = await openSites({
      tokenSeconds: 120,
      processes: PROCESSES,
      async onProvider(request, answer) {
        const body = await request.clone().text();
        const given = await answer();
        if (body.includes('grant_type=refresh_token')) await released;
        return given;
      },
    });
    const { provider } = running;
    provider.lies.tokenResponse = (json, { grantType }) =>
      grantType === 'authorization_code' ? { ...json, expires_in: 60 } : json; // due after half of them
    const { cookie } = await running.signIn();
    const due = pause(30_200);
    await warm(cookie);
    await due;
    expect(await askConcurrently(cookie)).toEqual(all200); // every request has its answer, and the provider has not given its own yet
    expect(provider.refreshPresentations()).toHaveLength(1);
    release();
    await pause(1_000);
    const adopted = await running.ask(running.sites[1]?.url ?? '', cookie);
    expect(adopted.status).toBe(200);
    expect(adopted.headers.getSetCookie()).toEqual([expect.stringMatching(/^gatehouse_session=/)]);
    expect(provider.refreshPresentations()).toHaveLength(1);
  });
});
