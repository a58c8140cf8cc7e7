import { beforeEach, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate, type Gate } from '../../lib/gate';
import { defineRules } from '../../lib/policy/rules';
import { openSession } from '../../lib/session/session-cookie';
import { createWorld, type World } from '../world/world';

const LONG = Array.from({ length: 12 }, (_, place) => `urn:oasis:names:tc:SAML:2.0:ac:classes:Example${place}`);
const RULES = defineRules([
  { path: '/one/*', allow: { acr: ['urn:one'] } },
  { path: '/two/*', allow: { acr: ['urn:two'] } },
  { path: '/long', allow: { acr: LONG as [string, ...string[]] } },
]);

let world: World;
let gate: Gate;
beforeEach(async () => {
  world = await createWorld();
  const load = () => ({ ...createDeps(world.env), rules: RULES });
  gate = createGate({ load, log: () => {} });
});

async function ask(path: string, { accept = 'text/html', cookie = '' } = {}): Promise<Response> {
  const headers = { host: new URL(world.site).host, accept, cookie };
  return (await gate(new Request(world.site + path, { headers }), { waitUntil: () => {} })) as Response;
}

it('what asks for two acr at once is refused, since no sign-in would ever meet it', async () => {
  const browser = await world.signedIn();
  const cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
  expect((await ask('/one/x', { cookie })).status).toBe(303); // either of them can be met
  const refused = await ask('/one/..%2Ftwo%2Fx', { cookie });
  expect(refused.status).toBe(403);
  expect(refused.headers.getSetCookie()).toEqual([]);
  expect((await openSession(cookie, createDeps(world.env))).session).not.toBeNull();
});

it('the sign-in takes whatever a rule asks for, from data as from documents, in a flow cookie of at most 2 KB', async () => {
  const { loginUrl } = await (await ask('/long', { accept: '*/*' })).json();
  for (const path of ['/long', loginUrl]) {
    const response = await ask(path);
    expect(response.status).toBe(303);
    expect(new URL(response.headers.get('location') ?? '').searchParams.get('acr_values')).toBe(LONG.join(' '));
    const [flow = ''] = response.headers.getSetCookie();
    expect((flow.split(';')[0] ?? '').length).toBeLessThanOrEqual(2048);
  }
});
