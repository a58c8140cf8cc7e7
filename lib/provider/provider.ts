import { authorizationUrl, isPushed, type ValidatedCallback, validateCallback } from '../protocol/authorization.ts';
import type { Metadata } from '../protocol/discovery.ts';
import type { ProofDeps } from '../protocol/dpop.ts';
import { proveIdToken } from '../protocol/id-token.ts';
import type { KeySet } from '../protocol/jwks.ts';
import { type ProvenLogout, proveLogoutToken } from '../protocol/logout-token.ts';
import { type EndSession, endSessionUrl } from '../protocol/sign-out.ts';
import { exchangeCode, type Granted, type ReadTokens, readTokens, type TokenReply } from '../protocol/tokens.ts';
import { traceOf } from '../protocol/trace.ts';
import { type Fetch, withTrace } from '../protocol/transport.ts';
import type { Later } from '../store/provider-cache.ts';
import type { Flow, LoginExtras } from '../types/login.ts';
import type { SessionRecord, Target } from '../types/record.ts';
import type { ProviderSettings } from '../types/settings.ts';
import { type Refreshed, refreshTokens } from './refresh.ts';
import { type Revoked, revokeTokens } from './revocation.ts';
import { askUserinfo, type Userinfo, type UserinfoRequest } from './userinfo.ts';

/** A callback after every check that comes before the code, and the metadata that it was checked by. */
export interface CheckedCallback {
  readonly parameters: ValidatedCallback;
  readonly metadata: Metadata;
}

/**
 * The provider of a deployment: what can be asked of it, with its metadata, its keys and the registration of this client
 * inside. `later` keeps the isolate alive for a document that is renewed behind the answer.
 *
 * Where nothing else is said, a function throws a `ProviderError`.
 */
export interface Provider {
  /** Names it in everything that is sealed. */
  readonly name: string;
  /** The same provider, whose calls belong to the trace of a request (W3C Trace Context), if it is part of one. */
  traced(headers: Pick<Headers, 'get'>): Provider;
  /** Whether an authorization request costs a call to the provider (RFC 9126 §5). */
  requiresPar(later?: Later): Promise<boolean>;
  /** Where the browser goes to sign in, by way of PAR when the provider or `SSO_PAR` wants it. */
  authorize(flow: Flow, extras: LoginExtras, later?: Later): Promise<URL>;
  /**
   * Checks a callback, and has the keys at hand: if they cannot be fetched now, nothing is lost yet.
   *
   * @throws {RequestError | ProviderError} by what the provider says in it
   */
  checkCallback(parameters: URLSearchParams, state: string, later?: Later): Promise<CheckedCallback>;
  /** Spends the code, once. What the answer holds is not checked yet. */
  exchange(callback: CheckedCallback, flow: Flow, timeoutMs: number): Promise<TokenReply>;
  /**
   * Reads the answer to an exchange and proves its ID token.
   *
   * @throws {RequestError | ProviderError} when they are not what the flow asked for
   */
  verify(reply: TokenReply, flow: Flow, callback: CheckedCallback): Promise<ReadTokens>;
  /** Presents a refresh token once, for a further access token where there is a target, and reads the answer. Never throws. */
  refresh(refreshToken: string, before: SessionRecord, later?: Later, target?: Target): Promise<Refreshed>;
  /** Asks for missing claims at the userinfo endpoint, where `SSO_USERINFO` says so. Never throws. */
  userinfo(request: UserinfoRequest, later?: Later): Promise<Userinfo>;
  /** Revokes tokens, and tries again where that may help. Never throws. */
  revoke(granted: Granted): Promise<Revoked>;
  /** Where the browser ends its session at the provider; null without such an endpoint, and without metadata. */
  endSession(request: EndSession, later?: Later): Promise<URL | null>;
  /**
   * Proves a logout token (OpenID Connect Back-Channel Logout 1.0 §2.6).
   *
   * @throws {RequestError} `LOGOUT_TOKEN_INVALID`
   */
  verifyLogout(token: string, later?: Later): Promise<ProvenLogout>;
  /** Has its metadata, or its keys too, at hand: as a callback needs them. */
  has(what: 'metadata' | 'keys', later?: Later): Promise<void>;
  /** Where the pages of the provider are that frame a front-channel logout. Never throws. */
  origins(later?: Later): Promise<readonly string[]>;
}

interface Deps extends ProofDeps {
  readonly settings: ProviderSettings;
  readonly metadata: (later?: Later) => Promise<Metadata>;
  readonly keys: KeySet;
  readonly fetch: Fetch;
}

export function createProvider(given: Deps): Provider {
  const { settings: client, metadata, keys, now, dpopNonces } = given;
  const fetch: Fetch = async (url, init) => {
    const response = await given.fetch(url, init);
    dpopNonces.learn(url, response.headers);
    return response;
  };
  const deps = { client, keys, fetch, now, dpopNonces };
  const provider: Provider = {
    name: client.name,
    traced(headers) {
      const trace = traceOf(headers);
      return trace ? createProvider({ ...given, fetch: withTrace(given.fetch, trace) }) : provider;
    },
    requiresPar: async (later) => isPushed(client, await metadata(later)),
    authorize: async (flow, extras, later) => authorizationUrl(flow, extras, await metadata(later), deps),
    async checkCallback(parameters, state, later) {
      const known = await metadata(later);
      const validated = validateCallback(parameters, state, known, client);
      await keys.warm(known.jwks_uri, later);
      return { parameters: validated, metadata: known };
    },
    exchange: (callback, flow, timeoutMs) =>
      exchangeCode(callback.parameters, flow, callback.metadata, deps, timeoutMs),
    async verify(reply, flow, callback) {
      const read = await readTokens(reply, flow, callback.metadata, deps);
      await proveIdToken(read, flow.acrValues, callback.metadata, deps);
      return read;
    },
    refresh: (refreshToken, before, later, target) =>
      refreshTokens(refreshToken, before, () => metadata(later), deps, target),
    userinfo: (request, later) => askUserinfo(request, () => metadata(later), deps),
    revoke: (granted) => revokeTokens(granted, metadata, deps),
    endSession: (request, later) =>
      metadata(later).then(
        (known) => endSessionUrl(known, client, request),
        () => null,
      ),
    verifyLogout: (token, later) =>
      proveLogoutToken(token, {
        client,
        now,
        metadata: () => metadata(later),
        keys: { use: (uri, verify) => keys.use(uri, verify, { later }) },
      }),
    async has(what, later) {
      const { jwks_uri } = await metadata(later);
      if (what === 'keys') await keys.warm(jwks_uri, later);
    },
    async origins(later) {
      const { issuer, end_session_endpoint } = await metadata(later).catch(() => ({
        ...client,
        end_session_endpoint: undefined,
      }));
      return [...new Set([issuer, end_session_endpoint ?? issuer].map((url) => new URL(url).origin))];
    },
  };
  return provider;
}
