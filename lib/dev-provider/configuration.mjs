import { errorPage, signedOutPage, signingOutPage, signOutPage } from './pages.mjs';
import { LEVELS } from './people.mjs';
import { policy } from './policy.mjs';
import { signInPath } from './sign-in.mjs';
import { signInClaims } from './tokens.mjs';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** @typedef {import('./library.mjs').Context} Context */

/**
 * What the provider is: the endpoints, lifetimes and rules of the one that the site is built for.
 *
 * @param {object} options
 * @param {readonly object[]} options.clients
 * @param {object} options.signingKey
 * @param {string} options.cookieKey
 * @param {number} options.port
 * @param {number} options.accessTokenSeconds
 * @param {import('./people.mjs').Directory} options.people
 * @param {(model: string) => object} options.adapter
 */
export function configuration({ clients, signingKey, cookieKey, port, accessTokenSeconds, people, adapter }) {
  return {
    clients,
    jwks: { keys: [signingKey] },
    adapter,
    cookies: { keys: [cookieKey], names: cookieNames(port) },
    findAccount: people.findAccount,
    routes: {
      authorization: '/authorize',
      token: '/token',
      userinfo: '/userinfo',
      revocation: '/oauth/revoke',
      introspection: '/introspect',
      end_session: '/connect/logout',
      jwks: '/.well-known/jwks.json',
    },
    features: features(),
    responseTypes: ['code'],
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
      response_types: ['code'],
      token_endpoint_auth_method: 'client_secret_post',
    },
    clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'none'],
    clientBasedCORS: () => false,
    pkce: { required: () => true },
    acrValues: LEVELS,
    claims: {
      // Without a scope of their own, so that they arrive whatever a site asks for; in the ID token and at userinfo.
      openid: ['sub', 'acr', 'amr', 'auth_time', ...people.furtherClaims()],
      profile: ['name', 'given_name', 'family_name', 'picture'],
      email: ['email', 'email_verified'],
      roles: ['roles'],
      permissions: ['permissions'],
    },
    ttl: {
      AccessToken: accessTokenSeconds,
      AuthorizationCode: 2 * MINUTE,
      IdToken: 15 * MINUTE,
      RefreshToken: 30 * DAY,
      Grant: 90 * DAY, // the refresh token family: no rotation outlives it
      Session: 14 * DAY,
      Interaction: 60 * MINUTE,
    },
    rotateRefreshToken: true,
    extraTokenClaims: signInClaims,
    extraParams: { keep_offline_access: keepOfflineAccess },
    interactions: { policy: policy(people), url: signInPath },
    renderError,
    // The library's dispatcher refuses loopback addresses, for good reasons elsewhere; here everything has one.
    fetch: (/** @type {string} */ url, /** @type {any} */ { dispatcher: _guard, ...options }) => fetch(url, options),
  };
}

/** Cookies ignore ports: two providers of one machine would sign each other's people out. @param {number} port */
const cookieNames = (port) => ({
  session: `provider_${port}_session`,
  interaction: `provider_${port}_interaction`,
  resume: `provider_${port}_resume`,
});

const features = () => ({
  devInteractions: { enabled: false },
  dPoP: { enabled: false },
  pushedAuthorizationRequests: { enabled: false },
  resourceIndicators: { enabled: false },
  revocation: { enabled: true, allowedPolicy: ownToken },
  introspection: { enabled: true, allowedPolicy: ownToken },
  backchannelLogout: { enabled: true },
  rpInitiatedLogout: { enabled: true, logoutSource, postLogoutSuccessSource },
});

/**
 * The library drops `offline_access` unless the request insists on `prompt=consent` (OIDC Core §11); the provider does
 * not. This runs as the check of a parameter that no client sends, because the library has no other hook that runs after the drop.
 *
 * @param {Context} ctx
 */
function keepOfflineAccess({ oidc, query }) {
  const asked = String(query.scope).split(' ').includes('offline_access');
  if (asked && !oidc.requestParamScopes.has('offline_access')) oidc.params.scope += ' offline_access';
}

/** A client learns about, and ends, its own tokens only. */
const ownToken = async (/** @type {Context} */ _ctx, /** @type {any} */ client, /** @type {any} */ token) =>
  token.clientId === client.clientId;

/**
 * A person who pressed "sign out" at the site is not asked again. Without a hint, or with one of another session, it
 * may be a link that another site made, so then a click is wanted.
 *
 * @param {Context} ctx
 * @param {string} form
 */
async function logoutSource(ctx, form) {
  const { entities, session, client } = ctx.oidc;
  const hinted = entities.IdTokenHint?.payload.sid;
  const certain = hinted !== undefined && hinted === session.sidFor(client.clientId);
  (certain ? signingOutPage : signOutPage)(ctx, form);
}

const postLogoutSuccessSource = async (/** @type {Context} */ ctx) => signedOutPage(ctx);

/** @param {Context} ctx @param {{ error: string, error_description?: string }} out */
const renderError = async (ctx, out) => errorPage(ctx, out);
