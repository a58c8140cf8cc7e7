import {
  absoluteUrl,
  anyText,
  callbackUrl,
  claimName,
  claimNames,
  cookieName,
  documentUrl,
  issuerUrl,
  keyMaterial,
  listOf,
  oneOf,
  type Parse,
  parametersWithout,
  scopes,
  siteUrl,
  wholeNumber,
} from './parsers.ts';
import { DEFAULT_COOKIE_NAME } from './types/settings.ts';

/** One setting, as the environment names it. */
export interface Field<Value> {
  /** The variable; of several the first that has a value. */
  readonly names: readonly [string, ...string[]];
  readonly parse: Parse<Value>;
  readonly required?: true;
  /** As it would stand in the environment. */
  readonly default?: string;
  /** Nothing may show it, and no `NEXT_PUBLIC_` variable may hold it. */
  readonly secret?: true;
  /** Set by the platform, and not by the deployer. */
  readonly byPlatform?: true;
}

/** Takes the type of the value from the parser, and keeps whether there always is one. */
const field = <Value, const Rest extends Omit<Field<Value>, 'names' | 'parse'>>(
  name: string | readonly [string, ...string[]],
  parse: Parse<Value>,
  rest: Rest,
): Field<Value> & Rest => ({ names: typeof name === 'string' ? [name] : name, parse, ...rest });

/** Parameters that are the gate's own (OIDC Core §3.1.2.1, RFC 7636 §4.3, RFC 9101 §5, RFC 9126 §4, RFC 9449 §10). */
const OF_AUTHORIZATION = [
  'response_type',
  'response_mode',
  'client_id',
  'client_secret',
  'redirect_uri',
  'scope',
  'state',
  'nonce',
  'code_challenge',
  'code_challenge_method',
  'dpop_jkt',
  'request',
  'request_uri',
];
/** OpenID Connect RP-Initiated Logout 1.0 §2. */
const OF_END_SESSION = ['id_token_hint', 'client_id', 'client_secret', 'post_logout_redirect_uri', 'state'];

/**
 * Every variable that the gate reads, in the groups of `Settings` and in the order of the documentation. What a reader is told of
 * them stands in `field-table.ts`, because every isolate loads this file.
 */
export const FIELDS = {
  provider: {
    issuer: field('SSO_ISSUER', issuerUrl, { required: true }),
    clientId: field('SSO_CLIENT_ID', anyText, { required: true }),
    clientSecret: field('SSO_CLIENT_SECRET', anyText, { secret: true }),
    clientAuthMethod: field(
      'SSO_CLIENT_AUTH_METHOD',
      oneOf(['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none']),
      {},
    ),
    clientAssertionAudience: field('SSO_CLIENT_ASSERTION_AUDIENCE', oneOf(['issuer', 'token_endpoint']), {
      default: 'issuer',
    }),
    redirectUri: field('SSO_REDIRECT_URI', callbackUrl, {}),
    postLogoutUri: field('SSO_POST_LOGOUT_URI', absoluteUrl, {}),
    discoveryUrl: field('SSO_DISCOVERY_URL', documentUrl, {}),
    tenants: field('SSO_TENANTS', listOf('tenant ids'), {}),
    trustedAudiences: field('SSO_TRUSTED_AUDIENCES', listOf('audiences'), {}),
    scope: field('SSO_SCOPE', scopes, { default: 'openid profile email offline_access' }),
    authorizationParams: field('SSO_AUTHORIZATION_PARAMS', parametersWithout(OF_AUTHORIZATION), { default: '' }),
    responseMode: field('SSO_RESPONSE_MODE', oneOf(['query', 'form_post']), { default: 'query' }),
    par: field('SSO_PAR', oneOf(['auto', 'always']), { default: 'auto' }),
    profile: field('SSO_PROFILE', oneOf(['none', 'fapi2']), { default: 'none' }),
    dpop: field('SSO_DPOP', oneOf(['off', 'auto', 'require']), { default: 'off' }),
    endSessionParams: field('SSO_END_SESSION_PARAMS', parametersWithout(OF_END_SESSION), { default: '' }),
    userinfo: field('SSO_USERINFO', oneOf(['auto', 'always', 'never']), { default: 'auto' }),
    backchannelScope: field('SSO_BACKCHANNEL_SCOPE', oneOf(['sid', 'sub']), { default: 'sid' }),
    frontchannel: field('SSO_FRONTCHANNEL', oneOf(['off', 'on']), { default: 'off' }),
    clockToleranceSeconds: field('SSO_CLOCK_TOLERANCE_SECONDS', wholeNumber(0, 300), { default: '30' }),
    refreshOverlapSeconds: field('SSO_REFRESH_OVERLAP_SECONDS', wholeNumber(0), { default: '0' }),
  },
  session: {
    secrets: field('SESSION_SECRET', keyMaterial, { required: true, secret: true }),
    claims: field('SESSION_CLAIMS', claimNames, {
      default: 'name,given_name,family_name,email,email_verified,picture,roles,permissions',
    }),
    rolesClaim: field('SSO_ROLES_CLAIM', claimName, { default: 'roles' }),
    permissionsClaim: field('SSO_PERMISSIONS_CLAIM', claimName, { default: 'permissions' }),
    cookieName: field('SESSION_COOKIE_NAME', cookieName, { default: DEFAULT_COOKIE_NAME }),
    idleSeconds: field('SESSION_IDLE_SECONDS', wholeNumber(1), { default: '604800' }),
    absoluteSeconds: field('SESSION_ABSOLUTE_SECONDS', wholeNumber(1), { default: '2592000' }),
    checkSeconds: field('SESSION_CHECK_SECONDS', wholeNumber(0), { default: '30' }),
  },
  redis: {
    url: field(['UPSTASH_REDIS_REST_URL', 'KV_REST_API_URL'], absoluteUrl, { required: true }),
    token: field(['UPSTASH_REDIS_REST_TOKEN', 'KV_REST_API_TOKEN'], anyText, { required: true, secret: true }),
  },
  site: {
    appUrl: field('APP_URL', siteUrl, {}),
    formRedirects: field('SSO_FORM_REDIRECTS', oneOf(['redirect', 'page']), { default: 'redirect' }),
    trustedProxyHops: field('TRUSTED_PROXY_HOPS', wholeNumber(0), { default: '0' }),
    vercel: field('VERCEL', anyText, { byPlatform: true }),
  },
} as const;

/** All fields, without their groups. */
export const allFields = (): readonly Field<unknown>[] =>
  Object.values(FIELDS).flatMap((group) => Object.values(group));
