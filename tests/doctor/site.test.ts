import { describe, expect, it } from 'vitest';
import { checkCookie } from '../../lib/doctor/cookie-size';
import { checkEnvironment } from '../../lib/doctor/environment';
import { redactor } from '../../lib/doctor/secrets';
import { checkSite, headerBytes, type SiteFacts } from '../../lib/doctor/site';
import { allFields } from '../../lib/fields';
import { type Env, passes, settingsOf, siteEnv, troubles } from './site-env';

const MIDDLEWARE = `import { gatehouse } from 'next-gatehouse';
export default gatehouse({});
export const config = { matcher: [{ source: '/:path((?!_next/static/).*)?', locale: false }] };`;

const FACTS: SiteFacts = {
  middleware: [{ file: 'middleware.ts', source: MIDDLEWARE }],
  nextConfig: { file: 'next.config.ts', source: 'export default withGatehouse({})' },
  versions: { node: '20.9.0', next: '16.2.11', react: '19.0.0', 'next-gatehouse': '0.2.0' },
  build: { open: [], faults: [], warnings: [], bodyLimit: 10 * 1024 * 1024 },
  headers: [],
};
const header = (key: string, value: string, source = '/:path*') => [{ source, headers: [{ key, value }] }];

describe('the site', () => {
  it('is well', () => {
    const findings = checkSite(FACTS, undefined);
    expect(passes(findings)).toEqual(['versions-fit', 'middleware-stands', 'routes-closed', 'body-limit']);
    expect(troubles(findings)).toEqual([]);
  });

  const versions = FACTS.versions;
  it.each<[string, Partial<SiteFacts>, string]>([
    ['has no Next.js', { versions: { ...versions, next: undefined } }, 'fault next-missing'],
    ['has a Next.js with matcher bypasses', { versions: { ...versions, next: '16.2.10' } }, 'fault version-old'],
    ['has an older React', { versions: { ...versions, react: '18.3.1' } }, 'fault version-old'],
    ['has an older Node', { versions: { ...versions, node: '20.8.1' } }, 'fault version-old'],
    ['has no middleware', { middleware: [] }, 'fault middleware-missing'],
    [
      'has a middleware and a proxy',
      { middleware: [...FACTS.middleware, { file: 'proxy.ts', source: MIDDLEWARE }] },
      'fault middleware-twice',
    ],
    [
      'has a middleware without the gate',
      { middleware: [{ file: 'middleware.ts', source: MIDDLEWARE.replace('next-gatehouse', './gate') }] },
      'warning gate-not-called',
    ],
    [
      'has another matcher',
      { middleware: [{ file: 'middleware.ts', source: MIDDLEWARE.replace(', locale: false', '') }] },
      'warning matcher-differs',
    ],
    ['has a configuration without withGatehouse', { nextConfig: undefined }, 'warning with-gatehouse-missing'],
    ['has no build', { build: undefined }, 'note build-missing'],
    [
      'has an open route',
      { build: { open: ['/x is open'], faults: [], warnings: [], bodyLimit: 1 } },
      'fault routes-open',
    ],
    [
      'has a rule without effect',
      { build: { open: [], faults: ['x'], warnings: [], bodyLimit: 1 } },
      'fault routes-open',
    ],
    ['has warnings', { build: { open: [], faults: [], warnings: ['x'], bodyLimit: 1 } }, 'note routes-warn'],
    [
      'blocks the sign-out form',
      { headers: header('Content-Security-Policy', "form-action 'self'") },
      'warning csp-form-action',
    ],
    ['hides the referrer', { headers: header('Referrer-Policy', 'no-referrer') }, 'note referrer-policy'],
  ])('%s', (_, part, expected) => {
    expect(troubles(checkSite({ ...FACTS, ...part }, undefined))).toEqual([expected]);
  });

  it('may have a strict form-action with SSO_FORM_REDIRECTS=page, and newer versions', () => {
    const headers = header('Content-Security-Policy', "form-action 'self'");
    expect(troubles(checkSite({ ...FACTS, headers }, 'page'))).toEqual([]);
    const newer = { node: '24.1.0', next: '17.0.0-canary.3', react: '20.0.0', 'next-gatehouse': undefined };
    expect(troubles(checkSite({ ...FACTS, versions: newer }, undefined))).toEqual([]);
  });

  it('may write the matcher in other quotes and spaces', () => {
    const source = MIDDLEWARE.replace("[{ source: '", '[{source:"').replace("?', locale", '?",\n locale');
    expect(troubles(checkSite({ ...FACTS, middleware: [{ file: 'proxy.js', source }] }, undefined))).toEqual([]);
  });
});

describe('the variables', () => {
  const found = (env: Env, isProduction = false) => checkEnvironment(env, isProduction);

  it('are complete', () => {
    const { findings, settings, variables } = found(siteEnv());
    expect(passes(findings)).toEqual(['configuration-complete']);
    expect(troubles(findings)).toEqual([]);
    expect(settings).toBeDefined();
    expect(variables.map(({ name }) => name)).toEqual(allFields().map(({ names: [name] }) => name));
    expect(variables.every(({ meaning }) => meaning.length > 0)).toBe(true);
  });

  it('are named all at once where they are faulty, with their meaning and without their values', () => {
    const { findings, settings, variables } = found(
      siteEnv({ SSO_ISSUER: 'no-url-of-this-test', SESSION_SECRET: 'too-short-of-this-test', SSO_CLIENT_ID: '' }),
    );
    expect(settings).toBeUndefined();
    expect(troubles(findings)).toEqual([
      'fault variable-faulty',
      'fault variable-faulty',
      'fault variable-faulty',
      'note checks-left-out',
    ]);
    expect(findings.map(({ what }) => what.split(' ')[0])).toEqual(
      expect.arrayContaining(['SSO_ISSUER', 'SESSION_SECRET', 'SSO_CLIENT_ID']),
    );
    const mendOf = (name: string) => findings.find(({ what }) => what.startsWith(name))?.mend;
    expect(mendOf('SSO_CLIENT_ID')).toContain('registered at the provider');
    expect(mendOf('SSO_CLIENT_ID')).toMatch(
      /^For development `npx gatehouse dev --write` sets it\. Else set SSO_CLIENT_ID\./,
    );
    expect(mendOf('SSO_ISSUER')).toMatch(/^Set SSO_ISSUER\./); // it has a value, which the command leaves
    expect(JSON.stringify({ findings, variables })).not.toContain('of-this-test');
  });

  it('are no task of `gatehouse dev` in production', () => {
    const { findings } = found(siteEnv({ SSO_CLIENT_ID: '' }), true);
    expect(findings.find(({ what }) => what.startsWith('SSO_CLIENT_ID'))?.mend).toMatch(/^Set SSO_CLIENT_ID\./);
  });

  it('of a loopback host are no production', () => {
    expect(troubles(found(siteEnv(), true).findings)).toEqual(['warning loopback-in-production']);
    expect(troubles(found(siteEnv()).findings)).toEqual([]);
  });

  it('are shown without what is secret in them', () => {
    const { variables } = found(
      siteEnv({
        SSO_AUTHORIZATION_PARAMS: 'audience=api&key=planted-value',
        SSO_DISCOVERY_URL: 'http://127.0.0.1:9/discovery?key=planted-value',
      }),
    );
    expect(JSON.stringify(variables)).not.toContain('planted-value');
    expect(variables.find(({ name }) => name === 'SSO_AUTHORIZATION_PARAMS')?.value).toBe('audience=…&key=…');
    expect(variables.find(({ name }) => name === 'SESSION_SECRET')).toMatchObject({ state: 'set', secret: true });
    expect(variables.find(({ name }) => name === 'SESSION_SECRET')).not.toHaveProperty('value');
  });

  it('are taken out of every text when they are secret, lists and private keys part by part', () => {
    const env = siteEnv({
      SESSION_SECRET: 'first-secret-entry,second-secret-entry',
      SSO_CLIENT_SECRET: '{"d":"private-part"}',
    });
    const hide = redactor(env);
    expect(hide('a first-secret-entry b second-secret-entry c private-part d')).toBe(
      'a [secret] b [secret] c [secret] d',
    );
    expect(hide(JSON.stringify({ what: env.SSO_CLIENT_SECRET }))).toBe('{"what":"[secret]"}');
  });
});

describe('the cookie', () => {
  const rules = [{ path: '/admin/*', allow: { roles: ['admin'] } }] as const;
  const found = (claims?: Record<string, unknown>, more: { siteHeaderBytes?: number; env?: Env } = {}) => {
    const settings = settingsOf(more.env);
    return checkCookie({ settings, rules, claims, siteHeaderBytes: more.siteHeaderBytes ?? 0, now: Date.now() });
  };

  it('has room for a sample person', async () => {
    const findings = await found();
    expect(passes(findings)).toEqual(['cookie-fits']);
    expect(troubles(findings)).toEqual([]);
    const bytes = Number(/ (\d+) of 3072/.exec(findings[0]?.what ?? '')?.[1]);
    expect(bytes).toBeGreaterThan(800);
  });

  it('has no room for a picture as data', async () => {
    const findings = await found({ sub: 'x', picture: `data:image/png;base64,${'A'.repeat(4_000)}` });
    expect(troubles(findings)).toEqual(['warning cookie-drops']);
    expect(findings[0]?.what).toContain('without picture');
  });

  it('has no room for all roles, of which a rule looks at one', async () => {
    const roles = ['admin', ...Array.from({ length: 200 }, (_, place) => `group-${place}-${'x'.repeat(20)}`)];
    expect(troubles(await found({ sub: 'x', roles }))).toEqual(['fault cookie-drops-needed']);
  });

  it('leaves nginx no room beside the headers of the site', async () => {
    const csp = header('Content-Security-Policy', `default-src 'self' ${'https://cdn.example '.repeat(120)}`);
    const findings = await found(undefined, { siteHeaderBytes: headerBytes(csp) });
    expect(troubles(findings)).toEqual(['warning cookie-nginx']);
    expect(headerBytes(header('X-Other', 'x', '/blog/:slug'))).toBe(0);
  });

  it('reads roles where SSO_ROLES_CLAIM says', async () => {
    const env = { SSO_ROLES_CLAIM: 'realm_access.roles' };
    const few = await found({ sub: 'x', realm_access: { roles: ['admin'] } }, { env });
    const many = await found(
      { sub: 'x', realm_access: { roles: Array.from({ length: 300 }, (_, n) => `role-${n}`) } },
      { env },
    );
    expect([...troubles(few), ...troubles(many)]).toEqual(['fault cookie-drops-needed']);
  });
});
