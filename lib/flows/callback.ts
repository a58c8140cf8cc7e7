import { addCookies, seeOther } from '../answers';
import { randomText } from '../crypto/random';
import type { Deps } from '../deps';
import { asGateError, PROBLEMS, ProviderError, RequestError } from '../errors';
import { isPrefetch } from '../policy/request-kind';
import { callbackParameters, type ValidatedCallback, validateCallback } from '../protocol/authorization';
import type { Metadata } from '../protocol/discovery';
import { proveIdToken } from '../protocol/id-token';
import { revokeQuietly } from '../protocol/sign-out';
import { exchangeCode, type ReadTokens, readTokens } from '../protocol/tokens';
import { clearFlow, openFlow } from '../session/flow';
import { keptClaims, openSession, sealSession } from '../session/session';
import { countTrip } from '../session/trips';
import type { Flow, LoginExtras, Session, Visit } from '../types';
import { limitRate } from './limit';
import { loginUrl } from './login';
import { resolveSession, sleep, writable } from './renew';

const EXCHANGE_MS = 8_000;
/** What the exchange must leave of the 15 seconds in which a first byte is promised. */
const EXCHANGE_ENDS_MS = 11_000;
/** Likewise, of what comes after: two seconds for the record. */
const PROOF_ENDS_MS = 12_500;
/** With less time than this a slow provider's answer would come too late, and the code be spent for nothing. */
const EXCHANGE_LEAST_MS = 4_000;

/**
 * `GET` of the redirect URI. Every check stands before the effect that it protects: flow cookie, `iss`, `error`, the
 * flow claimed in Redis, the code spent, the ID token proven, the record stored, the cookie given.
 */
export async function callback(visit: Visit, deps: Deps): Promise<Response> {
  const { headers } = visit.request;
  if (isPrefetch(headers)) throw new RequestError('UNAUTHENTICATED'); // spends nothing, writes nothing: the visit follows
  const cookieHeader = headers.get('cookie');
  const [state, ...others] = visit.url.searchParams.getAll('state');
  const flow = state && others.length === 0 ? await openFlow(state, cookieHeader, deps) : null;
  if (!flow) {
    try {
      callbackParameters(visit.url);
    } catch (thrown) {
      await limitRate('/auth/callback', visit, deps);
      throw thrown;
    }
    return addCookies(await alreadyIn(visit, deps, 'LOGIN_REJECTED'), [await trip(visit, deps)]);
  }
  const { validated, metadata, claim } = await claimed(flow, visit, deps);

  const cookies = await flowCookies(visit, flow, deps);
  try {
    if (claim === 'used') return addCookies(await alreadyIn(visit, deps, 'LOGIN_USED'), cookies);
    return addCookies(await finish(validated, flow, metadata, visit, deps), cookies);
  } catch (thrown) {
    const anew = startAgain(flow, visit, deps);
    throw asGateError(thrown).with({ cookies, loginUrl: anew, retryUrl: anew }); // this address has nothing left to give
  }
}

/**
 * Everything that comes before the code. A failure here spends the flow too, unless it is a 503: then a reload can still
 * succeed.
 */
async function claimed(flow: Flow, visit: Visit, deps: Deps) {
  try {
    const parameters = callbackParameters(visit.url);
    const metadata = await deps.metadata(visit.waitUntil);
    const validated = await validate(parameters, flow, metadata, visit, deps);
    const claim = await deps.records.claimFlow(flow.state, flow.endsAt, visit.waitUntil);
    return { validated, metadata, claim };
  } catch (thrown) {
    const anew = startAgain(flow, visit, deps);
    // A reload would only repeat what the provider has said, and after the flow is gone it cannot help either.
    const isSaid = visit.url.searchParams.has('error');
    const error = asGateError(thrown).with({ loginUrl: anew, ...(isSaid && { retryUrl: anew }) });
    const keepsFlow = PROBLEMS[error.code].status === 503;
    throw keepsFlow ? error : error.with({ cookies: await flowCookies(visit, flow, deps) });
  }
}

/**
 * Checks the answer, and fetches the provider's keys before the code is spent: if they cannot be had now, the person
 * loses nothing and can reload; after the exchange the same failure would cost the whole sign-in.
 */
async function validate(
  parameters: URLSearchParams,
  flow: Flow,
  metadata: Metadata,
  { startedAt, waitUntil }: Visit,
  deps: Deps,
): Promise<ValidatedCallback> {
  const validated = validateCallback(parameters, flow.state, metadata, deps.config);
  await deps.keys.warm(metadata.jwks_uri, waitUntil);
  // What took so long is known now, so the reload will be quick.
  if (deps.now() - startedAt > EXCHANGE_ENDS_MS - EXCHANGE_LEAST_MS)
    throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'no time is left for the code', retryAfterSeconds: 1 });
  return validated;
}

/** The code is spent here, and what comes of it is either a session or revoked. */
async function finish(
  validated: ValidatedCallback,
  flow: Flow,
  metadata: Metadata,
  visit: Visit,
  deps: Deps,
): Promise<Response> {
  const { config } = deps;
  const timeLeft = Math.max(EXCHANGE_ENDS_MS - (deps.now() - visit.startedAt), 1_000);
  const reply = await exchangeCode(validated, flow, metadata, deps, Math.min(EXCHANGE_MS, timeLeft));
  try {
    const read = await readTokens(reply, flow, metadata, deps);
    const proof = proveIdToken(read, { clientId: config.clientId, acrValues: flow.acrValues }, metadata, deps);
    await inTime(proof, PROOF_ENDS_MS - (deps.now() - visit.startedAt));
    const cookie = await signIn(read, visit, deps);
    return seeOther(new URL(flow.returnTo, config.canonicalOrigin), [cookie]);
  } catch (thrown) {
    visit.waitUntil(revokeQuietly(reply.granted, 'refused', visit.ref, deps));
    throw thrown;
  }
}

/** New keys may have to be fetched for it, and whoever waits must hear something within 15 seconds. */
async function inTime(work: Promise<void>, milliseconds: number): Promise<void> {
  const late = sleep(milliseconds).then(() => {
    throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'the proof takes too long', retryAfterSeconds: 1 });
  });
  await Promise.race([work, late]);
}

/** Stores the record, ends the session that this one replaces, and returns the session cookie. A fresh id every time. */
async function signIn({ tokens, claims }: ReadTokens, visit: Visit, deps: Deps): Promise<string> {
  const { config } = deps;
  const now = Math.floor(deps.now() / 1000);
  const absoluteEndsAt = now + config.absoluteSeconds;
  const session: Session = {
    sub: claims.sub,
    claims: keptClaims(claims, config.sessionClaims),
    scope: tokens.scope,
    ...(typeof claims.acr === 'string' && { acr: claims.acr }),
    ...(claims.auth_time && { authTime: claims.auth_time }), // some providers send 0 for "I do not know"
    sid: randomText(),
    generation: 1,
    createdAt: now,
    tokensIssuedAt: tokens.issuedAt,
    tokensExpireAt: tokens.expiresAt,
    renewable: tokens.refreshToken !== undefined,
    idleEndsAt: Math.min(now + config.idleSeconds, absoluteEndsAt),
    absoluteEndsAt,
  };
  const sealed = await sealSession(session, now, deps);
  const record = {
    sub: claims.sub,
    claims: session.claims,
    tokens,
    ...(typeof claims.sid === 'string' && { providerSid: claims.sid }),
  };
  const { session: before } = await openSession(visit.request.headers.get('cookie'), deps);
  const replaced = await deps.records.put(session, record, before?.sid);
  deps.liveness.renewed(session.sid);
  if (before) deps.liveness.ended(before.sid);
  if (replaced?.tokens.refreshToken)
    visit.waitUntil(revokeQuietly({ refreshToken: replaced.tokens.refreshToken }, 'replaced', visit.ref, deps));
  deps.log({ event: 'signed_in', ref: visit.ref, replaced: replaced !== null, droppedClaims: sealed.dropped });
  return sealed.setCookie;
}

/** Back button, reload, restored tab: whoever has a session is at home. Everybody else is told why not. */
async function alreadyIn(visit: Visit, deps: Deps, code: 'LOGIN_REJECTED' | 'LOGIN_USED'): Promise<Response> {
  const resolved = await resolveSession(visit, deps, { renews: false });
  const cookies = writable(visit, resolved);
  if (resolved.session) return seeOther(new URL(visit.basePath || '/', deps.config.canonicalOrigin), cookies);
  // Only here: whoever brings a good flow is never refused for the noise that others make.
  if (code === 'LOGIN_REJECTED') await limitRate('/auth/callback', visit, deps);
  throw new RequestError(code).with({ cookies });
}

/** Another sign-in for the same page, asked to prove the same. */
function startAgain({ returnTo, acrValues, maxAge }: Flow, visit: Visit, deps: Deps): string {
  const stepUp: LoginExtras = {
    ...(acrValues !== undefined && { acr_values: acrValues }),
    ...(maxAge !== undefined && { max_age: String(maxAge) }),
  };
  return loginUrl(returnTo, visit, deps, stepUp);
}

/** The flow's cookie goes, no other one; the loop guard counts the trip. */
const flowCookies = async (visit: Visit, flow: Flow, deps: Deps): Promise<readonly string[]> => [
  await clearFlow(flow.state, deps),
  await trip(visit, deps),
];

const trip = ({ request }: Visit, deps: Deps) =>
  countTrip(request.headers.get('cookie'), Math.floor(deps.now() / 1000), deps);
