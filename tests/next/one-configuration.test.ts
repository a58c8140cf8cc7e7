import { NextRequest } from 'next/server';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate, type Gate } from '../../lib/gate';
import type { ServerHelpers } from '../../lib/next/server-session';
import type { Requirements, Rule, Rules } from '../../lib/policy/rule';
import { defineRules } from '../../lib/policy/rules';
import type { GatehouseConfig } from '../../lib/site-configuration';
import { createWorld, type World } from '../world/world';
import { pageView } from './page-view';

const sent = vi.hoisted(() => ({ headers: new Headers() }));
vi.mock('next/headers', () => ({ headers: async () => sent.headers }));
vi.mock('next/navigation', () => ({
  unauthorized: () => {
    throw new Error('401');
  },
  forbidden: () => {
    throw new Error('403');
  },
}));
vi.mock('react', () => ({ cache: (work: unknown) => work })); // a cache of one request, and each call here is one

const NAME = '__Host-Http-docs';
const ENV = { SESSION_COOKIE_NAME: 'docs', SESSION_CLAIMS: 'email,roles' };

let world: World;
let cookie: string;
beforeEach(async () => {
  world = await createWorld({ env: ENV });
  cookie = `${NAME}=${(await world.signedIn()).cookies.get(NAME)?.value}`;
  vi.resetModules(); // they read their variables once
});
afterEach(() => vi.unstubAllEnvs());

const WAYS: readonly [way: string, helpers: () => Promise<ServerHelpers>][] = [
  [
    'imported, with the variables in the environment',
    async () => {
      for (const [name, value] of Object.entries(world.env)) vi.stubEnv(name, value);
      return import('../../lib/server');
    },
  ],
  [
    'made of a configuration that brings its variables',
    async () => {
      const { createServerHelpers } = await import('../../lib/server');
      const site: GatehouseConfig = { env: world.env, rules: defineRules([{ path: '/*', allow: 'public' }]) };
      return createServerHelpers(site);
    },
  ],
];

const gateWith = (rule: Rule): Gate => createGate({ load: () => createDeps(world.env, [rule]), log: () => {} });

const ask = (gate: Gate, path = '/page') =>
  gate(new Request(world.site + path, { headers: { cookie } }), { waitUntil() {} });

describe.each(WAYS)('server helpers that are %s', (_, helpers) => {
  it('have the session that the middleware says at /auth/session, with the claims that are configured', async () => {
    const { getSession } = await helpers();
    sent.headers = new Headers({ cookie });
    const answer = await ask(gateWith({ path: '/*', allow: 'session' }), '/auth/session');
    const session = await getSession();
    expect(session).toEqual(await (answer as Response).json());
    expect(Object.keys(session?.user ?? {}).sort()).toEqual(['email', 'roles', 'sub']);
  });

  it.each<[requirements: Requirements, status: number]>([
    [{ roles: ['member', 'admin'] }, 200],
    [{ roles: ['admin'] }, 403],
    [{ permissions: ['bills:write'] }, 403], // a claim that is not kept
    [{ scopes: ['email'] }, 200],
    [{ scopes: ['files'] }, 403],
    [{ claims: { email: { equals: 'ana@example.test' } } }, 200],
    [{ claims: { email: { equals: 'budi@example.test' } } }, 403],
    [{ acr: ['urn:sso:loa:mfa'] }, 401],
    [{ maxAge: 300 }, 200],
    [{ acr: ['urn:sso:loa:mfa'], roles: ['admin'] }, 403],
  ])('refuse by requirements as a rule with the same does: %j, status %d', async (requirements, status) => {
    const { requireSession } = await helpers();
    sent.headers = new Headers({ cookie });
    const answer = await ask(gateWith({ path: '/page', allow: requirements }));
    const byHelper = await requireSession(requirements).then(
      () => 200,
      (error: Error) => Number(error.message),
    );
    expect([answer instanceof Response ? answer.status : 200, byHelper]).toEqual([status, status]);
  });

  it.each<[rule: Rule, sub: string | undefined]>([
    [{ path: '/page', allow: 'session' }, 'person-1'],
    [{ path: '/page', allow: 'optional' }, 'person-1'],
    [{ path: '/page', allow: 'session', cookies: 'hidden' }, undefined],
    [{ path: '/page', allow: 'public' }, undefined],
  ])('have behind the middleware the session that the rule shows: %j', async (rule, sub) => {
    const { gatehouse } = await import('../../lib/next/middleware');
    const { getSession } = await helpers();
    const headers = { cookie };
    const middleware = gatehouse({ env: world.env, rules: [rule] as readonly Rule[] as Rules, onEvent: () => {} });
    const answer = await middleware(new NextRequest(`${world.site}/page`, { headers }), { waitUntil() {} } as never);
    sent.headers = pageView(new Headers(headers), answer).headers;
    expect((await getSession())?.user.sub).toBe(sub);
  });
});

it('imported helpers fail, in place of having no session, where the variables are not in the environment', async () => {
  for (const name of Object.keys(world.env)) vi.stubEnv(name, undefined);
  const { getSession } = await import('../../lib/server');
  sent.headers = new Headers({ cookie });
  await expect(getSession()).rejects.toMatchObject({ code: 'MISCONFIGURED' });
});
