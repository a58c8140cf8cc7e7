import { randomBytes } from 'node:crypto';
import { startProvider } from '../dev-provider/open.mjs';
import { startRedis } from '../dev-redis/open.mjs';
import { onlyOnce } from './once.mjs';
import { explained } from './ports.mjs';

const CLIENT_ID = 'gatehouse';
const SCOPE = 'openid profile email offline_access roles permissions';

/**
 * What has to stay as it is when a site has it in its environment already.
 *
 * @typedef {object} Known
 * @property {string} [clientId]
 * @property {string} [clientSecret]
 * @property {string} [sessionSecret]
 * @property {string} [redisToken]
 *
 * @typedef {object} Options
 * @property {string} appUrl the site: its origin and base path, without a slash at the end
 * @property {string} [clientName] as the provider's pages call the site
 * @property {string} [postLogout] path of the page after a sign-out, below the base path; the start page when it is not said
 * @property {readonly string[]} [redirectUris] further ones
 * @property {readonly string[]} [postLogoutUris] further ones
 * @property {number} [providerPort] 0 = any that is free
 * @property {number} [redisPort] 0 = any that is free
 * @property {number} [accessTokenSeconds]
 * @property {() => readonly import('../dev-provider/people.mjs').Entry[]} [people]
 * @property {() => string | undefined} [fault]
 * @property {import('./state.mjs').State} [state] without one, everything is forgotten with the process
 * @property {Known} [known]
 * @property {(line: string) => void} [log]
 *
 * @typedef {Awaited<ReturnType<typeof startDevelopment>>} Development
 */

/**
 * All that a site with the gate needs around it in development: an OpenID provider at which it is registered, and a Redis. The
 * provider is at `127.0.0.1` and a site usually at `localhost`, because cookies ignore ports and the two would share a jar.
 *
 * @param {Options} options
 */
export async function startDevelopment({ providerPort = 0, redisPort = 0, state, log, ...options }) {
  const { secrets: saved = {}, provider: savedProvider, redis: savedRedis } = state?.saved ?? {};
  const known = options.known ?? {};
  const secrets = secretsOf(known, saved);
  const onAnswer = state?.touch;
  const provider = once(
    await startProvider({
      clients: [registration(options, secrets)],
      port: providerPort,
      saved: savedProvider,
      onAnswer,
      ...options,
    }).catch(async (error) => {
      throw await explained(error, 'provider', providerPort);
    }),
  );
  const { folder, isReset } = state ?? {};
  const ofRedis = { token: secrets.redisToken, port: redisPort, folder, isReset, saved: savedRedis };
  const redis = once(
    await startRedis({ ...ofRedis, onAnswer, log }).catch(async (error) => {
      await provider.close();
      throw await explained(error, 'redis', redisPort);
    }),
  );
  state?.keep(() => ({ secrets: ownSecrets(secrets, known, saved), provider: provider.dump(), redis: redis.dump() }));
  return {
    provider,
    redis,
    env: environment({ options, secrets, issuer: provider.issuer, redisUrl: redis.url }),
    close: onlyOnce(async () => {
      await provider.close();
      state?.save(); // before Redis, because the embedded engine ends with its content
      await redis.close();
    }),
  };
}

/** @template {{ close: () => Promise<void> }} T @param {T} part may be stopped by a test, before everything is */
const once = (part) => ({ ...part, close: onlyOnce(part.close) });

/** @param {Known} known @param {any} saved of the last start */
function secretsOf(known, saved) {
  const pick = (/** @type {keyof Known} */ name) => known[name] || textOf(saved[name]) || secret();
  return {
    clientId: known.clientId || CLIENT_ID,
    clientSecret: pick('clientSecret'),
    sessionSecret: pick('sessionSecret'),
    redisToken: pick('redisToken'),
  };
}

/**
 * Those that were made here. One of the site's own, such as that of a deployment, stays in the file where the site has it.
 *
 * @param {ReturnType<typeof secretsOf>} secrets @param {Known} known @param {any} saved
 */
const ownSecrets = (secrets, known, saved) =>
  Object.fromEntries(
    Object.entries(secrets).filter(
      ([name, value]) => !known[/** @type {keyof Known} */ (name)] || saved[name] === value,
    ),
  );

/** @param {unknown} value */
const textOf = (value) => (typeof value === 'string' ? value : undefined);

const secret = () => randomBytes(32).toString('base64url');

/** The site as the provider knows it. @param {Options} options @param {ReturnType<typeof secretsOf>} secrets */
function registration({ appUrl, clientName, postLogout, redirectUris = [], postLogoutUris = [] }, secrets) {
  const { clientId, clientSecret } = secrets;
  const landing = [startPage(appUrl), `${appUrl}/`, ...(postLogout ? [appUrl + postLogout] : []), ...postLogoutUris];
  return {
    client_id: clientId,
    client_name: clientName ?? appUrl,
    client_uri: startPage(appUrl),
    client_secret: clientSecret,
    redirect_uris: unique([`${appUrl}/auth/callback`, ...redirectUris]),
    post_logout_redirect_uris: unique(landing),
    backchannel_logout_uri: `${appUrl}/auth/backchannel-logout`,
    backchannel_logout_session_required: true,
  };
}

/** As Next links to it: a base path has no slash at its end, an origin alone has one. @param {string} appUrl */
const startPage = (appUrl) => (new URL(appUrl).pathname === '/' ? `${appUrl}/` : appUrl);

/** @param {string[]} list */
const unique = (list) => [...new Set(list)];

/**
 * The variables of the site, in the order of its `.env.local`.
 *
 * @param {{ options: Options, secrets: ReturnType<typeof secretsOf>, issuer: string, redisUrl: string }} parts
 * @returns {Record<string, string>}
 */
function environment({ options: { appUrl, postLogout }, secrets, issuer, redisUrl }) {
  return {
    SSO_ISSUER: issuer,
    SSO_CLIENT_ID: secrets.clientId,
    SSO_CLIENT_SECRET: secrets.clientSecret,
    APP_URL: appUrl,
    ...(postLogout && { SSO_POST_LOGOUT_URI: appUrl + postLogout }),
    SSO_SCOPE: SCOPE,
    SESSION_SECRET: secrets.sessionSecret,
    UPSTASH_REDIS_REST_URL: redisUrl,
    UPSTASH_REDIS_REST_TOKEN: secrets.redisToken,
  };
}
