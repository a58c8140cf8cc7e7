import { afterEach, describe, expect, it, vi } from 'vitest';
import { createTestSession, startTestProvider, startTestRedis } from '../../../lib/testing';
import { assertTestEnvironment } from '../../../lib/testing/test-environment';
import { assertTestProcess } from '../../../lib/testing/test-process';
import { ENV } from '../../world/settings';

const TESTS = {
  ...ENV,
  SSO_ISSUER: 'http://127.0.0.1:4000',
  SSO_REDIRECT_URI: 'http://localhost:3000/auth/callback',
  SSO_POST_LOGOUT_URI: 'https://site.test/',
  UPSTASH_REDIS_REST_URL: 'https://redis.localhost',
};
afterEach(() => {
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

describe('an environment of tests', () => {
  it('has hosts of this machine alone', () => {
    expect(() => assertTestEnvironment(TESTS)).not.toThrow();
    expect(() => assertTestEnvironment({ ...TESTS, SSO_ISSUER: 'http://[::1]:4000' })).not.toThrow();
  });

  it.each([
    ['SSO_ISSUER', 'https://sso.example.com'],
    ['SSO_DISCOVERY_URL', 'https://sso.example.com/metadata'],
    ['APP_URL', 'https://www.example.com'],
    ['SSO_REDIRECT_URI', 'https://www.example.com/auth/callback'],
    ['SSO_POST_LOGOUT_URI', 'https://localhost.example.com/'],
    ['UPSTASH_REDIS_REST_URL', 'https://eu1-redis.upstash.io'],
    ['KV_REST_API_URL', 'https://test.upstash.io'],
    ['UPSTASH_REDIS_REST_URL', 'https://127.0.0.1.example.com'],
    ['UPSTASH_REDIS_REST_URL', ' https://10.0.0.7 '],
    ['UPSTASH_REDIS_REST_URL', 'https://test'],
  ])('has no %s at %s', async (name, value) => {
    const host = new URL(value).hostname;
    await expect(createTestSession({ env: { ...TESTS, [name]: value } })).rejects.toThrow(
      `looks like production: ${name} names the host ${host}`,
    );
  });

  it.each(['VERCEL', 'NETLIFY', 'K_SERVICE', 'DYNO'])('has no %s, neither its own nor of the process', async (name) => {
    await expect(createTestSession({ env: { ...TESTS, [name]: '1' } })).rejects.toThrow(`${name} is set`);
    vi.stubEnv(name, '1');
    await expect(createTestSession({ env: TESTS })).rejects.toThrow(`${name} is set`);
    await expect(startTestProvider()).rejects.toThrow(`${name} is set`);
  });

  it('is read once, so that what is used is what was checked', async () => {
    const hosts = ['https://redis.localhost', 'https://eu1-redis.upstash.io'];
    let reads = 0;
    const env = {
      ...TESTS,
      get UPSTASH_REDIS_REST_URL() {
        reads += 1;
        return hosts.shift();
      },
    };
    await expect(createTestSession({ env })).rejects.not.toThrow('looks like production');
    expect(reads).toBe(1);
  });

  it('names every reason at once, and shows no secret', () => {
    const wrong = { ...TESTS, VERCEL: '1', SSO_ISSUER: 'https://sso.example.com', APP_URL: 'https://www.example.com' };
    const refused = () => assertTestEnvironment(wrong);
    expect(refused).toThrow(/VERCEL is set.*SSO_ISSUER names.*APP_URL names/);
    expect(refused).not.toThrow(TESTS.SESSION_SECRET);
  });

  it('may have hosts of a private network that are named, and none that the public DNS can have', () => {
    const docker = { ...TESTS, UPSTASH_REDIS_REST_URL: 'https://redis:8079' };
    expect(() => assertTestEnvironment(docker)).toThrow('UPSTASH_REDIS_REST_URL names the host redis');
    expect(() => assertTestEnvironment(docker, ['redis'])).not.toThrow();
    const upstash = { ...TESTS, UPSTASH_REDIS_REST_URL: 'https://eu1.upstash.io' };
    expect(() => assertTestEnvironment(upstash, ['eu1.upstash.io'])).toThrow('allowHosts names eu1.upstash.io');
  });

  it('is that of the provider’s site, too', async () => {
    await expect(startTestProvider({ siteUrl: 'https://www.example.com' })).rejects.toThrow('APP_URL names');
  });
});

describe('a process of tests', () => {
  // A module whose evaluation threw goes on throwing for all files that the worker has.
  afterEach(() => {
    vi.resetModules();
  });

  it.each([
    ['NEXT_RUNTIME', 'nodejs'],
    ['NEXT_PHASE', 'phase-production-build'],
    ['__NEXT_PRIVATE_STANDALONE_CONFIG', '{}'],
  ])('is none of Next, which sets %s', async (name, value) => {
    vi.stubEnv(name, value);
    await expect(startTestRedis()).rejects.toThrow(`refuses to load: ${name} is set`);
    await expect(createTestSession({ env: TESTS })).rejects.toThrow(`refuses to load: ${name} is set`);
    vi.resetModules();
    await expect(import('../../../lib/testing')).rejects.toThrow(`refuses to load: ${name} is set`);
  });

  it('is no Edge runtime, whose process has an environment alone', () => {
    vi.stubGlobal('process', { env: {} });
    expect(assertTestProcess).toThrow('this is no Node process');
  });
});
