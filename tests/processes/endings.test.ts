import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { openSites, type RunningSites } from './running-sites';
import { overTheWire, type Served, serve } from './wires';

const CHECK_SECONDS = 4;
const PROCESSES = 4;
const PEOPLE = 12;
const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let running: RunningSites;
let counted: Served;
let calls = 0;
let cookies: string[] = [];

/** Stands in front of Redis and counts. */
const countCalls = () =>
  serve(async (request, base) => {
    calls += 1;
    const { method, headers, url } = request;
    const { authorization = '' } = Object.fromEntries(headers);
    const body = await request.text();
    return fetch(inject('redis').url + url.slice(base.length), { method, headers: { authorization }, body });
  });

beforeAll(async () => {
  counted = await countCalls();
  const env = { SESSION_CHECK_SECONDS: String(CHECK_SECONDS), UPSTASH_REDIS_REST_URL: counted.url };
  running = await openSites({ tokenSeconds: 900, processes: Array.from({ length: PROCESSES }, () => env) });
  for (let person = 0; person < PEOPLE; person += 1) cookies.push((await running.signIn()).cookie);
}, 120_000);
afterAll(() => Promise.all([running?.close(), counted?.close()]));

/** Every person visits every process; their statuses. */
const visitAll = (people: readonly string[]) =>
  Promise.all(
    people.flatMap((cookie) => running.sites.map(async ({ url }) => (await running.ask(url, cookie)).status)),
  );

/** Calls to Redis while these people visit all processes, again and again. */
async function callsOf(people: readonly string[]): Promise<number> {
  await visitAll(people); // what a process asks first of all is not counted
  await pause(200);
  const before = calls;
  for (const ends = Date.now() + CHECK_SECONDS * 1000; Date.now() < ends; await pause(250))
    expect(new Set(await visitAll(people))).toEqual(new Set([200]));
  return calls - before;
}

describe('four processes of a site', () => {
  it('ask Redis as often for twelve people as for three: each reads the list of endings', {
    timeout: 60_000,
  }, async () => {
    const [few, many] = [await callsOf(cookies.slice(0, 3)), await callsOf(cookies)];
    const most = PROCESSES * (2 + 2); // two reads in SESSION_CHECK_SECONDS, and what began before and ends after it
    expect(few).toBeLessThanOrEqual(most);
    expect(many).toBeLessThanOrEqual(most);
    expect(many).toBeGreaterThanOrEqual(PROCESSES); // or they do not ask at all
  });

  it('refuse a session that was ended at one of them, at all of them within SESSION_CHECK_SECONDS', {
    timeout: 60_000,
  }, async () => {
    const [leaving = '', ...others] = cookies;
    expect(new Set(await visitAll(cookies))).toEqual(new Set([200]));
    const [{ url: origin } = { url: '' }] = running.sites;
    const headers = { cookie: leaving, origin };
    const { status } = await overTheWire(new Request(`${origin}/auth/logout`, { method: 'POST', headers }));
    expect([200, 303]).toContain(status);
    const ended = Date.now();
    // No request comes in this time, so that no process has read the list behind another answer.
    await pause(CHECK_SECONDS * 1000 - (Date.now() - ended));
    expect(await visitAll([leaving])).toEqual([401, 401, 401, 401]);
    expect(new Set(await visitAll(others))).toEqual(new Set([200]));
    cookies = others;
  });
});
