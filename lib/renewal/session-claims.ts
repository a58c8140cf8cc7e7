import type { Deps } from '../context.ts';
import { ProviderError } from '../errors.ts';
import { memberOf } from '../objects.ts';
import { filledClaims, keptClaims, missingClaims } from '../policy/kept-claims.ts';
import type { Renewed } from '../protocol/refresh.ts';
import type { ReadTokens } from '../protocol/tokens.ts';
import type { Userinfo } from '../provider/userinfo.ts';
import { saysNothing } from '../says-nothing.ts';
import { USERINFO_TIMEOUT_MS } from '../timing.ts';
import type { Claims, FromUserinfo } from '../types/claims.ts';
import type { SessionRecord } from '../types/record.ts';
import type { RequestContext } from '../types/request.ts';

/** The part of a record that is about the person. */
export interface SessionClaims {
  readonly claims: Claims;
  readonly userinfo?: FromUserinfo | undefined;
}

type Context = Pick<RequestContext, 'ref' | 'waitUntil'>;

/**
 * The claims of a new session: those of its ID token, and of the userinfo endpoint what the ID token lacks (OIDC Core §5.3).
 * An endpoint that fails costs no sign-in, unless a rule of the site looks at what is missing.
 *
 * @throws {ProviderError} `PROVIDER_UNAVAILABLE`
 */
export async function signInClaims(
  { tokens, claims, key }: ReadTokens,
  leftMs: number,
  context: Context,
  deps: Deps,
): Promise<SessionClaims> {
  const { session } = deps.settings;
  const own = keptClaims(claims, session);
  const missing = missingClaims(own, session, deps.named);
  const timeoutMs = Math.min(USERINFO_TIMEOUT_MS, leftMs);
  const asked = await deps.provider.userinfo({ tokens, key, missing, timeoutMs }, context.waitUntil);
  if (asked.kind === 'answered') return filledClaims(own, keptClaims(asked.claims, session));
  if (asked.kind === 'not_asked') return { claims: own };
  report(asked, context, deps);
  if (asked.expected.some((name) => deps.named.has(name)))
    throw new ProviderError('PROVIDER_UNAVAILABLE', { reason: NEEDED, retryAfterSeconds: 5 });
  return { claims: own, ...(asked.isPassing && { userinfo: awaited(asked.expected) }) };
}

const NEEDED = 'a rule names a claim that is missing, and userinfo failed; see SSO_USERINFO';

/**
 * The claims of a renewed session. Not merged with what was known: a claim that the provider does not make any more (a role,
 * say) is one that the person has no more. But the ID token of a refresh may lack claims that the first one had (OIDC Core
 * §12.2), so userinfo is asked for those before they count as gone.
 */
export async function renewedClaims(
  { record, claims }: Pick<Renewed, 'record' | 'claims'>,
  context: Context,
  deps: Deps,
): Promise<SessionClaims> {
  const { session } = deps.settings;
  const { claims: before, userinfo = {}, tokens, dpopKey: key } = record;
  const isAsked = (name: string) => Object.hasOwn(userinfo, name);
  const fresh = claims && keptClaims(claims, session);
  // Without an ID token what an earlier one said stays, and only what userinfo said is asked for again.
  const own = fresh ?? Object.fromEntries(Object.entries(before).filter(([name]) => !isAsked(name)));
  const missing = missingClaims(own, session, deps.named, (name) =>
    isAsked(name) ? saysNothing(own[name]) : !Object.hasOwn(own, name) && !saysNothing(memberOf(before, name)),
  );
  const wanted = missing.map((claim) => ({ ...claim, isNeeded: claim.isNeeded || userinfo[claim.name] === true }));
  const request = { tokens, key, missing: wanted, timeoutMs: USERINFO_TIMEOUT_MS };
  const asked = await deps.provider.userinfo(request, context.waitUntil);
  if (asked.kind === 'answered') {
    const said = keptClaims(asked.claims, session);
    const filled = fresh ? filledClaims(fresh, said) : newerClaims(own, said);
    // What came from there once is asked for again: a role that was taken away may be given back.
    const again = missing.filter(({ name }) => userinfo[name] === true).map(({ name }) => [name, true]);
    return { ...filled, userinfo: { ...Object.fromEntries(again), ...filled.userinfo } };
  }
  if (asked.kind === 'failed') report(asked, context, deps);
  if (!fresh) return { claims: before, userinfo: record.userinfo };
  if (asked.kind === 'not_asked') return { claims: fresh };
  return staleClaims(
    fresh,
    record,
    missing.map(({ name }) => name),
    asked.isPassing,
  );
}

/**
 * Userinfo is newer than the ID token of the sign-in. An empty list is an answer here: roles that are taken away would otherwise
 * stay for as long as the session.
 */
function newerClaims(own: Claims, said: Claims): SessionClaims {
  const names = Object.keys(said).filter((name) => Array.isArray(said[name]) || !saysNothing(said[name]));
  const newer = Object.fromEntries(names.map((name) => [name, said[name] ?? null]));
  return { claims: { ...own, ...newer }, userinfo: Object.fromEntries(names.map((name) => [name, true])) };
}

/**
 * After a failure of userinfo what came from there stays until it answers. A claim that the ID tokens had until now, and the new
 * one lacks, stays for one renewal: it may as well have been taken away, and an endpoint that never answers must not keep
 * it alive.
 */
function staleClaims(
  fresh: Claims,
  { claims: before, userinfo = {} }: SessionRecord,
  missing: readonly string[],
  isPassing: boolean,
): SessionClaims {
  const stays = (name: string) => userinfo[name] === true || (isPassing && userinfo[name] === undefined);
  const stale = missing.filter((name) => stays(name) && before[name] !== undefined);
  const again = isPassing ? missing : missing.filter((name) => userinfo[name] === true);
  return {
    claims: { ...fresh, ...Object.fromEntries(stale.map((name) => [name, before[name] ?? null])) },
    userinfo: Object.fromEntries(again.map((name) => [name, userinfo[name] === true])),
  };
}

const awaited = (names: readonly string[]): FromUserinfo => Object.fromEntries(names.map((name) => [name, false]));

const report = ({ reason }: Extract<Userinfo, { kind: 'failed' }>, { ref }: Context, { log }: Deps): void =>
  log({ event: 'userinfo_failed', ref, reason });
