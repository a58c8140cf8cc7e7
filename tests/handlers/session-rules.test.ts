import { beforeEach, describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import type { Rule } from '../../lib/policy/rule';
import { createWorld, type World } from '../world/world';

let world: World;
let cookie: string;
beforeEach(async () => {
  world = await createWorld();
  cookie = `__Host-Http-session=${(await world.signedIn()).cookies.get('__Host-Http-session')?.value}`;
});

/** What `/auth/sessions` answers to the session behind a gate with these rules: to GET, and to an empty POST. */
async function answersWith(rules: readonly Rule[], path = '/auth/sessions'): Promise<readonly number[]> {
  const gate = createGate({ load: () => createDeps(world.env, rules), log: () => {} });
  const statuses: number[] = [];
  for (const method of ['GET', 'POST']) {
    const headers = { cookie, origin: world.site, 'content-type': 'application/json' };
    const request = new Request(world.site + path, { method, headers, body: method === 'POST' ? '{}' : null });
    const answer = await gate(request, { waitUntil() {} });
    statuses.push(answer instanceof Response ? answer.status : 0);
  }
  return statuses;
}

/** The POST goes through to its body, which asks for nothing. */
const ADMITTED = [200, 400];

describe('the route for the list of sessions', () => {
  it.each<[string, readonly Rule[]]>([
    ['no rule', []],
    ['a rule for the whole site', [{ path: '/*', allow: { roles: ['admin'] } }]],
    ['a rule for a pattern that also fits', [{ path: '/:area/*', allow: { maxAge: 0 } }]],
    ['a rule for another method', [{ path: '/auth/sessions', methods: ['PUT'], allow: { roles: ['admin'] } }]],
    ['a rule for another path below /auth', [{ path: '/auth/devices', allow: { roles: ['admin'] } }]],
    ['a rule that the session meets', [{ path: '/auth/sessions', allow: { roles: ['member'] } }]],
    ['an opening rule', [{ path: '/auth/sessions', allow: 'public' }]],
    [
      'a rule behind a wider one',
      [
        { path: '/*', allow: 'session' },
        { path: '/auth/sessions', allow: { roles: ['admin'] } },
      ],
    ],
  ])('is open to every session with %s', async (_, rules) => {
    expect(await answersWith(rules)).toEqual(ADMITTED);
  });

  it.each<[string, readonly Rule[], readonly number[]]>([
    ['its path', [{ path: '/auth/sessions', allow: { roles: ['admin'] } }], [403, 403]],
    ['its path and POST', [{ path: '/auth/sessions', methods: ['POST'], allow: { roles: ['admin'] } }], [200, 403]],
    ['its path in other letters', [{ path: '/Auth/Sessions', allow: { roles: ['admin'] } }], [403, 403]],
    ['all below /auth', [{ path: '/auth/*', allow: { acr: ['urn:sso:loa:mfa'] } }], [401, 401]],
    ['a parameter below /auth', [{ path: '/auth/:page', methods: ['POST'], allow: { roles: ['admin'] } }], [200, 403]],
  ])('is closed by a rule for %s', async (_, rules, expected) => {
    expect(await answersWith(rules)).toEqual(expected);
    expect(await answersWith(rules, '/auth/sessions/')).toEqual(expected);
    expect(await answersWith(rules, '/auth//%73essions')).toEqual(expected);
  });

  it('needs a session whatever a rule opens', async () => {
    cookie = '';
    for (const allow of ['public', 'optional'] as const)
      expect(await answersWith([{ path: '/auth/sessions', allow }])).toEqual([401, 401]);
  });

  it('is 503 under alwaysCheck while Redis is down', async () => {
    world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
    expect(await answersWith([{ path: '/auth/sessions', allow: 'session', alwaysCheck: true }])).toEqual([503, 503]);
  });
});
