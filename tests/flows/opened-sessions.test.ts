import { beforeEach, describe, expect, it } from 'vitest';
import { createDeps, type Deps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { createWorld, type World } from '../world/world';

let world: World;
let cookie: string;
let opened: number;
let send: (cookie: string) => Promise<number>;

beforeEach(async () => {
  world = await createWorld();
  cookie = `__Host-Http-session=${(await world.signedIn()).cookies.get('__Host-Http-session')?.value}`;
  opened = 0;
  const real = createDeps(world.env);
  const open: Deps['sealer']['open'] = (purpose, token) => {
    opened += Number(purpose === 'session');
    return real.sealer.open(purpose, token);
  };
  const deps: Deps = { ...real, sealer: { ...real.sealer, open }, log: () => {} };
  const gate = createGate({ load: () => deps, log: () => {} });
  send = async (header) => {
    const request = new Request(`${world.site}/api/me`, { headers: { cookie: header } });
    const answer = await gate(request, { waitUntil: () => {} });
    return answer instanceof Response ? answer.status : 200;
  };
});

describe('a session cookie', () => {
  it('is decrypted once in an isolate, however often it comes', async () => {
    for (let time = 0; time < 5; time += 1) expect(await send(cookie)).toBe(200);
    expect(opened).toBe(1);
  });

  it('that differs in one character is another cookie, and no session', async () => {
    await send(cookie);
    expect(await send(cookie.replace(/.$/, (last) => (last === 'A' ? 'Q' : 'A')))).toBe(401);
    expect(opened).toBe(2);
  });

  it('that was opened before is over at the end that stands in it all the same', async () => {
    expect(await send(cookie)).toBe(200);
    world.pass(Number(world.env.SESSION_IDLE_SECONDS ?? 604_800));
    expect(await send(cookie)).toBe(401);
    expect(opened).toBe(1);
  });
});
