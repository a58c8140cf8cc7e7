import { describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { cureList } from '../../lib/development/cure-list';
import { cured } from '../../lib/development/cures';
import { located } from '../../lib/development/located';
import { logLine } from '../../lib/development/log-line';
import { refuseOtherPort } from '../../lib/development/other-port';
import type { LogEvent } from '../../lib/events';
import { createGate } from '../../lib/gate';
import { ruleFaults } from '../../lib/policy/check-rules';
import { upstreamFaults } from '../../lib/policy/check-upstreams';
import { defineRules } from '../../lib/policy/rules';
import { createWorld, type World } from '../world/world';

const RULES = defineRules([
  { path: '/', allow: 'public' },
  { path: '/admin/*', allow: { roles: ['admin'] } },
  { path: '/vault', allow: { acr: ['mfa'] } },
]);

/** A gate as `next dev` has it, and the lines that it writes. */
function developed(env: World['env'], rules: unknown = RULES) {
  const lines: string[] = [];
  const log = (event: LogEvent) => {
    const line = logLine(event, rules);
    if (line !== null) lines.push(line);
  };
  const gate = createGate({
    load: () => createDeps(env, rules as typeof RULES),
    log,
    development: { located, cures: (faults) => cureList(cured(faults, rules)), refuseOtherPort },
  });
  const ask = async (path: string, headers: Record<string, string> = {}) =>
    (await gate(new Request((env.SSO_REDIRECT_URI ?? '').replace('/auth/callback', path), { headers }), {
      waitUntil: () => {},
    })) as Response;
  return { lines, ask, gate };
}
const AS_DOCUMENT = { 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };

it('a refused request is a line with its path and the rule, once a minute for each path', async () => {
  const world = await createWorld();
  const { lines, ask } = developed(world.env);
  for (const path of ['/orders/1', '/orders/1', '/admin/people', '/orders/1', '/']) await ask(path);
  expect(lines).toEqual([
    "[gatehouse] /orders/1 needs a session, by the rule /*. To open it: { path: '/orders/1', allow: 'public' }",
    '[gatehouse] /admin/people needs a session, by the rule /admin/*',
  ]);
  world.pass(61);
  await ask('/');
  expect(lines.at(-1)).toContain('(2 more of the kind within a minute)');
});

it('a session that a rule refuses, or asks to step up, is one line as well', async () => {
  const world = await createWorld();
  const browser = await world.signedIn();
  const cookie = browser.cookies
    .all()
    .map(({ name, value }) => `${name}=${value}`)
    .join('; ');
  const { lines, ask } = developed(world.env);
  for (const path of ['/admin', '/admin', '/vault', '/vault']) await ask(path, { cookie });
  expect(lines).toEqual([
    '[gatehouse] /admin is refused to this session, by the rule /admin/*',
    '[gatehouse] /vault needs a stronger or a more recent sign-in, by the rule /vault',
  ]);
});

it('a configuration with faults is one line, and a page, that say which rule, what is wrong and what to write', async () => {
  const world = await createWorld();
  const rules = [
    { path: '/', allow: 'public' },
    { path: '/admin/*', allow: { role: ['admin'] } },
    { path: '/a/', allow: 'session' },
    { path: '/reports', fresh: true },
    { path: '/bills', methods: ['get'], allow: 'public' },
  ];
  const { lines, ask } = developed({ ...world.env, SESSION_SECRET: '', SSO_CLIENT_ID: '' }, rules);
  const page = await (await ask('/dashboard', AS_DOCUMENT)).text();
  await ask('/other', AS_DOCUMENT);
  expect(lines).toHaveLength(1);
  const shown = page
    .replace(/<[^>]+>/g, '')
    .replaceAll('&#39;', "'")
    .replaceAll('&gt;', '>');
  for (const [name, said] of [
    ['SESSION_SECRET', 'is required. Write: a line that `npx gatehouse secret` prints'],
    ['SSO_CLIENT_ID', 'is required. Write: SSO_CLIENT_ID=my-client, as it is registered at the provider'],
    [
      'rules[1] (/admin/*)',
      "allow has an unknown member. Write: allow: 'public', 'optional', 'session' or { roles: ['admin'] }",
    ],
    ['rules[2] (/a/)', "path is no pattern that a path can match. Write: '/orders', '/orders/:id' or '/orders/*'"],
    ['rules[3] (/reports)', 'fresh is called alwaysCheck. Write: alwaysCheck: true'],
    ['rules[4] (/bills)', "methods must be a list of methods. Write: methods: ['GET', 'POST']"],
  ] as const) {
    expect(lines[0]).toContain(`\n  ${name}: ${said}`);
    expect(shown).toContain(`${name} ${said}`);
  }
});

it.each<[LogEvent, string | null]>([
  [
    { event: 'host_mismatch', ref: 'r', seen: '10.0.0.1:3000', expected: 'site.test' },
    'the request names the host 10.0.0.1:3000, and SSO_REDIRECT_URI the host site.test: open the site there, or let the proxy in front hand its Host header on',
  ],
  [
    {
      event: 'problem',
      ref: 'r',
      path: '/auth/callback',
      code: 'ID_TOKEN_INVALID',
      status: 502,
      actor: 'provider',
      reason: 'aud',
    },
    '/auth/callback: 502 ID_TOKEN_INVALID aud (reference r)',
  ],
  [{ event: 'problem', ref: 'r', path: '/admin', code: 'FORBIDDEN', status: 403, actor: 'sender' }, null],
  [
    { event: 'renewal', ref: 'r', outcome: 'refreshed', reason: undefined, ms: 12 },
    'renewal outcome="refreshed" ms=12',
  ],
  [{ event: 'login_started', count: 3, refs: ['a'] }, 'login_started (3 more of the kind within a minute)'],
])('the event %j is the line: %s', (event, line) => {
  expect(logLine(event, RULES)).toBe(line === null ? null : `[gatehouse] ${line}`);
});

it('every fault of a rule has a cure', () => {
  const faulty = [
    null,
    { path: '/', allow: 'public', fresh: true },
    { path: '/', allow: 'public', extra: 1 },
    { path: 'a', allow: 'public' },
    { path: '/', methods: [], allow: 'public' },
    { path: '/', cookies: 'shown', allow: 'public' },
    { path: '/', allow: 'public', alwaysCheck: true },
    { path: '/', allow: 'none' },
    { path: '/', allow: {} },
    { path: '/', allow: { role: ['a'] } },
    ...['roles', 'permissions', 'scopes', 'acr', 'maxAge', 'claims'].map((name) => ({
      path: '/',
      allow: { [name]: '' },
    })),
  ];
  const faults = ruleFaults(faulty);
  expect(Object.keys(faults)).toHaveLength(faulty.length);
  expect(Object.values(cured(faults, faulty)).filter((said) => !said.includes('. Write: '))).toEqual([]);
});

it('every fault of an upstream has a cure, but for those that name it themselves', () => {
  const good = { path: '/api/*', to: 'https://api.test', token: 'user' };
  const faulty = [
    null,
    { ...good, extra: 1 },
    { ...good, path: '/*' },
    { ...good, path: '/auth/api' },
    { ...good, to: 'ftp://api.test' },
    { ...good, to: 1 },
    { ...good, methods: [] },
    { ...good, timeout: 0 },
    { ...good, caching: 'none' },
    { ...good, requestHeaders: 'x' },
    { ...good, responseHeaders: 'x' },
    { ...good, token: 'mine' },
    { ...good, resource: 'api' },
    { ...good, scope: ' ' },
  ];
  for (const upstream of faulty) {
    const [said] = Object.values(cured(upstreamFaults([upstream]), []));
    expect(said).toContain('. Write: ');
  }
  expect(cured({ ORDERS_API_URL: 'is required' }, [])).toEqual({
    ORDERS_API_URL: 'is required. Write: ORDERS_API_URL=https://api.example.com',
  });
});

it('a deployment has no path in its events', async () => {
  const world = await createWorld();
  await world.browser().fetch('/orders/1');
  expect(world.events('access_refused')).toHaveLength(1);
  expect(world.logs.join('\n')).not.toContain('/orders');
});

it.each([
  ['http://localhost:3000', 0],
  ['http://127.0.0.1:3000', 0],
  ['https://site.test', 1],
])(
  'without a trusted proxy in front, a site on %s has %d events that no address can be trusted',
  async (origin, count) => {
    const { env } = await createWorld();
    const { lines, ask } = developed({
      ...env,
      SSO_REDIRECT_URI: `${origin}/auth/callback`,
      SSO_POST_LOGOUT_URI: `${origin}/`,
      TRUSTED_PROXY_HOPS: '0',
    });
    await ask('/');
    expect(lines.filter((line) => line.includes('client_address_unknown'))).toHaveLength(count);
  },
);

describe('a site that listens at another port than APP_URL names', () => {
  const at = async (host: string, redirectUri = 'http://localhost:3000/base/auth/callback') => {
    const { env } = await createWorld();
    const { lines, gate } = developed({
      ...env,
      SSO_REDIRECT_URI: redirectUri,
      SSO_POST_LOGOUT_URI: new URL('/', redirectUri).href,
    });
    const ask = async (path: string) =>
      (await gate(new Request(`http://localhost:3001/base${path}`, { headers: { host, ...AS_DOCUMENT } }), {
        basePath: '/base',
        pathname: path.split('?')[0] ?? '',
        waitUntil: () => {},
      })) as Response;
    return { lines, ask, gate };
  };
  const CURE =
    'APP_URL (or SSO_REDIRECT_URI) leads to http://localhost:3000, and this is http://localhost:3001. Start the site there (next dev --port 3000), or write: APP_URL=http://localhost:3001';

  it.each(['/dashboard', '/auth/login?returnTo=%2F'])(
    'sends no browser from %s to that port: the page names the cure, and one line of the log',
    async (path) => {
      const { lines, ask } = await at('localhost:3001');
      const answers = [await ask(path), await ask(path)];
      expect(answers.map(({ status, headers }) => [status, headers.get('location')])).toEqual([
        [503, null],
        [503, null],
      ]);
      const shown = (await answers[0]?.text())?.replace(/<[^>]+>/g, '');
      expect(shown).toContain(`${CURE}/base`);
      expect(lines.filter((line) => line.includes('APP_URL'))).toEqual([`[gatehouse] ${CURE}`]);
    },
  );

  it('leaves what is open as it is', async () => {
    const { lines, ask } = await at('localhost:3001');
    expect([await ask('/'), lines]).toMatchObject([{ continue: true }, []]);
  });

  it.each([
    ['the same port by another name', '127.0.0.1:3000', undefined],
    ['an address of the network', '192.168.1.2:3001', undefined],
    ['a proxy with TLS', 'localhost:3001', 'https://localhost:3000/base/auth/callback'],
  ])('is not meant by %s: the redirect stays', async (_, host, redirectUri) => {
    const { ask } = await at(host, redirectUri);
    expect((await ask('/dashboard')).headers.get('location')).toContain('localhost:3000/base/auth/login?returnTo=');
  });
});
