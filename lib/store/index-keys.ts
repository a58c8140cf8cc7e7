import type { Sealer } from '../crypto/seal.ts';
import type { Person } from '../types/ended.ts';
import type { Session } from '../types/session.ts';
import type { ProviderSettings } from '../types/settings.ts';

/** The keys of a person in the index of sessions; the table in `scripts.ts` says what they hold. */
export interface PersonKeys {
  readonly people: string;
  readonly details: string;
  readonly mark: string;
}

/** What the index calls persons and sessions of the provider: HMACs of this deployment. */
export interface IndexKeys {
  person(person: Person): Promise<PersonKeys>;
  /** By the name that another key has of the person. */
  named(person: string): PersonKeys;
  /** The name of a provider session, 128 bits: it travels in the cookie. */
  providerSession(issuer: string, sid: string): Promise<string>;
  /** Those of a session, and its place in them. */
  ofSession(session: Session): Promise<PersonKeys & { readonly pointer: string; readonly sessionMark: string }>;
  /** A logout token that was handled. */
  logoutToken(issuer: string, jti: string): Promise<string>;
  /** The list of endings. */
  ended(): Promise<string>;
}

interface Deps {
  readonly settings: Pick<ProviderSettings, 'issuer'>;
  readonly sealer: Pick<Sealer, 'fingerprint'>;
}

/** A session's record. */
export const recordKey = (id: string) => `gh:s:${id}`;
/** The persons of a provider session, by its name. */
export const pointerKey = (providerSession: string) => `gh:p:${providerSession}`;
/** The mark of a person, or of a provider session. */
export const markKey = (name: string) => `gh:n:${name}`;

/** Who a session belongs to. */
export const personOf = ({ issuer, sub }: Pick<Session, 'issuer' | 'sub'>, settings: Deps['settings']): Person => ({
  issuer: issuer ?? settings.issuer,
  sub,
});

/** An origin is the same issuer with and without a slash. */
const canonical = (issuer: string) => new URL(issuer).href;

export function createIndexKeys({ settings, sealer }: Deps): IndexKeys {
  const hmac = (...parts: readonly string[]) => sealer.fingerprint(JSON.stringify(parts));
  const named = (name: string) => ({ people: `gh:u:${name}`, details: `gh:d:${name}`, mark: markKey(name) });
  const person = async ({ issuer, sub }: Person) => named(await hmac('sub', canonical(issuer), sub));
  return {
    named,
    person,
    providerSession: async (issuer, sid) => (await hmac('sid', canonical(issuer), sid)).slice(0, 22),
    async ofSession(session) {
      const keys = await person(personOf(session, settings));
      const { providerSession } = session;
      return {
        ...keys,
        pointer: providerSession ? pointerKey(providerSession) : keys.people,
        sessionMark: providerSession ? markKey(providerSession) : keys.mark,
      };
    },
    logoutToken: async (issuer, jti) => `gh:j:${await hmac('jti', canonical(issuer), jti)}`,
    ended: async () => `gh:e:${await sealer.fingerprint('e')}`,
  };
}
