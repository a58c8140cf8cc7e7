import { Agent } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ANA } from '../world/provider';
import { openSites, type RunningSites } from './running-sites';
import { overTheWire, type Served, serve } from './wires';

const REQUESTS = 1_000;
const REQUESTS_TO_API = 100;
/** As many as two cores serve without keeping Redis' answers waiting for a second, which the gate takes for an outage. */
const IN_FLIGHT = 300;
/** As many as two slow cores answer in a third of the 8.5 seconds for which the gate waits for the provider. */
const WHILE_HELD = 400;
const FEW_IN_FLIGHT = 100;

/** A token that is younger is not renewed (`RENEWAL_GAP_SECONDS`). */
const GAP_SECONDS = 10;
/** Of a token that is due after half of its life, and lives on for long enough to have all requests answered. */
const DUE_LIFE_SECONDS = 60;
/** Of a token that is over when its turn comes, and not before every process has seen the session. */
const EXPIRED_LIFE_SECONDS = 20;
const LONG_LIFE_SECONDS = 120;

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let running: RunningSites;
let api: Served;
/** The tokens that the API has seen, and those that it takes no more. */
const seen = new Set<string>();
const revoked = new Set<string>();
/** While it is set, the provider has rotated a refresh token, and answers when this is over. */
let held: Promise<void> | undefined;

/** One person's session, which every process has seen, and the time when its tokens have the age that a test wants. */
interface Person {
  readonly cookie: string;
  readonly aged: Promise<unknown>;
}
let refused: Person;
let due: Person;
let expired: Person;

/** Signs a person in whose first tokens live so many seconds, and the renewed ones longer, and visits each process. */
async function signIn(tokenSeconds: number, agedAfterSeconds: number): Promise<Person> {
  running.provider.lies.tokenResponse = (json, { grantType }) =>
    grantType === 'authorization_code' ? { ...json, expires_in: tokenSeconds } : json;
  const { cookie } = await running.signIn();
  const aged = pause(agedAfterSeconds * 1000 + 200);
  await Promise.all(running.sites.map(({ url }) => running.ask(url, cookie)));
  return { cookie, aged };
}

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

/** Requests of one person, some at once, spread over all processes; what each was answered. */
async function askConcurrently({ cookie }: Person, count = REQUESTS, inFlight = IN_FLIGHT): Promise<string[]> {
  const answers: string[] = [];
  const agent = new Agent({ keepAlive: true }); // its connections always have a request
  let next = 0;
  const one = async () => {
    while (next < count) {
      const index = next;
      next += 1;
      const { url } = running.sites[index % running.sites.length] as RunningSites['sites'][0];
      const answer = await overTheWire(new Request(`${url}/api/me`, { headers: { cookie } }), agent);
      answers[index] = `${answer.status} ${await answer.text()}`;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, one));
  agent.destroy();
  return answers;
}
const all200 = (count = REQUESTS) => Array(count).fill(`200 {"sub":"${ANA.sub}"}`);

const askApi = ({ cookie }: Person, at: number) => {
  const { url } = running.sites[at % running.sites.length] as RunningSites['sites'][0];
  return overTheWire(new Request(`${url}/api/backend/items`, { headers: { cookie } }));
};

/** The presentations of refresh tokens from here on: the persons come to their turn one after the other. */
function presentations(): () => number {
  const { provider } = running;
  const before = provider.refreshPresentations().length;
  return () => provider.refreshPresentations().length - before;
}

beforeAll(async () => {
  api = await serve(async ({ headers }) => {
    const shown = headers.get('authorization') ?? '';
    seen.add(shown);
    return revoked.has(shown) ? new Response('', { status: 401 }) : Response.json({ ok: true });
  });
  const own = { BACKEND_API_URL: api.url };
  running = await openSites({
    tokenSeconds: LONG_LIFE_SECONDS,
    processes: [own, own, own, own],
    async onProvider(request, answer) {
      const body = await request.clone().text();
      const given = await answer();
      if (body.includes('grant_type=refresh_token')) await held;
      return given;
    },
  });
  await warm(running, (await signIn(LONG_LIFE_SECONDS, 0)).cookie);
  // One after the other and before all tests: the tokens of one grow old while another one's are asked for.
  refused = await signIn(LONG_LIFE_SECONDS, GAP_SECONDS);
  due = await signIn(DUE_LIFE_SECONDS, DUE_LIFE_SECONDS / 2);
  expired = await signIn(EXPIRED_LIFE_SECONDS, EXPIRED_LIFE_SECONDS);
}, 120_000);
afterAll(() => Promise.all([running?.close(), api?.close()]));

describe('in four processes', () => {
  it('a hundred requests whose token the API has revoked: one refresh, a hundred answers', {
    timeout: 120_000,
  }, async () => {
    const { provider, sites } = running;
    const presented = presentations();
    const first = await Promise.all(sites.map((_, at) => askApi(refused, at)));
    expect(first.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(seen.size).toBe(1);
    await refused.aged;
    for (const token of seen) revoked.add(token);
    provider.lies.delay.token = 500;
    const answers = await Promise.all(Array.from({ length: REQUESTS_TO_API }, (_, at) => askApi(refused, at)));
    expect(answers.map(({ status }) => status)).toEqual(Array(REQUESTS_TO_API).fill(200));
    expect(seen.size).toBe(2);
    expect(presented()).toBe(1);
    expect(provider.reuseEvents).toEqual([]);
  });

  it('a thousand requests with tokens that are only due: no request waits for the provider, and it is asked once', {
    timeout: 120_000,
  }, async () => {
    const { provider, sites, ask } = running;
    provider.beHonest();
    let release = () => {};
    held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const presented = presentations();
    await due.aged;
    const early = await askConcurrently(due, WHILE_HELD, FEW_IN_FLIGHT);
    const calls = presented();
    release();
    expect(early).toEqual(all200(WHILE_HELD)); // each had its answer, and the provider had not given its own
    expect(calls).toBe(1);
    expect(await askConcurrently(due, REQUESTS - WHILE_HELD)).toEqual(all200(REQUESTS - WHILE_HELD));
    await pause(1_000);
    const adopted = await ask(sites[1]?.url ?? '', due.cookie);
    expect(adopted.status).toBe(200);
    expect(adopted.headers.getSetCookie()).toEqual([expect.stringMatching(/^gatehouse_session=/)]);
    expect(presented()).toBe(1);
  });

  it('a thousand requests with expired tokens and a provider that takes seven seconds: one call, a thousand answers', {
    timeout: 120_000,
  }, async () => {
    const { provider } = running;
    const presented = presentations();
    await expired.aged;
    provider.lies.delay.token = 7_000;
    expect(await askConcurrently(expired)).toEqual(all200());
    expect(presented()).toBe(1);
    expect(provider.reuseEvents).toEqual([]);
  });
});
