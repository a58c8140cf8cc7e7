import { join } from 'node:path';
import { runnerImport } from 'vite';
import { root } from '../local/setup.mjs';

/** @template T @param {string} file @returns {Promise<T>} */
const load = async (file) =>
  /** @type {{ module: T }} */ (await runnerImport(join(root, file), { configFile: false, logLevel: 'silent' })).module;

export const loadEndedSessions = async () =>
  (await /** @type {typeof load<typeof import('../lib/store/ended-sessions')>} */ (load)('lib/store/ended-sessions.ts'))
    .createEndedSessions;

/** The environment of a gate that knows these sessions. @param {string} origin @param {{ url: string, token: string }} redis */
export const gateEnv = (origin, redis) => ({
  SSO_ISSUER: 'https://provider.invalid',
  SSO_CLIENT_ID: 'bench',
  SSO_CLIENT_SECRET: 'bench',
  SSO_REDIRECT_URI: `${origin}/auth/callback`,
  SSO_POST_LOGOUT_URI: `${origin}/signed-out`,
  SESSION_SECRET: 'measured-again-and-again-0123456789',
  SESSION_CHECK_SECONDS: '3600', // a session is looked up once, however long the measurement takes
  UPSTASH_REDIS_REST_URL: redis.url,
  UPSTASH_REDIS_REST_TOKEN: redis.token,
  TRUSTED_PROXY_HOPS: '1',
  BACKEND_API_URL: 'https://api.invalid',
});

/**
 * Makes sessions as the gate makes them.
 *
 * @param {Record<string, string>} env
 */
export async function createMint(env) {
  /** @type {[typeof import('../lib/configuration'), typeof import('../lib/crypto/random'), typeof import('../lib/crypto/seal'), typeof import('../lib/session/session-cookie'), typeof import('../lib/store/records'), typeof import('../lib/store/redis')]} */
  const [{ readSettings }, { sha256 }, { createSealer }, { sealSession }, { createRecords }, { createRedis }] =
    await Promise.all([
      load('lib/configuration.ts'),
      load('lib/crypto/random.ts'),
      load('lib/crypto/seal.ts'),
      load('lib/session/session-cookie.ts'),
      load('lib/store/records.ts'),
      load('lib/store/redis.ts'),
    ]);
  const settings = readSettings(env);
  const now = Date.now;
  const sealer = createSealer({ settings, now });
  const records = createRecords({
    settings: settings.provider,
    redis: createRedis({ settings: settings.redis }),
    sealer,
    now,
  });

  /** @param {number} index @returns {Promise<import('../lib/types/session').Session>} */
  const session = async (index) => {
    const seconds = Math.floor(now() / 1000);
    const sid = crypto.randomUUID() + crypto.randomUUID();
    return {
      sub: `person-${index}`,
      claims: {
        name: `Person Number ${index}`,
        given_name: 'Person',
        family_name: `Number ${index}`,
        email: `person-${index}@example.test`,
        email_verified: true,
        roles: ['staff', 'editor'],
        permissions: ['reports:read', 'reports:write'],
      },
      scope: 'openid profile email offline_access roles permissions',
      acr: 'urn:sso:loa:password',
      authTime: seconds,
      sid,
      id: await sha256(sid),
      browser: crypto.randomUUID(),
      generation: 1,
      createdAt: seconds,
      tokensIssuedAt: seconds,
      tokensExpireAt: seconds + 86_400,
      renewable: true,
      idleEndsAt: seconds + settings.session.idleSeconds,
      absoluteEndsAt: seconds + settings.session.absoluteSeconds,
    };
  };
  /** @param {import('../lib/types/session').Session} of */
  const cookie = async (of) => {
    const { setCookie } = await sealSession(of, Math.floor(now() / 1000), { settings, sealer });
    return setCookie.slice(0, setCookie.indexOf(';'));
  };

  return {
    /**
     * Cookies of as many sessions.
     *
     * @param {number} count
     * @param {{ twice?: boolean, stored?: boolean }} [options] `twice`: each session in two cookies, sealed anew, as two
     *   lists. `stored`: with a record in Redis.
     * @returns {Promise<[string[], string[]]>}
     */
    async sessions(count, { twice = false, stored = false } = {}) {
      const made = await Promise.all(Array.from({ length: count }, (_, index) => session(index)));
      if (stored) for (let at = 0; at < count; at += 50) await Promise.all(made.slice(at, at + 50).map(store));
      const cookies = async () => await Promise.all(made.map(cookie));
      return [await cookies(), twice ? await cookies() : []];
    },
  };

  /** @param {import('../lib/types/session').Session} of */
  async function store(of) {
    const tokens = { accessToken: 'at', refreshToken: 'rt', idToken: 'it', scope: of.scope };
    const times = { issuedAt: of.tokensIssuedAt, expiresAt: of.tokensExpireAt };
    const record = { sub: of.sub, claims: of.claims, tokens: { ...tokens, ...times } };
    const device = { browser: null, platform: null };
    await records.put({ session: of, record, signedInAt: of.createdAt, device });
  }
}
