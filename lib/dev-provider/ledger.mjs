/** The oldest lines go when there are more, so that a demo left running does not grow for ever. */
const LIMIT = 10_000;

/** By path, as it arrives: a request that is never answered has to be in the ledger as well. */
const ENDPOINTS = {
  discovery: /^\/\.well-known\/openid-configuration$/,
  jwks: /^\/\.well-known\/jwks\.json$/,
  authorization: /^\/authorize$/,
  sign_in: /^\/sign-in\/[^/]+$/,
  resume: /^\/authorize\/[^/]+$/, // from the sign-in page back to the authorization endpoint
  token: /^\/token$/,
  userinfo: /^\/userinfo$/,
  revocation: /^\/oauth\/revoke$/,
  introspection: /^\/introspect$/,
  end_session: /^\/connect\/logout$/,
  end_session_confirm: /^\/connect\/logout\/confirm$/,
};

/**
 * @typedef {object} Request a request as the provider remembers it; no token, code or secret is ever in it
 * @property {number} at milliseconds since the epoch
 * @property {string} endpoint one of `ENDPOINTS`, or `unknown`
 * @property {string} method
 * @property {string} [grantType] at the token endpoint
 * @property {number | null} status null until it is answered
 *
 * @typedef {object} Event what happened, as opposed to who called
 * @property {number} at
 * @property {'authorized' | 'signed_out' | 'refresh_token_reuse' | 'grant_refused'
 *   | 'grant_revoked' | 'backchannel_logout' | 'server_error'} type
 * @property {string} [sub]
 * @property {string} [detail]
 *
 * @typedef {ReturnType<typeof createLedger>} Ledger
 */

/** What the provider was asked and what came of it, so that a test can count calls exactly. */
export function createLedger() {
  /** @type {Request[]} */
  const requests = [];
  /** @type {Event[]} */
  const events = [];

  return {
    requests,
    events,
    /** How often an endpoint was called, at the token endpoint by grant type if one is named. */
    count: (/** @type {string} */ endpoint, /** @type {string | undefined} */ grantType = undefined) =>
      requests.filter((line) => line.endpoint === endpoint && (!grantType || line.grantType === grantType)).length,
    clear() {
      requests.length = 0;
      events.length = 0;
    },
    /** @param {Event['type']} type @param {{ sub?: string, detail?: string }} [about] */
    note: (type, about) => append(events, { at: Date.now(), type, ...about }),

    /** @type {import('./library.mjs').Middleware} */
    async record(ctx, next) {
      const [endpoint] = Object.entries(ENDPOINTS).find(([, path]) => path.test(ctx.path)) ?? ['unknown'];
      /** @type {Request} */
      const line = { at: Date.now(), endpoint, method: ctx.method, status: null };
      append(requests, line);
      await next();
      line.status = ctx.status;
      const grantType = ctx.oidc?.params?.grant_type;
      if (grantType) line.grantType = grantType;
    },
  };
}

/** @template T @param {T[]} lines @param {T} line */
function append(lines, line) {
  lines.push(line);
  if (lines.length > LIMIT) lines.shift();
}

/**
 * Writes down what the library announces.
 *
 * @param {any} provider
 * @param {Ledger} ledger
 */
export function listen(provider, { note }) {
  /** @type {Record<string, (...announced: any[]) => void>} */
  const listeners = {
    'authorization.success': ({ oidc }) => note('authorized', { sub: oidc.session.accountId, detail: oidc.acr }),
    'grant.error': ({ oidc }, error) => note(...refusal(oidc.entities.RefreshToken, error)),
    'grant.revoked': ({ oidc }) => note('grant_revoked', { detail: `at ${oidc.route}` }),
    'end_session.success': ({ oidc }) => note('signed_out', { sub: oidc.session.accountId }),
    'backchannel.success': (_ctx, client, sub) =>
      note('backchannel_logout', { sub, detail: `${client.clientId}: done` }),
    'backchannel.error': (_ctx, error, client, sub) =>
      note('backchannel_logout', { sub, detail: `${client.clientId}: ${error.message}` }),
    server_error: (_ctx, error) => note('server_error', { detail: error.message }),
    // Koa prints the errors that no listener takes; the usual one is a browser that closed its connection.
    error: (error) => note('server_error', { detail: error.message }),
  };
  for (const [announcement, write] of Object.entries(listeners)) provider.on(announcement, write);
}

/**
 * The library says "invalid_grant" to all of these; what it had in hand at that moment tells them apart.
 *
 * @param {any} refreshToken
 * @param {any} error
 * @returns {[Event['type'], { sub?: string, detail: string }]}
 */
function refusal(refreshToken, error) {
  const type = refreshToken?.consumed ? 'refresh_token_reuse' : 'grant_refused';
  const detail = error.error_detail ?? error.error;
  return [type, { sub: refreshToken?.accountId, detail }];
}
