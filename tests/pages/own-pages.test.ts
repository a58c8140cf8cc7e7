// @vitest-environment edge-runtime
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { createDeps, type Deps } from '../../lib/context';
import { createGate, type Surroundings } from '../../lib/gate';
import { ENGLISH } from '../../lib/pages/english';
import { INDONESIAN } from '../../lib/pages/indonesian';
import { defineRules } from '../../lib/policy/rules';
import { createServerHelpers } from '../../lib/server';
import { createWorld, type World } from '../world/world';

vi.mock('next/headers', () => ({ headers: async () => new Headers() }));
vi.mock('next/navigation', () => ({}));
vi.mock('react', () => ({ cache: (work: unknown) => work }));

const SESSION = '__Host-Http-session';
const DOCUMENT = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
const PAGES = { forbidden: '/no-access', problem: '/problem' };
const rules = defineRules([
  { path: '/no-access', allow: 'optional' },
  { path: '/problem', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['owner'] } },
]);

let world: World;
let cookie: string;
beforeAll(async () => {
  world = await createWorld();
  cookie = `${SESSION}=${(await world.signedIn()).cookies.get(SESSION)?.value}`;
});

interface Asked {
  readonly init?: RequestInit;
  readonly surroundings?: Partial<Surroundings>;
  readonly pages?: typeof PAGES | { readonly problem: string };
  readonly change?: (deps: Omit<Deps, 'log'>) => Omit<Deps, 'log'>;
}

async function ask(path: string, { init, surroundings, pages = PAGES, change = (deps) => deps }: Asked = {}) {
  const load = () => change(createDeps(world.env, rules, [], [], { pages }));
  const gate = createGate({ load, log: () => {} });
  const request = new Request(world.site + path, { headers: { ...DOCUMENT, cookie }, ...init });
  const answer = await gate(request, { waitUntil: () => {}, ...surroundings });
  if (!(answer instanceof Response)) throw new Error('let through');
  return answer;
}

/** What the page of the site sees of the request. */
function seen({ headers }: Response): Record<string, string> {
  const names = (headers.get('x-middleware-override-headers') ?? '').split(',');
  return Object.fromEntries(names.map((name) => [name, headers.get(`x-middleware-request-${name}`) ?? '']));
}

const helpers = () => createServerHelpers({ env: world.env });
const target = ({ headers }: Response) => headers.get('x-middleware-rewrite');

describe('a page of the site', () => {
  it('is shown for a refusal, with its status and the cache headers of the gate, and is told of it', async () => {
    const answer = await ask('/admin/users?a=1');
    expect(answer.status).toBe(403);
    expect(target(answer)).toBe(`${world.site}/no-access`);
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('cdn-cache-control')).toBe('private, no-store');
    expect(answer.headers.get('referrer-policy')).toBe('same-origin');
    const [title, detail] = ENGLISH.problems.FORBIDDEN;
    expect(await helpers().getProblem({ headers: seen(answer) })).toEqual({
      code: 'FORBIDDEN',
      status: 403,
      title,
      detail,
      ref: answer.headers.get('x-request-id'),
      ways: [
        { href: '/', label: 'Go to the start page' },
        { href: '/auth/logout', label: 'Sign out' },
      ],
      language: 'en',
    });
  });

  it.each([
    ['/auth/nothing', 'NOT_FOUND', 404],
    ['/auth/callback?code=c&state=s', 'LOGIN_REJECTED', 400],
    ['/auth/login?prompt=x', 'BAD_REQUEST', 400],
    ['/auth/login?prompt=login&prompt=none', 'BAD_REQUEST', 400],
  ])('is shown for the failure of %s: %s', async (path, code, status) => {
    const init = { headers: DOCUMENT };
    const answer = await ask(path, { init });
    expect(answer.status).toBe(status);
    expect(target(answer)).toBe(`${world.site}/problem`);
    expect(await helpers().getProblem({ headers: seen(answer) })).toMatchObject({ code, status });
  });

  it('is that for problems where there is none for refusals', async () => {
    expect(target(await ask('/admin', { pages: { problem: '/problem' } }))).toBe(`${world.site}/problem`);
  });

  it('is told in the language of the request', async () => {
    const answer = await ask('/admin', { init: { headers: { ...DOCUMENT, cookie, 'accept-language': 'id-ID' } } });
    expect(await helpers().getProblem({ headers: seen(answer) })).toMatchObject({
      title: INDONESIAN.problems.FORBIDDEN[0],
      language: 'id',
    });
  });

  it('is that of the base path and of the locale', async () => {
    const surroundings = { basePath: '/base', builtBasePath: '/base', pathname: '/admin', locale: 'id' };
    expect(target(await ask('/base/id/admin', { surroundings }))).toBe(`${world.site}/base/id/no-access`);
  });

  it('is that of the locale in the path, where one rule is for all of them', async () => {
    const localized = defineRules([
      { path: '/no-access', allow: 'public' },
      { path: '/admin', allow: { roles: ['owner'] } },
    ]);
    const site = { pages: { problem: '/en/no-access' } };
    const load = () => createDeps(world.env, localized, [], ['en', 'id'], site);
    const gate = createGate({ load, log: () => {} });
    const shownAt = async (path: string) => {
      const request = new Request(world.site + path, { headers: { ...DOCUMENT, cookie } });
      return target((await gate(request, { waitUntil: () => {} })) as Response);
    };
    expect(await shownAt('/id/admin')).toBe(`${world.site}/id/no-access`);
    expect(await shownAt('/admin')).toBe(`${world.site}/en/no-access`);
  });

  it('brings Retry-After, and the cookies of the failure', async () => {
    const change = (deps: Omit<Deps, 'log'>): Omit<Deps, 'log'> => ({
      ...deps,
      endedSessions: { ...deps.endedSessions, renewed: () => false },
      rules: defineRules([{ path: '/admin/*', allow: 'session', alwaysCheck: true }]),
    });
    world.redis.fault = async () => {
      throw new TypeError('refused');
    };
    const answer = await world.skippingWaits(ask('/admin', { change })).finally(() => {
      world.redis.fault = null;
    });
    expect(answer.status).toBe(503);
    expect(target(answer)).toBe(`${world.site}/problem`);
    expect(answer.headers.get('retry-after')).toMatch(/^\d+$/);
  });
});

describe('the cookies of the gate', () => {
  it('are hidden from a page for problems, and all others are not', async () => {
    const headers = { ...DOCUMENT, cookie: `theme=dark; ${cookie}; a=b` };
    const answer = await ask('/auth/nothing', { init: { headers } });
    expect(seen(answer).cookie).toBe('theme=dark; a=b');
  });

  it('are shown to a page for refusals whose rule lets it see a session', async () => {
    expect(seen(await ask('/admin')).cookie).toBe(cookie);
  });

  it('are hidden from a page for refusals whose rule hides them', async () => {
    const hiding = defineRules([
      { path: '/no-access', allow: 'optional', cookies: 'hidden' },
      { path: '/problem', allow: 'public' },
      { path: '/admin', allow: { roles: ['owner'] } },
    ]);
    const answer = await ask('/admin', { change: (deps) => ({ ...deps, rules: hiding }) });
    expect(target(answer)).toBe(`${world.site}/no-access`);
    expect(seen(answer).cookie).toBeUndefined();
  });

  it('are hidden from a page for refusals that is public', async () => {
    expect(seen(await ask('/admin', { pages: { problem: '/problem' } })).cookie).toBeUndefined();
  });
});

describe('what tells the page', () => {
  it.each(['', 'x', '{"code":"FORBIDDEN"}', 'a.b.c.d.e', 'x'.repeat(20_000)])(
    'is nothing of a client: %j',
    async (forged) => {
      const headers = { 'x-gatehouse-problem': forged.slice(0, 20_000) };
      expect(await helpers().getProblem({ headers })).toBeNull();
      const answer = await ask('/admin', { init: { headers: { ...DOCUMENT, cookie, ...headers } } });
      expect(await helpers().getProblem({ headers: seen(answer) })).toMatchObject({ code: 'FORBIDDEN' });
    },
  );

  it('is no other value that the gate has sealed', async () => {
    const sealed = cookie.slice(cookie.indexOf('=') + 1);
    expect(await helpers().getProblem({ headers: { 'x-gatehouse-problem': sealed } })).toBeNull();
  });

  it('is absent where a person opens the page by its own address', async () => {
    expect(await helpers().getProblem({ headers: {} })).toBeNull();
    const gate = createGate({
      load: () => createDeps(world.env, rules, [], [], { pages: PAGES }),
      log: () => {},
    });
    const request = new Request(`${world.site}/problem`, { headers: DOCUMENT });
    expect(await gate(request, { waitUntil: () => {} })).toMatchObject({ continue: true });
  });
});

describe('the gate’s own answer stays', () => {
  it.each<[string, string, RequestInit]>([
    ['a script', '/admin', { headers: { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'empty' } }],
    [
      'a form',
      '/auth/nothing',
      { method: 'POST', headers: { 'sec-fetch-mode': 'navigate', origin: 'https://a.test' } },
    ],
    ['an address that cannot be read', '/%E0%A4%A', { headers: DOCUMENT }],
  ])('for %s', async (_, path, init) => {
    const answer = await ask(path, { init });
    expect(target(answer)).toBeNull();
    expect(await answer.text()).not.toBe('');
  });

  it('where the environment is no configuration, whatever pages are named', async () => {
    const gate = createGate({
      load: () => createDeps({}, rules, [], [], { pages: PAGES }),
      log: () => {},
    });
    const answer = await gate(new Request(`${world.site}/admin`, { headers: DOCUMENT }), { waitUntil: () => {} });
    expect(answer).toMatchObject({ status: 503 });
    expect(target(answer as Response)).toBeNull();
    expect(await (answer as Response).text()).toContain(ENGLISH.problems.MISCONFIGURED[1]);
  });

  it('where the gate has a defect', async () => {
    const change = (deps: Omit<Deps, 'log'>) => ({ ...deps, rules: null as never });
    const answer = await ask('/admin', { change });
    expect([answer.status, target(answer)]).toEqual([500, null]);
  });

  it('where the page cannot be told', async () => {
    const seal = async () => {
      throw new Error('no key');
    };
    const answer = await ask('/admin', { change: (deps) => ({ ...deps, sealer: { ...deps.sealer, seal } }) });
    expect([answer.status, target(answer)]).toEqual([403, null]);
    expect(await answer.text()).toContain('FORBIDDEN');
  });
});
