import { onlyOnce } from '../lib/dev-stand/once.mjs';
import { startDevelopment } from '../lib/dev-stand/open.mjs';
import { startBackend } from './backend.mjs';
import { ensureBuild, freePort, startSite } from './site.mjs';

/** @typedef {Awaited<ReturnType<typeof startStand>>} Stand */

/**
 * Everything that the site needs around it, and the site: what `gatehouse dev` starts, and an API. All secrets are made at
 * the start.
 *
 * @param {object} [options]
 * @param {number} [options.sitePort] 0 = any that is free
 * @param {string} [options.origin] where people reach the site, when a proxy stands in front of it
 * @param {string} [options.dir] a built site elsewhere, instead of this one
 * @param {string} [options.basePath] where the site lives on its host
 * @param {'production' | 'development'} [options.mode]
 * @param {Record<string, string>} [options.env] variables of the site, over those of the stand
 * @param {number} [options.accessTokenSeconds]
 * @param {number} [options.providerPort] 0 = any that is free
 * @param {number} [options.redisPort] 0 = any that is free
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
  providerPort = 0,
  redisPort = 0,
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
    const publicUrl = origin ?? siteUrl;
    const { provider, redis, ...development } = keep(
      await startDevelopment({
        appUrl: publicUrl + basePath,
        clientName: 'The Gatehouse sample site',
        postLogout: '/signed-out',
        providerPort,
        redisPort,
        accessTokenSeconds,
        log,
      }),
    );
    const backend = keep(await startBackend({ issuer: provider.issuer }));
    const env = { ...development.env, BACKEND_API_URL: backend.url, ...overrides };
    keep(await startSite({ url: siteUrl, mode, env, log: siteLog, dir }));
    log(`The site is at ${siteUrl}, the provider at ${provider.issuer}, the API at ${backend.url}.`);
    return { siteUrl, issuer: provider.issuer, env, close, provider, redis, backend };
  } catch (error) {
    await close();
    throw error;
  }
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
