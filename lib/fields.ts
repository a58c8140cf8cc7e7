import {
  absoluteUrl,
  anyText,
  callbackUrl,
  claimNames,
  cookieName,
  keyMaterial,
  oneOf,
  type Parse,
  scopes,
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
  /** For the reader, where no variable decides and the default is no value. */
  readonly otherwise?: string;
  /** Nothing may show it, and no `NEXT_PUBLIC_` variable may hold it. */
  readonly secret?: true;
  /** Set by the platform, and not by the deployer. */
  readonly byPlatform?: true;
  /** Markdown. */
  readonly help: string;
}

/** Takes the type of the value from the parser, and keeps whether there always is one. */
const field = <Value, const Rest extends Omit<Field<Value>, 'names' | 'parse'>>(
  name: string | readonly [string, ...string[]],
  parse: Parse<Value>,
  rest: Rest,
): Field<Value> & Rest => ({ names: typeof name === 'string' ? [name] : name, parse, ...rest });

/**
 * Every variable that the gate reads, in the groups of `Settings` and in the order of the documentation, which is printed
 * from it.
 */
export const FIELDS = {
  provider: {
    issuer: field('SSO_ISSUER', absoluteUrl, {
      required: true,
      help: 'Issuer URL of the OpenID provider, exactly as its discovery document names it; https, or http on a loopback host.',
    }),
    clientId: field('SSO_CLIENT_ID', anyText, {
      required: true,
      help: 'The client as it is registered at the provider.',
    }),
    clientSecret: field('SSO_CLIENT_SECRET', anyText, {
      secret: true,
      help: 'Without it the client is public (PKCE only). For `private_key_jwt`: the private signing key as JWK, on one line.',
    }),
    clientAuthMethod: field(
      'SSO_CLIENT_AUTH_METHOD',
      oneOf(['client_secret_post', 'client_secret_basic', 'private_key_jwt', 'none']),
      {
        otherwise: 'as discovery announces, `client_secret_post` first',
        help: '`client_secret_post`, `client_secret_basic`, `private_key_jwt` or `none`.',
      },
    ),
    redirectUri: field('SSO_REDIRECT_URI', callbackUrl, {
      required: true,
      help: 'The callback, exactly as registered. Its origin is the canonical origin of the site, its path the callback route.',
    }),
    postLogoutUri: field('SSO_POST_LOGOUT_URI', absoluteUrl, {
      required: true,
      help: 'Where the browser lands after a sign-out; on the same origin, and registered too.',
    }),
    scope: field('SSO_SCOPE', scopes, {
      default: 'openid profile email offline_access',
      help: 'Scopes of the authorization request; `openid` is among them.',
    }),
    refreshOverlapSeconds: field('SSO_REFRESH_OVERLAP_SECONDS', wholeNumber(0), {
      default: '0',
      help: 'How long the provider accepts the previous refresh token. Only then is one presented again after an unknown outcome.',
    }),
  },
  session: {
    secrets: field('SESSION_SECRET', keyMaterial, {
      required: true,
      secret: true,
      help: 'Key material, 32 characters or more (`openssl rand -base64 32`). A list, separated by commas, rotates: the first entry seals, all open.',
    }),
    claims: field('SESSION_CLAIMS', claimNames, {
      default: 'name,given_name,family_name,email,email_verified,picture,roles,permissions',
      help: 'Claims of the ID token that the session keeps beside `sub`, separated by commas.',
    }),
    cookieName: field('SESSION_COOKIE_NAME', cookieName, {
      default: DEFAULT_COOKIE_NAME,
      help: 'Two gates on one host need two names. The cookie is `__Host-Http-<name>` (`gatehouse_<name>` on a loopback http origin); with another name than the default, the cookies of logins in progress and of the loop guard carry it too.',
    }),
    idleSeconds: field('SESSION_IDLE_SECONDS', wholeNumber(1), {
      default: '604800',
      help: 'A session ends when it is not used for so long.',
    }),
    absoluteSeconds: field('SESSION_ABSOLUTE_SECONDS', wholeNumber(1), {
      default: '2592000',
      help: 'A session ends after so long in any case.',
    }),
    checkSeconds: field('SESSION_CHECK_SECONDS', wholeNumber(0), {
      default: '30',
      help: 'The longest time in which an isolate accepts a session that was ended elsewhere. With 0 Redis is asked on every request.',
    }),
  },
  redis: {
    url: field(['UPSTASH_REDIS_REST_URL', 'KV_REST_API_URL'], absoluteUrl, {
      required: true,
      help: 'Redis over the Upstash REST protocol. The second name is the one that the integration of Vercel writes.',
    }),
    token: field(['UPSTASH_REDIS_REST_TOKEN', 'KV_REST_API_TOKEN'], anyText, {
      required: true,
      secret: true,
      help: 'Its token, likewise.',
    }),
  },
  site: {
    formRedirects: field('SSO_FORM_REDIRECTS', oneOf(['redirect', 'page']), {
      default: 'redirect',
      help: '`page`: after a form, a page that goes on by itself takes the place of a redirect, for a Content-Security-Policy whose `form-action` does not name the provider.',
    }),
    trustedProxyHops: field('TRUSTED_PROXY_HOPS', wholeNumber(0), {
      default: '0',
      help: 'Off Vercel: how many proxies of your own stand in front; so many entries on the right of `X-Forwarded-For` are believed. Where it is set, `VERCEL` does not count.',
    }),
    vercel: field('VERCEL', anyText, {
      byPlatform: true,
      help: '`1` on Vercel: the address of the client is read from `x-real-ip`, which the platform writes.',
    }),
  },
} as const;

/** All fields, without their groups. */
export const allFields = (): readonly Field<unknown>[] =>
  Object.values(FIELDS).flatMap((group) => Object.values(group));

/** The fields as rows of a Markdown table: variable, default, meaning. */
export function fieldRows(): readonly string[] {
  return allFields().map((one) => {
    const { names, required, secret, byPlatform, otherwise, help } = one;
    const none = otherwise ?? (byPlatform ? 'set by the platform' : 'none');
    const value = required ? '**required**' : one.default === undefined ? none : `\`${one.default}\``;
    const cells = [names.map((name) => `\`${name}\``).join(' or '), value, secret ? `${help} **Secret.**` : help];
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  });
}
