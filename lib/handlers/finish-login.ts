import type { Deps } from '../context.ts';
import { randomText } from '../crypto/random.ts';
import { ProviderError, RequestError } from '../errors.ts';
import { deviceOf } from '../policy/device.ts';
import { claimsElsewhere } from '../policy/kept-claims.ts';
import { unprovenSubject } from '../protocol/id-token.ts';
import type { ReadTokens, TokenReply } from '../protocol/tokens.ts';
import type { CheckedCallback } from '../provider/provider.ts';
import { revokeAndLog } from '../provider/revocation.ts';
import { type SessionClaims, signInClaims } from '../renewal/session-claims.ts';
import { seeOther } from '../responses.ts';
import { openSession, sealSession } from '../session/session-cookie.ts';
import type { ClaimedFlow } from '../store/flows.ts';
import type { NewSession } from '../store/records.ts';
import { retry } from '../store/retry.ts';
import { withDeadline } from '../timers.ts';
import {
  BEST_EFFORT_MS,
  EXCHANGE_ENDS_MS,
  EXCHANGE_TIMEOUT_MS,
  PROOF_ENDS_MS,
  STORE_ENDS_MS,
  STORE_MS,
} from '../timing.ts';
import type { EndedSession } from '../types/ended.ts';
import type { Flow } from '../types/login.ts';
import type { SessionRecord } from '../types/record.ts';
import type { RequestContext } from '../types/request.ts';
import { newSession } from './new-session.ts';

/** Spends the code of a claimed flow, and turns the tokens into a session, or revokes them. */
export async function finish(
  checked: CheckedCallback,
  flow: Flow,
  claimed: ClaimedFlow,
  context: RequestContext,
  deps: Deps,
): Promise<Response> {
  const { settings, provider } = deps;
  const timeLeft = Math.max(EXCHANGE_ENDS_MS - (deps.now() - context.startedAt), 1_000);
  const reply = await provider.exchange(checked, flow, Math.min(EXCHANGE_TIMEOUT_MS, timeLeft));
  try {
    const read = await inTime(provider.verify(reply, flow, checked), PROOF_ENDS_MS - (deps.now() - context.startedAt));
    const kept = await signInClaims(read, PROOF_ENDS_MS - (deps.now() - context.startedAt), context, deps);
    const cookie = await signIn(read, kept, flow.browser, claimed, context, deps);
    return seeOther(new URL(flow.returnTo, settings.site.canonicalOrigin), [cookie]);
  } catch (thrown) {
    const isSignedOut = thrown instanceof RequestError && thrown.code === 'SIGNED_OUT_MEANWHILE';
    context.waitUntil(refuse(reply, isSignedOut ? 'signed_out' : 'refused', context, deps));
    throw thrown;
  }
}

/** New keys may have to be fetched for it, and the first byte is due within 15 seconds. */
const inTime = (work: Promise<ReadTokens>, milliseconds: number): Promise<ReadTokens> =>
  withDeadline(work, milliseconds, () => {
    throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: 'the proof takes too long', retryAfterSeconds: 1 });
  });

/**
 * Stores the record, ends the session that this one replaces, and returns the session cookie. A fresh id every time.
 *
 * @throws {RequestError} `SIGNED_OUT_MEANWHILE` when a sign-out came between, which takes precedence
 */
async function signIn(
  read: ReadTokens,
  kept: SessionClaims,
  browser: string,
  claimed: ClaimedFlow,
  context: RequestContext,
  deps: Deps,
): Promise<string> {
  const { claims } = read;
  const { session, record } = await newSession(read, kept, browser, deps);
  const sealed = await sealSession(session, session.createdAt, deps);
  const { session: before } = await openSession(context.request.headers.get('cookie'), deps);
  const device = deviceOf(context.request.headers);
  const entry = { session, record, replaces: before, signedInAt: claims.iat, device };
  const replaced = await store(entry, claimed, context, deps);
  if (replaced === 'ended') throw new RequestError('SIGNED_OUT_MEANWHILE');
  deps.endedSessions.renewed(session.id);
  if (before) deps.endedSessions.ended(before.id);
  if (replaced?.record && !replaced.sharesGrant)
    context.waitUntil(revoke({ refreshToken: replaced.record.tokens.refreshToken }, 'replaced', context, deps));
  const elsewhere = claimsElsewhere(claims, deps.settings.session);
  if (elsewhere.length > 0) deps.log({ event: 'claims_elsewhere', ref: context.ref, claims: elsewhere });
  deps.log({ event: 'signed_in', ref: context.ref, replaced: replaced !== null, droppedClaims: sealed.dropped });
  return sealed.setCookie;
}

/**
 * Stores the record, and tries again while there is time. When no reply arrives, the call may have been executed all the
 * same: then the session, whose cookie no browser has, is ended and its tokens are revoked.
 */
async function store(
  entry: NewSession,
  claimed: ClaimedFlow,
  context: RequestContext,
  deps: Deps,
): Promise<EndedSession | null | 'ended'> {
  const attempt = randomText(128);
  const leftMs = Math.min(STORE_MS, STORE_ENDS_MS - (deps.now() - context.startedAt));
  let failure: unknown;
  const put = () =>
    deps.records.put(entry, claimed, attempt).catch((error: unknown) => {
      failure = error;
      throw error;
    });
  const stored = await retry(put, leftMs, deps.now);
  if (stored !== undefined) return stored;
  const undo = async () => {
    const held = await retry(() => deps.records.remove(entry.session), BEST_EFFORT_MS, deps.now);
    const { refreshToken } = entry.record.tokens;
    if (held && !held.sharesGrant) await revoke({ refreshToken }, 'refused', context, deps);
  };
  context.waitUntil(undo());
  throw failure;
}

type Subject = Pick<SessionRecord, 'sub' | 'providerSid'>;

/**
 * Whether two token sets may hang on one grant of the provider. Many providers keep one grant for all sign-ins of a browser
 * session, and revoking a refresh token of it ends all the others (RFC 7009 §2.1).
 */
const mayShareGrant = (one: Subject, other: Subject): boolean =>
  one.sub === other.sub &&
  (one.providerSid === undefined || other.providerSid === undefined || one.providerSid === other.providerSid);

/** Revokes tokens that were refused, unless the session that this browser goes on with may hang on the same grant. */
async function refuse(
  { granted, body }: TokenReply,
  why: 'refused' | 'signed_out',
  context: RequestContext,
  deps: Deps,
): Promise<void> {
  const { session } = await openSession(context.request.headers.get('cookie'), deps);
  const subject = session && unprovenSubject(body.id_token);
  if (session && subject?.sub === session.sub) {
    const held = await deps.records.peek(session).catch(() => ({ record: session })); // without Redis: of the same person
    if (held && mayShareGrant(held.record, subject)) return;
  }
  await revoke(granted, why, context, deps);
}

const revoke = (
  granted: { readonly accessToken?: string | undefined; readonly refreshToken?: string | undefined },
  why: 'refused' | 'replaced' | 'signed_out',
  { ref }: RequestContext,
  deps: Deps,
) => revokeAndLog(granted, why, ref, deps);
