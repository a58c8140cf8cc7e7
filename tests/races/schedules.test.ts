import { describe, expect, it } from 'vitest';
import { postToken, providerSession } from '../world/logout';
import { type Pick, random } from '../world/random';
import { createWorld, type World } from '../world/world';

/** Each run draws others. */
const SCHEDULES = process.env.GATEHOUSE_STORIES === 'once' ? 400 : 1_000;
const AT_ONCE = 5; // more of them keep each other's answers waiting for longer than Redis is waited for
const NAME = '__Host-Http-session';

type Browser = ReturnType<World['browser']>;
const later = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a person, and the tabs that they forgot, may do while expired tokens are renewed. */
const ACTIONS = {
  page: async (tab: Browser) => (await tab.navigate('/dashboard', { redirect: 'manual' })).response.status,
  data: async (tab: Browser) => (await tab.fetch('/api/me')).status,
  refresh: async (tab: Browser) => (await tab.fetch('/auth/refresh', { method: 'POST' })).status,
  back: async (tab: Browser) => (await tab.navigate('/auth/callback', { redirect: 'manual' })).response.status,
  login: async (tab: Browser) => (await tab.navigate('/auth/login?returnTo=/dashboard&prompt=login')).response.status,
  logout: async (tab: Browser) => (await tab.post('/auth/logout', { form: {}, redirect: 'manual' })).response.status,
};
/** What may happen: one of these, or the provider ends the session that the person has there. */
type Action = keyof typeof ACTIONS | 'ended';
const ACTION_NAMES: Action[] = ['page', 'page', 'data', 'data', 'refresh', 'back', 'login', 'logout', 'ended'];

interface Step {
  readonly action: Action;
  readonly tab: number;
  readonly at: number;
}

const schedule = (pick: Pick): Step[] =>
  Array.from({ length: pick([3, 4, 5, 6]) }, () => ({
    action: pick(ACTION_NAMES),
    tab: pick([0, 1, 2]),
    at: pick([0, 0, 5, 10, 15, 20, 30, 40]),
  }));

describe('logout here and at the provider, back button and a second login against a renewal', () => {
  it(`${SCHEDULES} random schedules: no token twice, nothing after logout, no error`, {
    timeout: 420_000,
  }, async () => {
    const world = await createWorld({ env: { SESSION_CHECK_SECONDS: '0' } });
    const isolates = [world.isolate, await world.anotherIsolate(), await world.anotherIsolate()];
    const base = Math.floor(Math.random() * 2 ** 31);
    let logouts = 0;
    for (let batch = 0; batch < SCHEDULES; batch += AT_ONCE) {
      const seeds = Array.from({ length: AT_ONCE }, (_, index) => base + batch + index);
      const people = await Promise.all(seeds.map(() => world.signedIn()));
      world.pass(901);
      world.provider.lies.delay.token = 12;
      const played = await Promise.all(
        seeds.map((seed, index) => play(seed, people[index] as Browser, isolates, world)),
      );
      world.provider.lies.delay.token = 0;
      logouts += played.filter(Boolean).length;
      for (const isolate of isolates) await isolate.settled();
    }
    const presented = world.provider.refreshPresentations().map(({ token }) => token?.id);
    const twice = presented.filter((id, index) => presented.indexOf(id) !== index);
    expect(twice, `seeds ${base} to ${base + SCHEDULES - 1}`).toEqual([]);
    expect(world.provider.reuseEvents).toEqual([]);
    expect(presented.length).toBeGreaterThan(SCHEDULES / 2); // or nothing was raced
    expect(logouts).toBeGreaterThan(SCHEDULES / 10);
  });
});

/** Plays one schedule with the same cookie in three tabs of three isolates; true when that session has ended in it. */
async function play(
  seed: number,
  person: Browser,
  isolates: readonly World['isolate'][],
  world: World,
): Promise<boolean> {
  const steps = schedule(random(seed));
  const cookie = person.cookies.get(NAME)?.value ?? '';
  const tabs = isolates.map((isolate) => {
    const tab = world.browser(isolate);
    tab.cookies.set(NAME, cookie);
    return tab;
  });
  const about = `seed ${seed}: ${JSON.stringify(steps)}`;
  let loggedOut = false;
  const token = await world.provider.logoutToken({ sid: providerSession(person) });
  const act = async (action: Action, tab: number) => {
    if (action !== 'ended') return ACTIONS[action](tabs[tab] as Browser);
    const isolate = isolates[tab] as World['isolate'];
    return (await postToken(world, token, { isolate, address: `198.51.100.${seed % 250}` })).status;
  };
  await Promise.all(
    steps.map(async ({ action, tab, at }) => {
      await later(at);
      const browser = tabs[tab] as Browser;
      const ours = browser.cookies.get(NAME) !== undefined;
      const status = await act(action, tab);
      const why = () => JSON.stringify([...world.events('problem'), ...world.events('renewal_unavailable')].slice(-3));
      if (status >= 500) expect.fail(`${status} to ${action} in ${about}: ${why()}`);
      // Which of these depends on what the other tabs have done by then: 200 or 303 with a session, 401 without one.
      expect([200, 303, 400, 401], `${action} in ${about}`).toContain(status);
      // 400: "back" without a session, which has nothing to go back to; a sign-in that a sign-out of its browser has ended
      const isEnded = action === 'login' && steps.some((step) => step.action === 'logout' || step.action === 'ended');
      if (status === 400 && !isEnded) expect(action, about).toBe('back');
      // Whether this tab had already changed to a session of its own by a second login is not of interest here.
      if (action === 'logout' && ours && !steps.some((step) => step.action === 'login')) loggedOut = true;
      if (action === 'ended') loggedOut = true; // by the record and not by a cookie, whatever the tabs have
    }),
  );
  if (!loggedOut) return false;
  const copy = world.browser(isolates[0]);
  copy.cookies.set(NAME, cookie);
  expect(await ACTIONS.data(copy), about).toBe(401);
  return true;
}
