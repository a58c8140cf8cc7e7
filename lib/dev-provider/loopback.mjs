const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|\[::1\])$/;

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
