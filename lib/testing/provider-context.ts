import type { CryptoKey } from 'jose';
import type { JsonObject } from './provider-answers.ts';
import { type Faults, noFaults } from './provider-faults.ts';
import { createGrants, type Grants, type Plant } from './provider-grants.ts';
import { createClientKey, createKeys, type Keys } from './provider-keys.ts';
import { type Person, type ProviderOptions, type Settings, settle } from './provider-settings.ts';

/** The session of a person at the provider, held by the cookie `op_session` of a browser. */
export interface OpSession {
  readonly sid: string;
  readonly sub: string;
  /** Seconds since the epoch. */
  readonly authTime: number;
}

/** The provider from inside: what its endpoints share. */
export interface ProviderContext {
  readonly settings: Settings;
  readonly keys: Keys;
  /** The client's public key, when it is registered with one. */
  readonly clientKey: CryptoKey | null;
  readonly grants: Grants;
  readonly faults: Faults;
  /** Everything issued or seen that must show up nowhere. */
  readonly secrets: Set<string>;
  readonly sessions: Map<string, OpSession>;
  /** The nonce that proofs have to carry; null where none is asked for. */
  dpopNonce: string | null;
  /** Parameters kept behind a `request_uri` (RFC 9126). */
  readonly pushed: Map<string, URLSearchParams>;
  /** Accounts by `sub` as they are now: a refresh sees a role that was added since. */
  readonly people: Map<string, Person>;
  /** Scopes that an administrator took from the client; a refresh loses them. */
  readonly withdrawnScopes: Set<string>;
  /** The latest sign-in, which logout tokens are about when nothing else is said. */
  latest: OpSession | null;
  /** What the person at the login page answers in place of signing in. */
  refusal: Refusal | null;
}

/** Parameters of an authorization error response: `error`, and whatever else a provider adds. */
export type Refusal = { readonly error: string } & Readonly<Record<string, string>>;

/** A request as an endpoint sees it. */
export interface EndpointRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly form: URLSearchParams;
  /** Who sits in front of the browser, should this be one. */
  readonly person: Person;
}

export async function createProviderContext(options: ProviderOptions): Promise<ProviderContext> {
  const asked = settle(options);
  const own = asked.client === 'private_key_jwt' ? await createClientKey(asked.clientAlg) : null;
  const settings = { ...asked, clientSecret: own?.text ?? (asked.client === 'public' ? '' : asked.clientSecret) };
  const secrets = new Set(settings.clientSecret ? [settings.clientSecret] : []);
  const counts = { code: 0, at: 0, rt: 0 };
  const plant: Plant = (kind) => {
    counts[kind] += 1;
    const value = `test-${kind}-${counts[kind]}-${crypto.randomUUID()}`;
    secrets.add(value);
    return value;
  };
  return {
    settings,
    secrets,
    keys: await createKeys(settings),
    clientKey: own?.publicKey ?? null,
    grants: createGrants(settings, plant),
    faults: noFaults(),
    sessions: new Map(),
    dpopNonce: settings.dpopNonce === 'absent' ? null : crypto.randomUUID(),
    pushed: new Map(),
    people: new Map(),
    withdrawnScopes: new Set(),
    latest: null,
    refusal: null,
  };
}

export const endpointBase = ({ issuer }: Settings): string => issuer.replace(/\/$/, '');

/** A browser sends a cookie that is `Secure` over https, and not every one over http on a loopback host. */
export const sessionCookie = ({ issuer }: Settings, sid: string, maxAge?: number): string =>
  `op_session=${sid}; Path=/${maxAge === undefined ? '' : `; Max-Age=${maxAge}`}; HttpOnly${issuer.startsWith('https:') ? '; Secure' : ''}; SameSite=Lax`;

export const nowSeconds = ({ settings }: ProviderContext): number => Math.floor(settings.now() / 1000);

/** The `sid` claim; some providers have none, and some give the user's id. */
export function sidClaim({ sid, sub }: Pick<OpSession, 'sid' | 'sub'>, { settings }: ProviderContext): JsonObject {
  if (settings.sid === 'absent') return {};
  return { sid: settings.sid === 'subject' ? sub : sid };
}
