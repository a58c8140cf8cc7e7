import { once } from 'node:events';
import { createServer } from 'node:http';
import { calculateJwkThumbprint, exportJWK, generateKeyPair } from 'jose';
import { configuration } from './configuration.mjs';
import { createLedger, listen } from './ledger.mjs';
import { Provider } from './library.mjs';
import { signInRoute } from './sign-in.mjs';
import { supportReferences } from './support.mjs';
import { burnCodes, installAccessTokens, installIdTokens, revokeSignedTokens } from './tokens.mjs';

/**
 * @typedef {object} RunningProvider
 * @property {string} issuer
 * @property {import('./ledger.mjs').Ledger} ledger
 * @property {() => Promise<void>} close
 */

/**
 * Starts an OpenID provider that behaves like the one the site is built for. Its keys are made now and forgotten with
 * the process, so nothing that it ever signed is worth anything elsewhere or later.
 *
 * @param {object} options
 * @param {readonly object[]} options.clients registrations, in the field names of OpenID Dynamic Registration
 * @param {number} [options.port] 0 = any that is free
 * @param {string} [options.host]
 * @param {number} [options.accessTokenSeconds]
 * @returns {Promise<RunningProvider>}
 */
export async function startProvider({ clients, port = 0, host = '127.0.0.1', accessTokenSeconds = 900 }) {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const signingKey = { ...jwk, kid, alg: 'ES256', use: 'sig' };

  // The issuer names the port, so the server has to be there before the provider is.
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const issuer = `http://${host}:${address.port}`;

  const provider = new Provider(issuer, configuration({ clients, signingKey, accessTokenSeconds }));
  installAccessTokens(provider, { publicKey, privateKey, kid });
  installIdTokens(provider);
  const ledger = createLedger();
  listen(provider, ledger);
  for (const middleware of [ledger.record, supportReferences, burnCodes, revokeSignedTokens, signInRoute(provider)])
    provider.use(middleware);
  server.on('request', provider.callback());

  return {
    issuer,
    ledger,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections(); // browsers keep theirs open for minutes
      }),
  };
}
