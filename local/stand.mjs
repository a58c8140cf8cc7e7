import { randomBytes } from 'node:crypto';
import { startProvider } from '../lib/dev-provider/open.mjs';
import { startRedis } from '../lib/dev-redis/open.mjs';
import { startBackend } from './backend.mjs';
import { ensureBuild, freePort, startSite } from './site.mjs';

const CLIENT_ID = 'gatehouse';
const SCOPE = 'openid profile email offline_access roles permissions';

/** @typedef {Awaited<ReturnType<typeof startStand>>} Stand */

/**
 * Everything that the site needs around it, and the site: Redis, an OpenID provider, an API. All secrets are made at
 * the start. The site is at `localhost` and the provider at `127.0.0.1`, because cookies ignore ports and the two
 * would share a jar.
 *
 * @param {object} [options]
 * @param {number} [options.sitePort] 0 = any that is free
 * @param {string} [options.origin] where people reach the site, when a proxy stands in front of it
 * @param {string} [options.dir] a built site elsewhere, instead of this one
 * @param {string} [options.basePath] where the site lives on its host
 * @param {'production' | 'development'} [options.mode]
 * @param {Record<string, string>} [options.env] variables of the site, over those of the stand
 * @param {number} [options.accessTokenSeconds]
 * @param {(line: string) => void} [options.log] one plain line per step
 * @param {(line: string) => void} [options.siteLog] what the site prints
 */
export async function startStand({
  sitePort = 0,
  origin,
  dir,
  basePath = '',
  mode = 'production',
  env: overrides = {},
  accessTokenSeconds = 900,
  log = () => {},
  siteLog = () => {},
} = {}) {
  const closers = /** @type {(() => Promise<void>)[]} */ ([]);
  const close = onlyOnce(async () => {
    for (const closer of closers.reverse()) {
      // One that fails must not keep the others open.
      await closer().catch((error) => log(`Stopping: ${error instanceof Error ? error.message : error}`));
    }
    ignoreSignals();
  });
  const ignoreSignals = onSignals(close);
  /** @template {{ close: () => Promise<void> }} T @param {T} part may be stopped by a test, before everything is */
  const keep = (part) => {
    const kept = { ...part, close: onlyOnce(part.close) };
    closers.push(kept.close);
    return kept;
  };

  try {
    const siteUrl = `http://localhost:${await freePort(sitePort)}`;
    if (mode === 'production' && dir === undefined) await ensureBuild(log);
    const redis = keep(await startRedis({ log }));
    const publicUrl = origin ?? siteUrl;
    const client = registration(publicUrl + basePath);
    const provider = keep(await startProvider({ clients: [client], accessTokenSeconds }));
    const backend = keep(await startBackend({ issuer: provider.issuer }));
    const env = {
      SSO_ISSUER: provider.issuer,
      SSO_CLIENT_ID: client.client_id,
      SSO_CLIENT_SECRET: client.client_secret,
      SSO_REDIRECT_URI: `${publicUrl}${basePath}/auth/callback`,
      SSO_POST_LOGOUT_URI: `${publicUrl}${basePath}/signed-out`,
      SSO_SCOPE: SCOPE,
      SESSION_SECRET: secret(),
      UPSTASH_REDIS_REST_URL: redis.url,
      UPSTASH_REDIS_REST_TOKEN: redis.token,
      BACKEND_API_URL: backend.url,
      ...overrides,
    };
    keep(await startSite({ url: siteUrl, mode, env, log: siteLog, dir }));
    log(`The site is at ${siteUrl}, the provider at ${provider.issuer}, the API at ${backend.url}.`);
    return { siteUrl, issuer: provider.issuer, env, close, provider, redis, backend };
  } catch (error) {
    await close();
    throw error;
  }
}

const secret = () => randomBytes(32).toString('base64url');

/** The site as the provider knows it. @param {string} siteUrl */
const registration = (siteUrl) => ({
  client_id: CLIENT_ID,
  client_name: 'The Gatehouse sample site',
  client_secret: secret(),
  redirect_uris: [`${siteUrl}/auth/callback`],
  post_logout_redirect_uris: [`${siteUrl}/signed-out`],
  backchannel_logout_uri: `${siteUrl}/auth/backchannel-logout`,
  backchannel_logout_session_required: true,
});

/** @template T @param {() => Promise<T>} work @returns {() => Promise<T>} every call gets the one result */
function onlyOnce(work) {
  /** @type {Promise<T> | undefined} */
  let running;
  return () => {
    running ??= work();
    return running;
  };
}

/**
 * The first signal closes everything and ends the process as it would have ended without us; a second one does not wait.
 *
 * @param {() => Promise<void>} close
 * @returns {() => void} leaves signals to others again
 */
function onSignals(close) {
  const codes = { SIGINT: 130, SIGTERM: 143 };
  const signals = /** @type {(keyof typeof codes)[]} */ (Object.keys(codes));
  let asked = false;
  const handle = async (/** @type {keyof typeof codes} */ signal) => {
    if (asked) process.exit(codes[signal]);
    asked = true;
    await close();
    process.exit(codes[signal]);
  };
  for (const signal of signals) process.on(signal, handle);
  return () => {
    for (const signal of signals) process.off(signal, handle);
  };
}
