import { type Env, readSettings } from '../../lib/configuration';
import type { Settings } from '../../lib/types/settings';

/** A complete environment. */
export const ENV = {
  SSO_ISSUER: 'https://op.example',
  SSO_CLIENT_ID: 'gate',
  SSO_CLIENT_SECRET: 'a-client-secret',
  SSO_REDIRECT_URI: 'https://site.example/auth/callback',
  SSO_POST_LOGOUT_URI: 'https://site.example/signed-out',
  SESSION_SECRET: 'abcdefghijklmnopqrstuvwxyz012345',
  UPSTASH_REDIS_REST_URL: 'https://redis.example',
  UPSTASH_REDIS_REST_TOKEN: 'redis-token',
} as const satisfies Env;

/** The settings of that environment with other values in it. */
export const settingsWith = (env: Env = {}): Settings => readSettings({ ...ENV, ...env });
