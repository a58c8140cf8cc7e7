/** What the environment says, in groups; see `readSettings`. Durations are seconds, URLs are absolute. */
export interface Settings {
  readonly site: SiteSettings;
  readonly provider: ProviderSettings;
  readonly session: SessionSettings;
  readonly redis: RedisSettings;
}

export type ClientAuthMethod = 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt' | 'none';

/** Where the site is, and what stands in front of it. */
export interface SiteSettings {
  /** Origin of the redirect URI: the one origin on which people sign in. */
  readonly canonicalOrigin: string;
  /** Path of the redirect URI. */
  readonly callbackPath: string;
  /** What leads on from a form to the provider: a redirect, or a page that goes on by itself. */
  readonly formRedirects: 'redirect' | 'page';
  readonly trustedProxyHops: number;
  /** True on Vercel, whose `x-real-ip` no client can write. */
  readonly onVercel: boolean;
}

/** The provider, and this client as it is registered there. */
export interface ProviderSettings {
  /** Names the provider in everything that is sealed. */
  readonly name: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** Undefined: what discovery announces decides. */
  readonly clientAuthMethod: ClientAuthMethod | undefined;
  /** The `aud` of a client assertion (RFC 7523 §3): the issuer, or the URL of the token endpoint. */
  readonly clientAssertionAudience: 'issuer' | 'token_endpoint';
  readonly redirectUri: string;
  readonly postLogoutUri: string;
  /** Where the metadata is; undefined: below the issuer (OIDC Discovery §4). */
  readonly discoveryUrl: string | undefined;
  /** With `{tenantid}` in the issuer: the tenants that may sign in, or `*` alone for all of them. */
  readonly tenants: readonly string[];
  /** Audiences of an ID token beside this client. */
  readonly trustedAudiences: readonly string[];
  readonly scope: string;
  /** No variable names the scope, so what the provider does not have of it may be left out. */
  readonly isDefaultScope: boolean;
  /** More parameters of every authorization request. */
  readonly authorizationParams: Readonly<Record<string, string>>;
  readonly responseMode: 'query' | 'form_post';
  /** RFC 9126: when the provider requires it, whenever it has the endpoint, or in any case. */
  readonly par: 'auto' | 'always' | 'require';
  /** RFC 9449: whether tokens are bound to a key of their session; `auto`: where the provider supports it. */
  readonly dpop: 'off' | 'auto' | 'require';
  /** FAPI 2.0 Security Profile: beside what the other settings say of it, what the provider answers is held to it. */
  readonly profile: 'none' | 'fapi2';
  /** More parameters of the end-session URL. */
  readonly endSessionParams: Readonly<Record<string, string>>;
  /** When claims are asked for at the userinfo endpoint (OIDC Core §5.3). */
  readonly userinfo: 'auto' | 'always' | 'never';
  /** What a back-channel logout ends: a session of the provider, or all sessions of its person. */
  readonly backchannelScope: 'sid' | 'sub';
  /** Whether there is the endpoint of OpenID Connect Front-Channel Logout. */
  readonly frontchannel: 'off' | 'on';
  readonly refreshOverlapSeconds: number;
  /** By how much the provider's clock may differ. */
  readonly clockToleranceSeconds: number;
}

/** Sessions, and the cookies that carry them. */
export interface SessionSettings {
  /** The first seals, all open. */
  readonly secrets: readonly string[];
  /** `SESSION_COOKIE_NAME`, without the prefix that it is sent with. */
  readonly cookieName: string;
  /** False only on a loopback http origin, where `__Host-` names cannot be relied on. */
  readonly secureCookies: boolean;
  /** Claims of the ID token that are kept beside `sub`. */
  readonly claims: readonly string[];
  /** Where `roles` and `permissions` are read: the name of a claim, or a path of names. */
  readonly rolesClaim: string;
  readonly permissionsClaim: string;
  readonly idleSeconds: number;
  readonly absoluteSeconds: number;
  readonly checkSeconds: number;
}

/** Redis, over the Upstash REST protocol. */
export interface RedisSettings {
  readonly url: string;
  readonly token: string;
}

/** What stands for the tenant in an issuer of Microsoft Entra. */
export const TENANT = '{tenantid}';

/** Of `SESSION_COOKIE_NAME`. */
export const DEFAULT_COOKIE_NAME = 'session';
