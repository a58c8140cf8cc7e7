import type { JWTPayload } from 'jose';
import { sha256 } from '../crypto/random.ts';
import type { Sealer } from '../crypto/seal.ts';
import { isObject } from '../objects.ts';
import type { Claims, NamedByRules } from '../types/claims.ts';
import type { Session } from '../types/session.ts';
import { type CookieSettings, cookieNames, MAX_COOKIE_BYTES, parseCookies, setCookie } from './cookies.ts';
import { dropOne } from './fit-cookie.ts';

interface Deps {
  readonly settings: CookieSettings;
  readonly sealer: Sealer;
  /** What rules look at, which is dropped last. */
  readonly named?: NamedByRules;
}

/** `opened` remembers what was opened before, by the whole cookie: to decrypt it again would give the same. */
interface OpeningDeps extends Deps {
  readonly opened?: Map<string, Session>;
}

/** What a request says about its sender. `stale`: it carries session cookies that are not a session and must go. */
export interface Opened {
  readonly session: Session | null;
  readonly stale: boolean;
}

/**
 * Reads the session cookie of a request: nothing but its own seal is trusted. A doubled cookie is no session. Whether
 * the session's time is over is for the caller to judge.
 */
export async function openSession(cookieHeader: string | null, deps: OpeningDeps): Promise<Opened> {
  const value = findSession(cookieHeader, deps);
  if (typeof value !== 'string') return value;
  const payload = await deps.sealer.open('session', value);
  const session = payload && (await parse(payload));
  if (session) deps.opened?.set(value, session);
  return { session, stale: session === null };
}

/** What {@link openSession} tells without decrypting; otherwise the value that is to be opened. */
export function findSession(cookieHeader: string | null, { settings, opened }: OpeningDeps): Opened | string {
  const { session: name } = cookieNames(settings);
  const values = parseCookies(cookieHeader).flatMap(([other, value]) => (other === name ? [value] : []));
  const [value] = values;
  if (value === undefined) return { session: null, stale: false };
  if (values.length > 1) return { session: null, stale: true };
  const known = opened?.get(value);
  return known ? { session: known, stale: false } : value;
}

export interface SealedSession {
  readonly setCookie: string;
  /** The session as it now stands in the cookie. */
  readonly session: Session;
  /** Claims that did not fit into the cookie. */
  readonly dropped: readonly string[];
}

/**
 * The `Set-Cookie` value of a session, never over 3,072 bytes: nginx by default takes 4 KB for all headers of an answer. What
 * does not fit is dropped in the order of {@link dropOne}; a cookie is never split, because browsers drop and reorder the
 * parts.
 *
 * @param now seconds since the epoch
 */
export async function sealSession(session: Session, now: number, deps: Deps): Promise<SealedSession> {
  const endsAt = Math.min(session.idleEndsAt, session.absoluteEndsAt);
  for (let kept: Session | null = session; ; ) {
    // Hundreds of group ids are too long before they are sealed, and sealing is the expensive part.
    const shorter: Session | null = leastLength(kept) > MAX_COOKIE_BYTES ? dropOne(kept, deps.named) : null;
    if (shorter) {
      kept = shorter;
      continue;
    }
    const value = await deps.sealer.seal('session', serialize(kept), endsAt);
    const line = setCookie(deps.settings, cookieNames(deps.settings).session, value, endsAt - now);
    const smaller: Session | null = line.length > MAX_COOKIE_BYTES ? dropOne(kept, deps.named) : null;
    if (smaller === null) return { setCookie: line, session: kept, dropped: kept.dropped ?? [] };
    kept = smaller;
  }
}

/** Base64url has four characters for three bytes (RFC 4648 §5). */
const leastLength = (session: Session) => (JSON.stringify(serialize(session)).length * 4) / 3;

// Short names: these bytes travel with every request of every visitor.
const serialize = (session: Session): JWTPayload => ({
  sub: session.sub,
  sid: session.sid,
  isu: session.issuer,
  prs: session.person,
  psn: session.providerSession,
  brw: session.browser,
  gen: session.generation,
  iat: session.createdAt,
  tis: session.tokensIssuedAt,
  tex: session.tokensExpireAt,
  rnw: session.renewable,
  idl: session.idleEndsAt,
  abs: session.absoluteEndsAt,
  scp: session.scope,
  acr: session.acr,
  aut: session.authTime,
  clm: session.claims,
  drp: session.dropped,
});

/** The seal proves that we wrote it; the shape check keeps an older or newer version of us from being misread. */
async function parse({
  sub,
  sid,
  isu,
  prs,
  psn,
  brw,
  gen,
  iat,
  tis,
  tex,
  rnw,
  idl,
  abs,
  scp,
  acr,
  aut,
  clm,
  drp,
}: JWTPayload): Promise<Session | null> {
  const times = [gen, iat, tis, tex, idl, abs];
  if (
    typeof sub !== 'string' ||
    typeof sid !== 'string' ||
    typeof brw !== 'string' ||
    typeof scp !== 'string' ||
    !times.every((time) => Number.isSafeInteger(time)) ||
    !isObject(clm)
  )
    return null;
  return {
    sub,
    sid,
    id: await sha256(sid),
    ...(typeof isu === 'string' && { issuer: isu }),
    ...(typeof prs === 'string' && { person: prs }),
    ...(typeof psn === 'string' && { providerSession: psn }),
    browser: brw,
    claims: clm as Claims,
    scope: scp,
    ...(typeof acr === 'string' && { acr }),
    ...(typeof aut === 'number' && { authTime: aut }),
    generation: gen as number,
    createdAt: iat as number,
    tokensIssuedAt: tis as number,
    tokensExpireAt: tex as number,
    renewable: rnw === true,
    idleEndsAt: idl as number,
    absoluteEndsAt: abs as number,
    ...(Array.isArray(drp) && { dropped: drp as string[] }),
  };
}
