/** A person with an account at the provider, as claims of the scopes `profile`, `email`, `roles` and `permissions`. */
export interface Person {
  readonly sub: string;
  readonly name?: string;
  readonly given_name?: string;
  readonly family_name?: string;
  readonly email?: string;
  readonly email_verified?: boolean;
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
  /** Further claims, whatever the scope; they come before those above. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

export type AuthMethod = 'client_secret_basic' | 'client_secret_post' | 'private_key_jwt' | 'none';

/**
 * How providers differ without a fault. What is left out is as a strict provider with rotation does it, and every
 * variant here was seen at a real one.
 */
export interface ProviderOptions {
  /** May have a path or a trailing slash; endpoints lie below it. */
  readonly issuer?: string;
  readonly clientId?: string;
  readonly clientSecret?: string;
  /** How the client is registered. A key makes `Provider.clientSecret` the private JWK as text, none makes it empty. */
  readonly client?: 'secret' | 'private_key_jwt' | 'public';
  /** The JWS algorithm of its key. */
  readonly clientAlg?: string;
  /** What discovery announces and the endpoints accept; `unannounced` means basic (OIDC Discovery §3). */
  readonly authMethods?: readonly AuthMethod[] | 'unannounced';
  readonly redirectUri?: string;
  readonly postLogoutUri?: string;
  /** JWS algorithm of ID and logout tokens. */
  readonly alg?: string;
  /** The `kid` of a key: its own, one for all keys that there ever are, or none. */
  readonly keyIds?: 'own' | 'constant' | 'absent';
  readonly aud?: 'string' | 'array';
  /** RFC 9207: the `iss` parameter of the callback. */
  readonly callbackIss?: 'announced' | 'unannounced' | 'absent';
  /** Which sign-ins get a refresh token. */
  readonly refreshTokens?: 'with offline_access' | 'always';
  readonly rotation?: boolean;
  /** How long a used refresh token is still accepted, as some providers do for clients that race. */
  readonly overlapSeconds?: number;
  /**
   * What a sign-in adds to: a grant of its own, or the one grant of this client and this session here, as the certified
   * library `oidc-provider` has it. Then revoking a refresh token of one sign-in ends the tokens of all (RFC 7009 §2.1).
   */
  readonly grant?: 'sign-in' | 'session';
  readonly refreshIdToken?: boolean;
  /** Where the claims of a person are. With `id_token` there is no userinfo endpoint; some providers have them there alone. */
  readonly claimsAt?: 'id_token' | 'userinfo' | 'both';
  /** Whether the ID token of a refresh has them, where the first one has. */
  readonly refreshClaims?: boolean;
  /** What the userinfo endpoint answers with: JSON, or a JWT (OIDC Core §5.3.2). */
  readonly userinfoAs?: 'json' | 'jwt';
  /** `claims_supported` of discovery. */
  readonly announcesClaims?: readonly string[] | 'unannounced';
  readonly sid?: 'session' | 'subject' | 'absent';
  readonly authTime?: 'actual' | 'zero' | 'absent';
  /** Authentication context classes (OIDC Core §2, `acr`), from the one of an ordinary sign-in to the strongest. */
  readonly acrValues?: readonly string[];
  /** Audiences that a refresh may name for its access token (RFC 8707); for any other the answer is `invalid_target`. */
  readonly resources?: readonly string[];
  /** When it looks at the resource of a refresh: before the refresh token is used, or after it, as `oidc-provider` does. */
  readonly looksAtResource?: 'first' | 'last';
  /** Scopes that a refresh may name beside those of its grant. */
  readonly furtherScopes?: readonly string[];
  readonly revocation?: boolean;
  readonly endSession?: boolean;
  readonly announcesPkce?: boolean;
  readonly announcesAlgs?: boolean;
  readonly par?: 'absent' | 'offered' | 'required';
  /**
   * RFC 9449: `absent` knows nothing of it and answers Bearer. Elsewhere tokens are bound to the key of the proof, and a refresh
   * token too; `required` refuses a request without one.
   */
  readonly dpop?: 'absent' | 'announced' | 'unannounced' | 'required';
  /** Nonces in proofs (RFC 9449 §8): none, one for as long as the provider runs, or another with every answer. */
  readonly dpopNonce?: 'absent' | 'constant' | 'changing';
  /** The codes are longer by so many characters. */
  readonly codePadding?: number;
  /** Life of access and ID tokens. */
  readonly tokenSeconds?: number;
  readonly refreshTokenSeconds?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

export type Settings = Required<ProviderOptions>;

/** Seconds: of a code, and of all that is refreshed from one sign-in. */
export const LIVES = { code: 120, family: 90 * 86_400 };

export const settle = (options: ProviderOptions): Settings => ({
  issuer: 'https://op.test',
  clientId: 'gatehouse-client',
  clientSecret: `test-secret-${crypto.randomUUID()}`,
  client: 'secret',
  clientAlg: 'ES256',
  authMethods: options.client === 'private_key_jwt' ? ['private_key_jwt'] : AUTH_METHODS,
  redirectUri: 'https://site.test/auth/callback',
  postLogoutUri: 'https://site.test/signed-out',
  alg: 'ES256',
  keyIds: 'own',
  aud: 'string',
  callbackIss: 'absent',
  refreshTokens: 'with offline_access',
  rotation: true,
  overlapSeconds: 0,
  grant: 'sign-in',
  refreshIdToken: true,
  claimsAt: 'id_token',
  refreshClaims: true,
  userinfoAs: 'json',
  announcesClaims: 'unannounced',
  sid: 'session',
  authTime: 'actual',
  acrValues: ['urn:sso:loa:password', 'urn:sso:loa:mfa'],
  resources: [],
  looksAtResource: 'first',
  furtherScopes: [],
  revocation: true,
  endSession: true,
  announcesPkce: true,
  announcesAlgs: true,
  par: 'absent',
  dpop: 'absent',
  dpopNonce: 'absent',
  codePadding: 0,
  tokenSeconds: 900,
  refreshTokenSeconds: 30 * 86_400,
  now: () => Date.now(),
  ...options,
});

const AUTH_METHODS: readonly AuthMethod[] = ['client_secret_basic', 'client_secret_post', 'none'];

export const ANA: Person = {
  sub: 'person-1',
  name: 'Ana Example',
  given_name: 'Ana',
  family_name: 'Example',
  email: 'ana@example.test',
  email_verified: true,
  roles: ['member'],
  permissions: ['reports:read'],
};
