import { describe, expect, it, vi } from 'vitest';
import { withGatehouse } from '../../lib/next/with-gatehouse';

const TEN_MB = 10_485_760;
const TEST_PROXY = 'process.env.NEXT_PRIVATE_TEST_PROXY';
const limited = (bytes: number) => ({
  env: { GATEHOUSE_MAX_BODY_BYTES: String(bytes) },
  experimental: { authInterrupts: true, proxyClientMaxBodySize: bytes },
  transpilePackages: ['next-gatehouse'],
  compiler: { defineServer: { [TEST_PROXY]: 'false' } },
  rewrites: expect.any(Function),
});

describe('withGatehouse', () => {
  it('keeps what the site has configured', () => {
    const site = { reactStrictMode: true, env: { OWN: '1' }, experimental: { authInterrupts: false } };
    expect(withGatehouse(site)).toEqual({
      ...limited(TEN_MB),
      reactStrictMode: true,
      env: { OWN: '1', GATEHOUSE_MAX_BODY_BYTES: String(TEN_MB) },
      experimental: { authInterrupts: false, proxyClientMaxBodySize: TEN_MB },
    });
    expect(site.experimental).toEqual({ authInterrupts: false });
  });

  it('takes no configuration, an object, a promise and a function with what Next hands to it', async () => {
    expect(withGatehouse(undefined)).toEqual(limited(TEN_MB));
    expect(withGatehouse({})).toEqual(limited(TEN_MB));
    expect(await withGatehouse(Promise.resolve({}))).toEqual(limited(TEN_MB));
    const computed = withGatehouse((phase: string, context: object) => ({ env: { phase, context } }));
    expect(computed('phase-x', { defaultConfig: {} })).toMatchObject({
      env: { phase: 'phase-x', context: { defaultConfig: {} }, GATEHOUSE_MAX_BODY_BYTES: String(TEN_MB) },
    });
    const asynchronous = withGatehouse(async () => ({ reactStrictMode: true }), { maxBodyBytes: 5 });
    expect(await asynchronous()).toEqual({ reactStrictMode: true, ...limited(5) });
  });

  it.each<[object, number | undefined, number]>([
    [{}, 5_000_000, 5_000_000],
    [{ proxyClientMaxBodySize: 7_000 }, undefined, 7_000],
    [{ proxyClientMaxBodySize: 7_000 }, 8_000, 8_000],
    [{ proxyClientMaxBodySize: '20mb' }, undefined, 20_971_520],
    [{ proxyClientMaxBodySize: '1.5 KB' }, undefined, 1_536],
    [{ proxyClientMaxBodySize: '4096' }, undefined, 4_096],
    [{ middlewareClientMaxBodySize: '1gb' }, undefined, 1_073_741_824],
  ])('with %j and the option %s the limit is %d bytes', (experimental, maxBodyBytes, limit) => {
    expect(withGatehouse({ experimental }, maxBodyBytes === undefined ? {} : { maxBodyBytes })).toEqual(limited(limit));
  });

  it.each([0, -1, 0.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses a limit of %d', (maxBodyBytes) => {
    expect(() => withGatehouse({}, { maxBodyBytes })).toThrow(TypeError);
  });

  it.each(['', 'much', '10 apples', '-5mb'])('refuses "%s" as a size', (proxyClientMaxBodySize) => {
    expect(() => withGatehouse({ experimental: { proxyClientMaxBodySize } })).toThrow(TypeError);
  });
});

describe("Next's test proxy", () => {
  it('is left out of the build, beside what the site has the compiler define', () => {
    const compiler = { define: { OWN: '1' }, defineServer: { 'process.env.OWN': '2' } };
    expect(withGatehouse({ compiler })).toMatchObject({
      compiler: { define: { OWN: '1' }, defineServer: { 'process.env.OWN': '2', [TEST_PROXY]: 'false' } },
    });
  });

  it('stays where the site tests with it', () => {
    expect(withGatehouse({ experimental: { testProxy: true } })).not.toHaveProperty('compiler');
  });

  it.each(['define', 'defineServer'])('is as the site says in %s: Next refuses a variable in both', (key) => {
    const compiler = { [key]: { [TEST_PROXY]: 'true' } };
    expect(withGatehouse({ compiler }).compiler).toBe(compiler);
  });
});

const MISSING = { source: '/_next/static/:path*', destination: '/404', locale: false };
const own = { source: '/old', destination: '/new' };
const other = { source: '/:path*', destination: '/fallback' };

describe('the rewrites of withGatehouse', () => {
  const rewritten = (rewrites?: object | undefined) =>
    (withGatehouse({ rewrites: async () => rewrites }) as { rewrites(): Promise<object> }).rewrites();

  it.each([
    [undefined, { beforeFiles: [], afterFiles: [MISSING], fallback: [] }],
    [[own], { beforeFiles: [], afterFiles: [MISSING, own], fallback: [] }],
    [{ beforeFiles: [own] }, { beforeFiles: [own], afterFiles: [MISSING], fallback: [] }],
    [
      { afterFiles: [own], fallback: [other] },
      { beforeFiles: [], afterFiles: [MISSING, own], fallback: [other] },
    ],
  ])('of %j send a build file that does not exist to the 404 page before anything else', async (site, expected) => {
    expect(await rewritten(site)).toEqual(expected);
  });

  it.each([
    ['a condition', { ...MISSING, has: [{ type: 'header', key: 'x-old' }] }],
    ['a locale in front', { source: MISSING.source, destination: '/404' }],
    ['another base path', { ...MISSING, basePath: false }],
  ])('of a site do not stand for that one when they have %s', async (_, similar) => {
    expect(await rewritten([similar])).toMatchObject({ afterFiles: [MISSING, similar] });
  });

  it('of a site do not come before it', async () => {
    expect(await rewritten([other, MISSING])).toMatchObject({ afterFiles: [MISSING, other, MISSING] });
  });

  it('are the same after a second call, as everything else is', async () => {
    const once = withGatehouse({ transpilePackages: ['own'], rewrites: async () => [own] }, { maxBodyBytes: 9 });
    const twice = withGatehouse(once);
    expect(twice).toMatchObject({ ...limited(9), transpilePackages: ['own', 'next-gatehouse'] });
    expect(await twice.rewrites()).toEqual(await once.rewrites());
  });

  it('call the function of the site with its configuration as `this`', async () => {
    const site = {
      target: '/new',
      async rewrites() {
        return [{ source: '/old', destination: this.target }];
      },
    };
    expect(await withGatehouse(site).rewrites()).toMatchObject({ afterFiles: [MISSING, own] });
  });
});

describe('the warnings of withGatehouse', () => {
  const csp = (value: string, source = '/:path*') => [{ source, headers: [{ key: 'content-security-policy', value }] }];

  async function warnings(site: object, options: Parameters<typeof withGatehouse>[1] = {}, calls = 1) {
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    delete (globalThis as Record<symbol, unknown>)[Symbol.for('gatehouse.warned')];
    const { rewrites, headers } = withGatehouse(withGatehouse(site, options), options) as {
      rewrites(): Promise<unknown>;
      headers?(): Promise<unknown>;
    };
    for (let call = 0; call < calls; call += 1) await Promise.all([rewrites(), headers?.()]);
    const lines = warn.mock.calls.map(([line]) => String(line));
    warn.mockRestore();
    return lines;
  }

  it.each([
    "form-action 'self'",
    "default-src *; Form-Action 'none'",
    "form-action 'self' https://x.example, form-action 'self'",
  ])('name a policy whose forms cannot be redirected to the provider, once: %s', async (value) => {
    const lines = await warnings({ headers: async () => csp(value) }, {}, 2);
    expect(lines).toEqual([expect.stringMatching(/^next-gatehouse: the Content-Security-Policy of \/:path\* has/)]);
  });

  it.each(["default-src 'self'", "form-action 'self' https://provider.example", 'form-action *'])(
    'say nothing of %s',
    async (value) => {
      expect(await warnings({ headers: async () => csp(value) })).toEqual([]);
    },
  );

  it('say nothing of a strict form-action where a form leads on by a page', async () => {
    vi.stubEnv('SSO_FORM_REDIRECTS', 'page');
    const site = { headers: async () => csp("form-action 'self'") };
    expect(await warnings(site)).toEqual([]);
    vi.unstubAllEnvs();
    expect(await warnings(site)).toHaveLength(1);
  });

  it('name a rewrite that sends the session cookie to another origin, and no other', async () => {
    const rewrites = async () => ({
      beforeFiles: [own],
      fallback: [{ source: '/old/:path*', destination: 'https://Old.example/app/:path*' }],
    });
    expect(await warnings({ rewrites }, {}, 2)).toEqual([
      "next-gatehouse: the rewrite of /old/:path* sends the session cookie to https://Old.example, unless the rule of that path has `cookies: 'hidden'` (ignoreWarnings: ['external-rewrite'] turns this warning off).",
    ]);
  });

  it('name no password of another origin', async () => {
    const rewrites = async () => [{ source: '/old', destination: 'https://name:planted-p@ssword@old.example/app' }];
    const [line = ''] = await warnings({ rewrites });
    expect(line).toContain('sends the session cookie to https://old.example,');
    expect(line).not.toMatch(/planted|ssword|name:/);
  });

  it('can be turned off by name', async () => {
    const site = {
      rewrites: async () => [{ source: '/old', destination: 'http://old.example/' }],
      headers: async () => csp("form-action 'none'"),
    };
    expect(await warnings(site, { ignoreWarnings: ['external-rewrite'] })).toHaveLength(1);
    expect(await warnings(site, { ignoreWarnings: ['external-rewrite', 'form-action'] })).toEqual([]);
  });
});
