import { nameOf, type ReuseEvent } from './provider-ledger.ts';
import { LIVES, type Person, type Settings } from './provider-settings.ts';

/** The tokens that end together: those of one sign-in, or of all sign-ins of one session (`ProviderOptions.grant`). */
interface Family {
  readonly id: string;
  ended: 'no' | 'revoked' | 'replayed';
}

/** What a person allowed the client in one sign-in, and the family that its tokens belong to. */
export interface Grant {
  readonly family: Family;
  readonly person: Person;
  readonly sid: string;
  /** Seconds since the epoch. */
  readonly authTime: number;
  readonly acr: string;
  readonly scope: readonly string[];
  readonly nonce: string;
  readonly redirectUri: string;
  readonly challenge: string;
  readonly startedAt: number;
}

interface Issued {
  readonly grant: Grant;
  /** The thumbprint of the key that the token is bound to (RFC 9449 §6.1, `jkt`). */
  readonly jkt: string | null;
  readonly expiresAt: number;
  usedAt: number | null;
}

/** The secrets that a provider hands out, each with a marker to search for. */
export type Plant = (kind: 'code' | 'at' | 'rt') => string;

/** Codes and tokens by their value. Nothing here awaits, so that two presentations of a token cannot interleave. */
export interface Grants {
  readonly reuseEvents: readonly ReuseEvent[];
  issueCode(grant: Omit<Grant, 'family' | 'startedAt'>): string;
  /** Burns a code, also when the request turns out to be wrong (RFC 6749 §4.1.2: it is good once); null when it is none. */
  takeCode(code: string): Grant | null;
  issueAccess(grant: Grant, jkt: string | null): string;
  issueRefresh(grant: Grant, jkt: string | null): string;
  /** Knows a refresh token from now on that was made elsewhere, unless it does already. */
  adoptRefresh(token: string, grant: Omit<Grant, 'family' | 'startedAt'>): void;
  /** The key that a token is bound to; null when to none. */
  boundTo(token: string): string | null;
  /** What an access token was issued for; null when it is none, over or revoked. */
  grantOf(accessToken: string): Grant | null;
  /** What a refresh token was issued for; null when it is none, used or over. Burns nothing. */
  grantBehind(refreshToken: string): Grant | null;
  /** Burns a refresh token where tokens rotate; null when it is none. A replay ends the family. */
  takeRefresh(token: string): Grant | null;
  /** RFC 7009 §2.1: a refresh token takes everything of its grant along. False when the token is unknown. */
  revoke(token: string): boolean;
  /** Whether this token was ended before its time. */
  revoked(token: string): boolean;
  /** Whether any family was ended because a used token came back. */
  familyRevoked(): boolean;
}

export function createGrants(settings: Settings, plant: Plant): Grants {
  const store = createStore(settings);
  return {
    reuseEvents: store.reuseEvents,
    ...codesIn(store, plant),
    ...accessTokensIn(store, plant),
    ...refreshTokensIn(store, plant),
    ...endingsIn(store),
  };
}

/** All that was issued, by its value. */
function createStore(settings: Settings) {
  const { now } = settings;
  const families: Family[] = [];
  const bySession = new Map<string, Family>();
  return {
    settings,
    now,
    codes: new Map<string, Issued>(),
    refreshTokens: new Map<string, Issued>(),
    accessTokens: new Map<string, Issued>(),
    families,
    reuseEvents: [] as ReuseEvent[],
    keep(place: Map<string, Issued>, value: string, grant: Grant, lifeSeconds: number, jkt: string | null) {
      place.set(value, { grant, jkt, expiresAt: now() + lifeSeconds * 1000, usedAt: null });
      return value;
    },
    /** A family that was ended is not revived: the next sign-in of its session begins another one. */
    familyOf(sid: string): Family {
      const shared = settings.grant === 'session' ? bySession.get(sid) : undefined;
      if (shared?.ended === 'no') return shared;
      const family: Family = { id: `family-${families.length + 1}`, ended: 'no' };
      families.push(family);
      bySession.set(sid, family);
      return family;
    },
    /** Whether a used token still counts as unused, as some providers have it for clients that race. */
    overlaps: (usedAt: number) => now() < usedAt + settings.overlapSeconds * 1000,
  };
}

type Store = ReturnType<typeof createStore>;

const codesIn = (store: Store, plant: Plant): Pick<Grants, 'issueCode' | 'takeCode'> => ({
  issueCode(asked) {
    const grant: Grant = { ...asked, family: store.familyOf(asked.sid), startedAt: store.now() };
    return store.keep(store.codes, plant('code') + 'x'.repeat(store.settings.codePadding), grant, LIVES.code, null);
  },
  takeCode(code) {
    const issued = store.codes.get(code);
    if (!issued) return null;
    const fresh = issued.usedAt === null && store.now() < issued.expiresAt;
    // RFC 6749 §4.1.2: a code that comes twice takes the tokens along that were issued for it
    if (issued.usedAt !== null) issued.grant.family.ended = 'replayed';
    issued.usedAt = store.now();
    return fresh ? issued.grant : null;
  },
});

const accessTokensIn = (store: Store, plant: Plant): Pick<Grants, 'issueAccess' | 'grantOf' | 'boundTo'> => ({
  issueAccess: (grant, jkt) => store.keep(store.accessTokens, plant('at'), grant, store.settings.tokenSeconds, jkt),
  boundTo: (token) => (store.accessTokens.get(token) ?? store.refreshTokens.get(token))?.jkt ?? null,
  grantOf(token) {
    const issued = store.accessTokens.get(token);
    const lives = issued && issued.usedAt === null && store.now() < issued.expiresAt;
    return lives && issued.grant.family.ended === 'no' ? issued.grant : null;
  },
});

function refreshTokensIn(
  store: Store,
  plant: Plant,
): Pick<Grants, 'issueRefresh' | 'adoptRefresh' | 'grantBehind' | 'takeRefresh'> {
  const { refreshTokens, now, overlaps, reuseEvents, settings } = store;
  return {
    issueRefresh(grant, jkt) {
      const familyLeft = (grant.startedAt - now()) / 1000 + LIVES.family;
      const life = Math.min(settings.refreshTokenSeconds, familyLeft);
      return store.keep(refreshTokens, plant('rt'), grant, life, jkt);
    },
    adoptRefresh(token, made) {
      if (refreshTokens.has(token)) return;
      const grant: Grant = { ...made, family: store.familyOf(made.sid), startedAt: now() };
      store.keep(refreshTokens, token, grant, settings.refreshTokenSeconds, null);
    },
    grantBehind(token) {
      const issued = refreshTokens.get(token);
      const lives = issued && now() < issued.expiresAt && issued.grant.family.ended === 'no';
      return lives && (issued.usedAt === null || overlaps(issued.usedAt)) ? issued.grant : null;
    },
    takeRefresh(token) {
      const issued = refreshTokens.get(token);
      if (issued?.grant.family.ended !== 'no') return null;
      const { grant, usedAt } = issued;
      if (usedAt !== null && !overlaps(usedAt)) {
        grant.family.ended = 'replayed';
        reuseEvents.push({ at: now(), tokenId: nameOf(token).id, familyId: grant.family.id });
        return null;
      }
      if (now() >= issued.expiresAt) return null;
      if (settings.rotation) issued.usedAt ??= now();
      return grant;
    },
  };
}

const endingsIn = ({
  refreshTokens,
  accessTokens,
  families,
  now,
}: Store): Pick<Grants, 'revoke' | 'revoked' | 'familyRevoked'> => ({
  revoke(token) {
    const refresh = refreshTokens.get(token);
    if (refresh) refresh.grant.family.ended = 'revoked';
    const access = accessTokens.get(token);
    if (access) access.usedAt = now();
    return Boolean(refresh ?? access);
  },
  revoked(token) {
    const issued = refreshTokens.get(token) ?? accessTokens.get(token);
    if (!issued) return false;
    return issued.grant.family.ended !== 'no' || (accessTokens.has(token) && issued.usedAt !== null);
  },
  familyRevoked: () => families.some(({ ended }) => ended === 'replayed'),
});
