import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

/** Any request will do; this one is let through, and logs nothing of its own. */
const visit = () => world.browser().navigate('/');
const counts = (name: string) => world.events(name).map(({ count = 1 }) => count as number);
const sum = (numbers: readonly number[]) => numbers.reduce((one, other) => one + other, 0);

describe('a flood of requests without a session', () => {
  it('writes a line of each kind, and one more with their number when the minute is over', async () => {
    const stranger = world.browser();
    for (let index = 0; index < 50; index += 1) {
      await stranger.fetch(`/api/me?${index}`);
      await stranger.navigate(`/page-${index}`, { redirect: 'manual' });
      await stranger.fetch(`/auth/nothing-${index}`);
      await stranger.fetch(`/%00${index}`);
    }
    expect(world.logs).toHaveLength(5); // refused, 401, on the way to the provider, 404, 400
    world.pass(60);
    await visit();
    expect(world.logs).toHaveLength(10);
    expect(counts('access_refused')).toEqual([1, 99]);
    expect(counts('login_started')).toEqual([1, 49]);
    expect(counts('problem')).toEqual([1, 1, 1, 49, 49, 49]);
    await visit();
    expect(world.logs).toHaveLength(10);
  });

  it('from many minutes adds up to every one of them', async () => {
    for (let minute = 0; minute < 5; minute += 1) {
      for (let index = 0; index < 7; index += 1) await world.browser().fetch('/api/me');
      world.pass(60);
    }
    await visit();
    expect(sum(counts('access_refused'))).toBe(35);
    expect(world.events('access_refused')).toHaveLength(10);
  });

  it('has the references of an ordinary minute in the log, of each answer one', async () => {
    const answers: Response[] = [];
    for (let index = 0; index < 15; index += 1) answers.push(await world.browser().fetch('/api/me'));
    world.pass(60);
    await visit();
    const found = world.events('problem').flatMap(({ ref, refs = [] }) => [ref, ...(refs as string[])]);
    const refs = answers.map(({ headers }) => headers.get('x-request-id'));
    expect(found.filter((ref) => ref !== undefined)).toEqual(refs);
  });

  it('hides no refusal of a session', async () => {
    const browser = await world.signedIn();
    for (let index = 0; index < 10; index += 1) {
      await world.browser().fetch('/admin');
      expect((await browser.fetch('/admin')).status).toBe(403);
      expect((await browser.fetch('/vault')).status).toBe(401);
    }
    const whys = world.events('access_refused').map(({ why }) => why);
    expect(whys.filter((why) => why === 'not_met')).toHaveLength(10);
    expect(whys.filter((why) => why === 'step_up')).toHaveLength(10);
    const codes = world.events('problem').map(({ code }) => code);
    expect(codes.filter((code) => code === 'FORBIDDEN')).toHaveLength(10);
    expect(codes.filter((code) => code === 'STEP_UP_REQUIRED')).toHaveLength(10);
  });

  it('is counted by each isolate for itself', async () => {
    const other = await world.anotherIsolate();
    for (let index = 0; index < 5; index += 1) {
      await world.browser().fetch('/api/me');
      await world.browser(other).fetch('/api/me');
    }
    expect(world.events('access_refused')).toHaveLength(2);
    world.pass(60);
    await world.browser(other).navigate('/');
    expect(counts('access_refused')).toEqual([1, 1, 4]);
  });

  it('of a site without a configuration does not fill the log either', async () => {
    const broken = await world.anotherIsolate({ SSO_CLIENT_ID: '' });
    for (let index = 0; index < 10; index += 1) await world.browser(broken).fetch('/api/me');
    expect(world.logs).toHaveLength(2); // the variables, and the first answer
    world.pass(60);
    await world.browser(broken).fetch('/api/me');
    expect(counts('problem')).toEqual([1, 9, 1]);
  });
});
