import { headers } from 'next/headers';
import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { ConfigError, GateError } from '../errors.ts';
import { targetFault, targetOf } from '../policy/target.ts';
import { answering, tokenHeaders, wantsNonce } from '../protocol/dpop.ts';
import { type Access, type AccessToken, accessToken, heldRecord, type TokenDemand } from '../renewal/access-token.ts';
import { SERVER_CODE_TTL_SECONDS } from '../timing.ts';
import type { Session } from '../types/session.ts';
import { AccessTokenError } from './access-token-error.ts';
import { behindAnswer } from './server-deps.ts';
import type { RequestLike } from './server-session.ts';

/** Which access token is wanted. */
export interface AccessTokenOptions {
  /** The API that it is for, an absolute URI without a fragment (RFC 8707 §2). Without it the token is that of the sign-in. */
  readonly resource?: string;
  /** Its scope, names with one space between them: of all that was granted, or more where the provider allows it. */
  readonly scope?: string;
  /**
   * Seconds for which it should be good, at least: one that ends sooner is renewed first. 5 by default. It is no promise: where
   * the provider gives shorter-lived tokens, or cannot be reached, a token that lives is given. Never more than one renewal in
   * ten seconds.
   */
  readonly minTtlSeconds?: number;
}

/** What a site's server code asks about the access tokens of a session. */
export interface TokenHelpers {
  /**
   * A valid access token of the session of a request: that of the sign-in, or a further one of the same grant for a `resource` or a
   * `scope`. The session's record keeps eight of those. A token that is over or missing is obtained from the provider first, once
   * for all requests, and never beside a renewal by the middleware.
   *
   * At most one call to Redis in a request, however often and from how many components it is called; more only when a token has to
   * be obtained. With `SESSION_CHECK_SECONDS` of 0 each request asks; else a token that was read in the last so many seconds
   * costs none.
   *
   * The token is a secret: it belongs into a request to the API, not into what a component renders or hands to the client. It is
   * presented as `Authorization: Bearer`. With `SSO_DPOP` tokens are bound to a key, which a text alone does not prove:
   * {@link TokenHelpers.fetchAsUser} presents both kinds.
   *
   * @param request for the Pages Router, as in {@link ServerHelpers.getSession}
   * @returns the token as a text (RFC 6750 §2.1)
   * @throws {AccessTokenError} by its `code`; one that is not caught leads a page to the sign-in
   * @throws {TypeError} for options that make no sense, and for a token that is bound to a key (DPoP)
   * @throws {ConfigError} when the environment is not a complete configuration
   * @see https://www.rfc-editor.org/rfc/rfc8707
   * @example
   * const token = await getAccessToken();
   * const orders = await fetch(`${API}/orders`, { headers: { authorization: `Bearer ${token}` } });
   * @example
   * // a route handler that says itself what is wrong
   * try {
   *   return Response.json(await ordersOf(await getAccessToken({ resource: 'https://orders.example' })));
   * } catch (error) {
   *   if (!(error instanceof AccessTokenError)) throw error;
   *   return Response.json({ code: error.code }, { status: error.code === 'UNAVAILABLE' ? 503 : 401 });
   * }
   * @example
   * // pages/orders.tsx
   * export const getServerSideProps = async ({ req }) => ({ props: await ordersWith(await getAccessToken({}, req)) });
   */
  getAccessToken(options?: AccessTokenOptions, request?: RequestLike): Promise<string>;
  /**
   * `fetch` with the access token of the session, whatever its kind: with DPoP it makes the proof, and answers a server that wants
   * a nonce in it. After a 401 the token is renewed and the request made once more, unless its body is a stream; a second 401 comes
   * back as it is.
   *
   * The URL is the caller's to choose: whatever answers there gets the token.
   *
   * @param url absolute
   * @param init as of `fetch`; `authorization` and `dpop` of its headers are replaced
   * @param options as of {@link TokenHelpers.getAccessToken}, which has the errors too
   * @param request likewise
   * @example const orders = await fetchAsUser(`${API}/orders`, { method: 'POST', body: JSON.stringify(order) });
   */
  fetchAsUser(
    url: string | URL,
    init?: RequestInit,
    options?: AccessTokenOptions,
    request?: RequestLike,
  ): Promise<Response>;
}

/** A request that asks for tokens. */
interface Asking {
  /** What was read earlier does not count, in ms; the same for all calls, or what the first one found would be too old for a later. */
  readonly since: number;
  /** The one question to Redis. */
  read?: ReturnType<typeof heldRecord>;
}

/** OpenID Connect Core §3.1.2.6: what a person has to do something about. */
const INTERACTION = ['interaction_required', 'login_required', 'consent_required', 'account_selection_required'];

/**
 * @param openedOf the session of a request, or of the current one, whatever its tokens are worth
 * @param headersOf the headers of that request
 */
export function createTokenHelpers(
  deps: () => Deps,
  openedOf: (request?: RequestLike) => Promise<Session | null>,
  headersOf: (request?: RequestLike) => Promise<Pick<Headers, 'get'>>,
): TokenHelpers {
  // By the headers of a request: Next has one object of them for all code of a request.
  const asking = new WeakMap<object, Asking>();
  const askingFor = (key: object) => {
    const { now, settings } = deps();
    const known = asking.get(key) ?? { since: now() - settings.session.checkSeconds * 1000 };
    asking.set(key, known);
    return known;
  };
  const get = async (options: AccessTokenOptions, request?: RequestLike, refused?: string) => {
    const fault = optionsFault(options);
    if (fault) throw new TypeError(`access token: ${fault}`);
    const own = askingFor(request ?? (await headers()));
    const session = await openedOf(request);
    if (!session) throw new AccessTokenError('SESSION_ENDED');
    const { provider, ...others } = deps();
    const traced = { ...others, provider: provider.traced(await headersOf(request)) };
    // The Pages Router has nothing that keeps an isolate alive behind the answer.
    return tokenFor(session, { ...options, refused, renewsDue: !request }, own, traced);
  };
  return {
    async getAccessToken(options = {}, request) {
      const { accessToken: text, tokenType } = await get(options, request);
      if (tokenType !== 'Bearer')
        throw new TypeError('access token: it is bound to a key (SSO_DPOP); call fetchAsUser()');
      return text;
    },
    async fetchAsUser(url, init, options = {}, request) {
      const token = await get(options, request);
      const response = await present(token, url, init, deps());
      if (response.status !== 401 || !isRepeatable(init?.body)) return response;
      const other = await get(options, request, token.accessToken).catch(async (error: unknown) => {
        await response.body?.cancel();
        throw error;
      });
      if (other.accessToken === token.accessToken) return response;
      await response.body?.cancel();
      return present(other, url, init, deps());
    },
  };
}

/** Whether a body can be sent a second time. A stream, or what is iterated, is gone. */
const isRepeatable = (body: unknown): boolean =>
  body === undefined ||
  body === null ||
  typeof body === 'string' ||
  ArrayBuffer.isView(body) ||
  [ArrayBuffer, Blob, FormData, URLSearchParams].some((kind) => body instanceof kind);

/** Calls an API; once more where it wants another nonce, for which it has not looked at the token (RFC 9449 §9). */
async function present(token: AccessToken, url: string | URL, init: RequestInit = {}, deps: Deps): Promise<Response> {
  const target = new URL(url).href;
  // `post` is sent as `POST` (Fetch §2.2.1), and the proof has to name what is sent.
  const { method } = new Request(target, { method: init.method ?? 'GET' });
  const once = async (proving: Deps) => {
    const sent = new Headers(init.headers);
    sent.delete('dpop');
    const own = await tokenHeaders(token, { method, url: target }, proving);
    for (const [name, value] of Object.entries(own)) sent.set(name, value);
    const response = await fetch(target, { ...init, headers: sent });
    deps.dpopNonces.learn(response.url || target, response.headers); // `fetch` follows redirects to other origins
    return response;
  };
  const response = await once(deps);
  if (token.tokenType !== 'DPoP' || !wantsNonce(response) || !isRepeatable(init.body)) return response;
  await response.body?.cancel();
  return once(answering(response, deps));
}

type Wanted = AccessTokenOptions & Pick<TokenDemand, 'refused' | 'renewsDue'>;

async function tokenFor(
  session: Session,
  { resource, scope, minTtlSeconds = SERVER_CODE_TTL_SECONDS, refused, renewsDue }: Wanted,
  own: Asking,
  deps: Deps,
): Promise<AccessToken> {
  const work: Promise<unknown>[] = [];
  const demand = { target: targetOf({ resource, scope }), minTtlSeconds, since: own.since, refused, renewsDue };
  const context = {
    ref: randomText(72),
    startedAt: deps.now(),
    waitUntil: (one: Promise<unknown>) => void work.push(one),
  };
  try {
    // What the first call reads the others of this request find in memory.
    own.read ??= heldRecord(session, demand, deps);
    if ((await own.read) === null) return granted({ kind: 'gone' });
    return granted(await accessToken(session, demand, context, deps));
  } catch (error) {
    if (!(error instanceof GateError) || error instanceof ConfigError) throw error;
    throw new AccessTokenError('UNAVAILABLE', { retryAfterSeconds: error.details.retryAfterSeconds, cause: error });
  } finally {
    await behindAnswer(work);
  }
}

/** @throws {AccessTokenError} */
function granted(access: Access): AccessToken {
  if (access.kind === 'token') return access.token;
  if (access.kind === 'over') throw new AccessTokenError('STEP_UP');
  if (access.kind !== 'denied') throw new AccessTokenError('SESSION_ENDED');
  const { error } = access;
  throw new AccessTokenError(INTERACTION.includes(error ?? '') ? 'STEP_UP' : 'DENIED', { error });
}

function optionsFault({ resource, scope, minTtlSeconds = 0 }: AccessTokenOptions): string | undefined {
  if (!(typeof minTtlSeconds === 'number' && minTtlSeconds >= 0 && minTtlSeconds < Number.POSITIVE_INFINITY))
    return 'minTtlSeconds must be a number of seconds';
  return targetFault({ resource, scope });
}
