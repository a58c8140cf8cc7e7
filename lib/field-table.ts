import { FIELDS, type Field } from './fields.ts';

type Help = { readonly [Group in keyof typeof FIELDS]: { readonly [Name in keyof (typeof FIELDS)[Group]]: string } };

/** What each field is, for a reader; Markdown. */
const HELP: Help = {
  provider: {
    issuer:
      'Issuer URL of the OpenID provider, exactly as its discovery document names it; https, or http on a loopback host. May contain `{tenantid}` (Microsoft Entra for several tenants), then `SSO_TENANTS` is required.',
    clientId: 'The client as it is registered at the provider.',
    clientSecret:
      'Without it the client is public (PKCE only). For `private_key_jwt`: the private signing key as JWK, on one line.',
    clientAuthMethod: '`client_secret_post`, `client_secret_basic`, `private_key_jwt` or `none`.',
    clientAssertionAudience:
      'The `aud` of the assertion of `private_key_jwt`: `issuer`, or `token_endpoint` for a provider that wants its URL, as Microsoft Entra does.',
    redirectUri:
      'The callback, exactly as registered. Its origin is the canonical origin of the site, its path the callback route. Required without `APP_URL`.',
    postLogoutUri:
      'Where the browser lands after a sign-out; on the same origin, and registered too. Required without `APP_URL`.',
    discoveryUrl: 'Address of the discovery document, where it is not below the issuer; it may have a query.',
    tenants: 'With `{tenantid}` in the issuer: the tenant ids that may sign in, separated by commas, or `*`.',
    trustedAudiences:
      'Further audiences that an ID token may name, separated by commas; its `azp` must then be this client.',
    scope:
      'Scopes of the authorization request; `openid` is among them. Of the default those are sent that `scopes_supported` of the discovery document lists; a scope that is set is sent as it is.',
    authorizationParams:
      'More parameters of every authorization request, as a query text (`access_type=offline&prompt=consent`). The protocol’s own are refused.',
    responseMode: 'How the provider answers an authorization request: `query`, or `form_post`.',
    par: 'Pushed authorization requests (RFC 9126). `auto`: when the provider requires them; `always`: whenever it has the endpoint.',
    dpop: 'Tokens bound to a key of the session (DPoP, RFC 9449). `auto`: where the discovery document lists ES256 for it; `require`: always, and a token that is not bound is refused; see [DPoP](security.md#dpop).',
    profile:
      '`fapi2`: a client by the [FAPI 2.0 Security Profile](security.md#fapi-20). PAR, DPoP, `iss` in every authorization response and `private_key_jwt` are required; a variable that says otherwise is a fault.',
    endSessionParams:
      'More parameters of the end-session URL, as a query text; `{post_logout_uri}` is replaced (`logout_uri={post_logout_uri}`).',
    userinfo:
      'When claims are asked for at the userinfo endpoint. `auto`: when a claim of `SESSION_CLAIMS` is missing in the ID token; `always`; `never`.',
    backchannelScope:
      'What a logout token ends. `sid`: the sessions of that session of the provider; `sub`: all sessions of the person, for a provider that names one session and means all.',
    frontchannel:
      'Front-channel logout: `on` opens `/auth/frontchannel-logout` to frames of the provider; see [Signed out by the provider](sign-out.md).',
    refreshOverlapSeconds:
      'How long the provider accepts the previous refresh token. Only then is one presented again after an unknown outcome.',
    clockToleranceSeconds: 'By how much the clock of the provider may differ; at most 300.',
  },
  session: {
    secrets:
      'Key material, 32 characters or more (`openssl rand -base64 32`). A list, separated by commas, rotates: the first entry seals, all open.',
    rolesClaim:
      'Where the `roles` of rules are read: the name of a claim, or a path of names (`realm_access.roles`). A list, one text, or an object whose keys count.',
    permissionsClaim: 'The same for `permissions`.',
    claims: 'Claims that the session keeps beside `sub`, separated by commas.',
    cookieName:
      'Two gates on one host need two names. The cookie is `__Host-Http-<name>` (`gatehouse_<name>` on a loopback http origin); with another name than the default, the cookies of logins in progress and of the loop guard carry it too.',
    idleSeconds: 'A session ends when it is not used for so long.',
    absoluteSeconds: 'A session ends after so long in any case.',
    checkSeconds:
      'The longest time in which an isolate accepts a session that was ended elsewhere. With 0 Redis is asked on every request.',
  },
  redis: {
    url: 'Redis over the Upstash REST protocol. The second name is the one that the integration of Vercel writes.',
    token: 'Token of that Redis, under the second name likewise.',
  },
  site: {
    appUrl:
      'The origin of the site and its base path. With it `SSO_REDIRECT_URI` (`/auth/callback` below it) and `SSO_POST_LOGOUT_URI` (the start page) can be left out.',
    formRedirects:
      '`page`: after a form, a page that goes on by itself takes the place of a redirect, for a Content-Security-Policy whose `form-action` does not name the provider.',
    trustedProxyHops:
      'Off Vercel: how many proxies of your own stand in front; so many entries on the right of `X-Forwarded-For` are trusted. Where it is set, `VERCEL` does not count.',
    vercel: '`1` on Vercel: the address of the client is read from `x-real-ip`, which the platform writes.',
  },
};

/** What holds where no variable decides and the default is no value. */
const OTHERWISE: Readonly<Record<string, string>> = {
  SSO_CLIENT_AUTH_METHOD: 'as discovery announces, `client_secret_post` first',
  SSO_REDIRECT_URI: '`/auth/callback` below `APP_URL`',
  SSO_POST_LOGOUT_URI: 'the start page below `APP_URL`',
  SSO_DISCOVERY_URL: 'below the issuer',
};

/** A field, and what it is for a reader; Markdown. */
export interface FieldMeaning {
  readonly field: Field<unknown>;
  readonly meaning: string;
}

/** All fields in the order of the documentation. */
export function fieldMeanings(): readonly FieldMeaning[] {
  const help: Readonly<Record<string, Readonly<Record<string, string>>>> = HELP;
  return Object.entries(FIELDS).flatMap(([group, fields]) =>
    Object.entries(fields).map(([name, field]) => ({ field, meaning: help[group]?.[name] ?? '' })),
  );
}

/** The fields as rows of a Markdown table: variable, default, meaning. */
export const fieldRows = (): readonly string[] => fieldMeanings().map(({ field, meaning }) => row(field, meaning));

function row({ names, required, secret, byPlatform, default: text }: Field<unknown>, help: string): string {
  const none = OTHERWISE[names[0]] ?? (byPlatform ? 'set by the platform' : 'none');
  const value = required ? '**required**' : !text ? none : `\`${text}\``;
  const cells = [names.map((name) => `\`${name}\``).join(' or '), value, secret ? `${help} **Secret.**` : help];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
