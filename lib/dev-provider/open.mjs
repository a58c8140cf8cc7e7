import { once } from 'node:events';
import { createServer } from 'node:http';
import { configuration } from './configuration.mjs';
import { homeRoute } from './home.mjs';
import { keysOf } from './keys.mjs';
import { createLedger, listen } from './ledger.mjs';
import { Provider } from './library.mjs';
import { allowLoopbackPorts, isLoopbackHost } from './loopback.mjs';
import { directoryOf, PEOPLE } from './people.mjs';
import { signInRoute } from './sign-in.mjs';
import { createStore } from './store.mjs';
import { supportReferences } from './support.mjs';
import { burnCodes, installAccessTokens, installIdTokens, revokeSignedTokens } from './tokens.mjs';

/**
 * @typedef {object} RunningProvider
 * @property {string} issuer
 * @property {import('./ledger.mjs').Ledger} ledger
 * @property {() => unknown} dump its keys, sign-ins, grants and tokens, in a shape that JSON keeps
 * @property {() => Promise<void>} close
 *
 * @typedef {object} Options
 * @property {readonly object[]} clients registrations, in the field names of OpenID Dynamic Registration
 * @property {number} [port] 0 = any that is free
 * @property {string} [host]
 * @property {number} [accessTokenSeconds]
 * @property {() => readonly import('./people.mjs').Entry[]} [people] asked for anew at each request
 * @property {() => string | undefined} [fault] why the people are not those of the file
 * @property {unknown} [saved] what a provider of the same issuer dumped before
 * @property {() => void} [onAnswer] called after each request, which may have changed what is remembered
 */

/**
 * Starts an OpenID provider that behaves like the one the site is built for. Unless they were saved before, its keys are
 * made now and forgotten with the process, so nothing that it ever signed is worth anything elsewhere or later.
 *
 * @param {Options} options
 * @returns {Promise<RunningProvider>}
 */
export async function startProvider({ port = 0, host = '127.0.0.1', saved, onAnswer = () => {}, ...options }) {
  const { keys: savedKeys, entries } = /** @type {any} */ (saved ?? {});
  const keys = await keysOf(savedKeys ?? undefined);
  const store = createStore(entries);

  // The issuer names the port, so the server has to be there before the provider is.
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  const address = /** @type {import('node:net').AddressInfo} */ (server.address());
  const issuer = `http://${host}:${address.port}`;

  const ledger = createLedger();
  const answer = answering({ ...options, issuer, port: address.port, keys, ledger, adapter: store.adapter });
  server.on('request', (request, response) => {
    response.once('close', onAnswer);
    if (isLoopbackHost(request.headers.host)) answer()(request, response);
    else response.writeHead(421).end(); // RFC 9110 §15.5.20
  });
  const { signingKey, cookieKey } = keys;
  return {
    issuer,
    ledger,
    dump: () => ({ keys: { signingKey, cookieKey }, entries: store.dump() }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections(); // browsers keep theirs open for minutes
      }),
  };
}

/**
 * What answers the requests. The library takes the names of claims when it is made, so with other names another one takes
 * over; everything that it remembers is in the store.
 *
 * @param {Omit<Options, 'port'> & { issuer: string, port: number, keys: import('./keys.mjs').Keys, ledger: import('./ledger.mjs').Ledger, adapter: (model: string) => object }} options
 * @returns {() => import('node:http').RequestListener}
 */
function answering({ people: entries = () => PEOPLE, fault = () => undefined, accessTokenSeconds = 900, ...options }) {
  const { issuer, keys, ledger, clients, port, adapter } = options;
  const people = directoryOf(entries);
  const make = () => {
    const { signingKey, cookieKey } = keys;
    const provider = new Provider(
      issuer,
      configuration({ clients, signingKey, cookieKey, port, accessTokenSeconds, people, adapter }),
    );
    installAccessTokens(provider, keys);
    installIdTokens(provider);
    allowLoopbackPorts(provider);
    listen(provider, ledger);
    const own = [homeRoute(clients, people), signInRoute(provider, people, fault)];
    for (const middleware of [ledger.record, supportReferences, burnCodes, revokeSignedTokens, ...own])
      provider.use(middleware);
    return provider.callback();
  };
  let names = people.furtherClaims().join(' ');
  let current = make();
  return () => {
    const now = people.furtherClaims().join(' ');
    if (now !== names) [names, current] = [now, make()];
    return current;
  };
}
