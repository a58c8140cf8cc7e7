import type { Env } from '../configuration.ts';
import { createDeps, type Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { ConfigError } from '../errors.ts';
import { newSession } from '../handlers/new-session.ts';
import { deviceOf } from '../policy/device.ts';
import { keptClaims } from '../policy/kept-claims.ts';
import { cookieNames, parseCookies } from '../session/cookies.ts';
import { sealSession } from '../session/session-cookie.ts';
import type { Claims } from '../types/claims.ts';
import type { TokenSet } from '../types/record.ts';
import type { Session } from '../types/session.ts';
import type { Settings } from '../types/settings.ts';
import { saidClaims } from './said-claims.ts';
import { signGrant } from './signed-grant.ts';
import { assertTestEnvironment } from './test-environment.ts';

/** Who is signed in, and how. What is left out is as after an ordinary sign-in a moment ago. */
export interface TestSessionOptions {
  /** `sub` of the person (OIDC Core §2); by default one that no other session has, so that parallel tests do not meet. */
  readonly sub?: string;
  readonly roles?: readonly string[];
  readonly permissions?: readonly string[];
  /** Further claims, each one of `SESSION_CLAIMS`. */
  readonly claims?: Claims;
  /** Authentication context class of the sign-in (OIDC Core §2). */
  readonly acr?: string;
  /** When the person proved who they are, in seconds since the epoch; now by default. */
  readonly authTime?: number;
  /** The provider's session, which logout tokens name; by default one that no other session has. */
  readonly sid?: string;
  /** The scope that was granted, `SSO_SCOPE` by default. */
  readonly scope?: string;
  /**
   * `fresh` by default. `due`: the next request renews the tokens behind its answer. `over`: the next request waits for their
   * renewal. `none`: there is no refresh token.
   */
  readonly tokens?: 'fresh' | 'due' | 'over' | 'none';
  /** Life of the access token in seconds, 900 by default, at least 60. */
  readonly tokenSeconds?: number;
  readonly accessToken?: string;
  /** By default one that `startTestProvider` renews, in whatever process it runs. Other providers refuse it. */
  readonly refreshToken?: string;
  /** What the list of the person's sessions names the browser by. */
  readonly userAgent?: string;
}

export interface CreateTestSessionOptions extends TestSessionOptions {
  /** The variables of the site, as its gate reads them; those of this process by default. */
  readonly env?: Env;
  /** Hosts of a private network that belong to the tests, such as the Redis of a docker network. */
  readonly allowHosts?: readonly string[];
}

/** The session cookie, as Playwright's `context.addCookies()` takes it. */
export interface TestCookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly path: '/';
  /** Seconds since the epoch. */
  readonly expires: number;
  readonly httpOnly: true;
  readonly secure: boolean;
  readonly sameSite: 'Lax';
}

/** A session that the running site accepts. */
export interface TestSession {
  readonly cookie: TestCookie;
  /** The value of a `Cookie` header. */
  readonly header: string;
  readonly sub: string;
  /** The provider's session. */
  readonly sid: string;
  readonly accessToken: string;
  /** Absent with `tokens: 'none'`. */
  readonly refreshToken?: string;
  /** Ends the session as a sign-out on another device does: its browser keeps the cookie. */
  end(): Promise<void>;
}

/**
 * Makes a session without a trip to the provider: the cookie, and the record in the site's Redis that belongs to it.
 *
 * @throws when the environment looks like production or is no complete configuration, a claim would not be kept, or Redis does not
 *   answer
 * @example
 * const { header } = await createTestSession({ roles: ['admin'] });
 * const response = await fetch('http://localhost:3000/admin', { headers: { cookie: header } });
 * @example
 * // Tokens that are over are renewed once, at the provider of `startTestProvider`.
 * const session = await createTestSession({ env, tokens: 'over' });
 */
export async function createTestSession(options: CreateTestSessionOptions = {}): Promise<TestSession> {
  const { allowHosts, sid = crypto.randomUUID(), userAgent = '' } = options;
  const env = { ...(options.env ?? process.env) }; // what is checked is what is used, also where a member is a getter
  assertTestEnvironment(env, allowHosts);
  const deps = depsOf(env);
  const { settings } = deps;
  const claims = claimsOf(options, sid, settings);
  const tokens = await tokensOf(options, claims, settings);
  const kept = { claims: keptClaims(claims, settings.session) };
  const { session, record } = await newSession({ tokens, claims }, kept, randomText(), deps);
  const device = deviceOf(new Headers({ 'user-agent': userAgent }));
  const stored = await deps.records.put({ session, record, signedInAt: claims.iat, device });
  if (stored === 'ended')
    throw new Error('the person signs out at this moment; a session of another sub is not affected');
  const cookie = await cookieOf(session, deps);
  const { accessToken, refreshToken } = tokens;
  return {
    cookie,
    header: `${cookie.name}=${cookie.value}`,
    sub: session.sub,
    sid,
    accessToken,
    ...(refreshToken !== undefined && { refreshToken }),
    end: async () => void (await deps.records.remove(session)),
  };
}

/** What the gate of the site works with. */
function depsOf(env: Env): ReturnType<typeof createDeps> {
  try {
    return createDeps({ ...env });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const faults = Object.entries(error.variables).map(([name, what]) => `${name} ${what}`);
    throw new Error(`the environment is no configuration of a site: ${faults.join('; ')}`, { cause: error });
  }
}

/** The claims of the ID token that would have come with the sign-in. */
function claimsOf(options: TestSessionOptions, sid: string, { provider, session }: Settings) {
  const { sub = `test-${crypto.randomUUID()}`, acr, authTime } = options;
  const now = Math.floor(Date.now() / 1000);
  return {
    ...saidClaims(options, session),
    iss: provider.issuer,
    aud: provider.clientId,
    sub,
    sid,
    iat: now,
    exp: now + 60,
    auth_time: authTime ?? now,
    ...(acr !== undefined && { acr }),
  };
}

async function tokensOf(
  options: TestSessionOptions,
  claims: ReturnType<typeof claimsOf>,
  { provider }: Settings,
): Promise<TokenSet> {
  const { tokens = 'fresh', tokenSeconds: life = 900, scope = provider.scope, accessToken } = options;
  if (!(life >= 60)) throw new RangeError('tokenSeconds is less than 60');
  // In the middle of the time in which tokens count as due, which is the last fifth of their life or the last minute.
  const left = { fresh: life, none: life, due: Math.min(Math.max(life / 5, 60), life / 2) / 2, over: -5 }[tokens];
  const expiresAt = claims.iat + Math.floor(left);
  const { sub, sid, auth_time: authTime } = claims;
  const { clientId, clientSecret = '' } = provider;
  const { acr } = options;
  const grant = { sub, sid, authTime, ...(acr && { acr }), scope: scope.split(' '), claims: saidOf(claims) };
  const signed = () => (clientSecret ? signGrant(grant, { clientId, clientSecret }) : `test-rt-0-${randomText()}`);
  const refreshToken = tokens === 'none' ? undefined : (options.refreshToken ?? (await signed()));
  return {
    accessToken: accessToken ?? `test-at-0-${randomText()}`,
    ...(refreshToken !== undefined && { refreshToken }),
    idToken: '', // a provider refuses an `id_token_hint` that it did not sign, and asks for none
    scope,
    issuedAt: expiresAt - life,
    expiresAt,
  };
}

const PROTOCOL = ['iss', 'aud', 'sub', 'sid', 'iat', 'exp', 'auth_time', 'acr'];

const saidOf = (claims: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(claims).filter(([name]) => !PROTOCOL.includes(name)));

/** By what a browser knows the session cookie of a site. */
export function sessionCookieOf(env: Env): Pick<TestCookie, 'name' | 'domain'> {
  const { settings } = depsOf(env);
  return placeOf(settings);
}

const placeOf = (settings: Settings): Pick<TestCookie, 'name' | 'domain'> => ({
  name: cookieNames(settings).session,
  domain: new URL(settings.site.canonicalOrigin).hostname,
});

async function cookieOf(
  session: Session,
  { settings, sealer }: Pick<Deps, 'settings' | 'sealer'>,
): Promise<TestCookie> {
  const { setCookie, dropped } = await sealSession(session, session.createdAt, { settings, sealer });
  if (dropped.length > 0) throw new Error(`the cookie has no room for ${dropped.join(', ')}`);
  const [[, value] = []] = parseCookies(setCookie.split(';')[0] ?? '');
  return {
    ...placeOf(settings),
    value: value ?? '',
    path: '/',
    expires: Math.min(session.idleEndsAt, session.absoluteEndsAt),
    httpOnly: true,
    secure: settings.session.secureCookies,
    sameSite: 'Lax',
  };
}
