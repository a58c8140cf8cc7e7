import { describe, expect, it } from 'vitest';
import { withGatehouse } from '../../lib/next/with-gatehouse';

const TEN_MB = 10_485_760;
const limited = (bytes: number) => ({
  env: { GATEHOUSE_MAX_BODY_BYTES: String(bytes) },
  experimental: { proxyClientMaxBodySize: bytes },
});

describe('withGatehouse', () => {
  it('keeps what the site has configured', () => {
    const site = { reactStrictMode: true, env: { OWN: '1' }, experimental: { authInterrupts: true } };
    expect(withGatehouse(site)).toEqual({
      reactStrictMode: true,
      env: { OWN: '1', GATEHOUSE_MAX_BODY_BYTES: String(TEN_MB) },
      experimental: { authInterrupts: true, proxyClientMaxBodySize: TEN_MB },
    });
    expect(site.experimental).toEqual({ authInterrupts: true });
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
