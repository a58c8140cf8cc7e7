import { afterAll, beforeAll, expect, it } from 'vitest';
import { openSites, type RunningSites } from './running-sites';
import { overTheWire, type Served, serve } from './wires';

const REQUESTS = 100;
/** A token that is younger is not renewed (`RENEWAL_GAP_SECONDS`). */
const GAP_MS = 10_000;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let running: RunningSites;
let api: Served;
/** The tokens that the API has seen, and those that it takes no more. */
const seen = new Set<string>();
const revoked = new Set<string>();

beforeAll(async () => {
  api = await serve(async ({ headers }) => {
    const shown = headers.get('authorization') ?? '';
    seen.add(shown);
    return revoked.has(shown) ? new Response('', { status: 401 }) : Response.json({ ok: true });
  });
  const own = { BACKEND_API_URL: api.url };
  running = await openSites({ tokenSeconds: 300, processes: [own, own, own, own] });
}, 300_000);
afterAll(() => Promise.all([running?.close(), api?.close()]));

it('a hundred requests in four processes whose token the API has revoked: one refresh, a hundred answers', async () => {
  const { provider, sites, signIn } = running;
  const { cookie } = await signIn();
  const ask = (at: number) =>
    overTheWire(new Request(`${sites[at % sites.length]?.url}/api/backend/items`, { headers: { cookie } }));
  const since = pause(GAP_MS);
  expect((await Promise.all(sites.map((_, at) => ask(at)))).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(seen.size).toBe(1);
  await since;
  for (const token of seen) revoked.add(token);
  provider.lies.delay.token = 500;
  const answers = await Promise.all(Array.from({ length: REQUESTS }, (_, at) => ask(at)));
  expect(answers.map(({ status }) => status)).toEqual(Array(REQUESTS).fill(200));
  expect(seen.size).toBe(2);
  expect(provider.refreshPresentations()).toHaveLength(1);
  expect(provider.reuseEvents).toEqual([]);
}, 120_000);
