const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

/**
 * Whether a request was sent to this machine by a name that always means it. A browser names the site whose page sends the request,
 * so a page that points its own name at this machine (DNS rebinding) has no access, though its origin is that of the answer.
 *
 * @param {string | undefined} host the `Host` header
 */
export const isLoopbackHost = (host) =>
  URL.canParse(`http://${host}`) && LOOPBACK.test(new URL(`http://${host}`).hostname);

/**
 * A redirect URI at a loopback address is allowed with every port (RFC 8252 §7.3): `next dev` takes another port when the
 * usual one is in use. The library knows this for native clients alone.
 *
 * @param {any} provider
 */
export function allowLoopbackPorts({ Client }) {
  const lists = { redirectUriAllowed: 'redirectUris', postLogoutRedirectUriAllowed: 'postLogoutRedirectUris' };
  for (const [method, list] of Object.entries(lists)) {
    const isRegistered = Client.prototype[method];
    Client.prototype[method] = function allowed(/** @type {string} */ uri) {
      if (isRegistered.call(this, uri)) return true;
      const asked = withoutPort(uri);
      return asked !== undefined && this[list].some((/** @type {string} */ one) => withoutPort(one) === asked);
    };
  }
}

/** @param {string} uri @returns {string | undefined} undefined for a URI that leaves the machine */
function withoutPort(uri) {
  const url = URL.canParse(uri) ? new URL(uri) : undefined;
  if (url?.protocol !== 'http:' || !LOOPBACK.test(url.hostname)) return undefined;
  url.port = '';
  return url.href;
}
