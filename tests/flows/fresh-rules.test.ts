import { beforeEach, describe, expect, it } from 'vitest';
import { createDeps, type Deps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { defineRules } from '../../lib/policy/rules';
import { REDIS_FAULTS } from '../world/redis';
import { createWorld, type World } from '../world/world';

const rules = defineRules([
  { path: '/vault', allow: 'session', alwaysCheck: true },
  { path: '/vault/admin', allow: { roles: ['admin'] }, alwaysCheck: true },
]);
let world: World;
let send: (path: string) => Promise<number>;
let cookie: string;
/** What goes on behind the answers. */
const behind: Promise<unknown>[] = [];

beforeEach(async () => {
  world = await createWorld();
  const browser = await world.signedIn();
  cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
  const deps: Deps = { ...createDeps(world.env), rules, log: () => {} };
  const gate = createGate({ load: () => deps, log: () => {} });
  send = async (path) => {
    const request = new Request(world.site + path, { headers: { cookie } });
    const answer = await world.skippingWaits(gate(request, { waitUntil: (work) => void behind.push(work) }));
    return answer instanceof Response ? answer.status : 200;
  };
});

describe('a rule marked fresh', () => {
  it('asks Redis on every request, where others ask once and read the list of endings behind the answer', async () => {
    for (const [path, calls] of [
      ['/other', 2],
      ['/other', 0],
      ['/vault', 1],
      ['/vault', 1],
      ['/x/..%2Fvault', 1], // one of its readings is worth it
      ['/x/..%2Fvault', 1],
    ] as const) {
      const before = world.redis.calls;
      expect(await send(path)).toBe(200);
      await Promise.all(behind.splice(0));
      expect(world.redis.calls - before, path).toBe(calls);
    }
  });

  it('sees at once that the session was ended elsewhere', async () => {
    expect(await send('/other')).toBe(200);
    const elsewhere = world.browser();
    elsewhere.cookies.set('__Host-Http-session', cookie.slice(cookie.indexOf('=') + 1));
    await elsewhere.post('/auth/logout', { form: {}, redirect: 'manual' });
    expect(await send('/other')).toBe(200); // within the 30 seconds that others may take
    expect(await send('/vault')).toBe(401);
  });

  it.each(Object.entries(REDIS_FAULTS))('Redis %s: 503, while other pages are served', async (_, fault) => {
    expect(await send('/other')).toBe(200);
    world.redis.fault = fault;
    expect(await send('/vault')).toBe(503);
    expect(await send('/other')).toBe(200);
    world.redis.fault = null;
    expect(await send('/vault')).toBe(200); // others leave Redis alone now, this one asks
    world.redis.fault = fault;
    world.pass(730); // tokens are due, and still valid
    expect(await send('/vault')).toBe(503);
    expect(await send('/other')).toBe(200);
    expect(await send('/vault')).toBe(503); // Redis is left alone now, and that is no answer
    world.redis.fault = null;
    expect(await send('/vault')).toBe(200);
  });

  it('still asks for the role', async () => {
    expect(await send('/vault/admin')).toBe(403);
  });
});
