import { sha256 } from '../crypto/random.ts';
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

/** What a logout is about, by the names of a single secret: a person, a session of the provider, or both. */
export interface Named {
  readonly person?: PersonKeys;
  readonly providerSession?: string;
}

/**
 * What the index calls persons and sessions of the provider: HMACs of this deployment. A session keeps the names of its sign-in
 * when the secret is rotated, so what looks for sessions uses the names by each secret.
 */
export interface IndexKeys {
  person(person: Person): Promise<PersonKeys>;
  /** By each secret, the one that seals first. */
  persons(person: Person): Promise<readonly PersonKeys[]>;
  logouts(about: { readonly issuer: string; readonly sid?: string; readonly sub?: string }): Promise<readonly Named[]>;
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
  readonly settings: Pick<ProviderSettings, 'issuer' | 'clientId'>;
  readonly sealer: Pick<Sealer, 'fingerprint' | 'fingerprints'>;
}

/** A session's record. */
export const recordKey = (id: string) => `gh:s:${id}`;
/** The persons of a provider session, by its name. */
export const pointerKey = (providerSession: string) => `gh:p:${providerSession}`;
/** The mark of a person, or of a provider session. */
export const markKey = (name: string) => `gh:n:${name}`;

/** Who a session belongs to. */
export const personOf = (
  { issuer, sub }: Pick<Session, 'issuer' | 'sub'>,
  settings: Pick<Deps['settings'], 'issuer'>,
): Person => ({
  issuer: issuer ?? settings.issuer,
  sub,
});

/** What a key calls a person: its other keys have the same name. */
export const nameOf = ({ people }: PersonKeys): string => people.slice('gh:u:'.length);

/** An origin is the same issuer with and without a slash. */
const canonical = (issuer: string) => new URL(issuer).href;

export function createIndexKeys({ settings, sealer }: Deps): IndexKeys {
  const { issuer: ownIssuer, clientId } = settings;
  const ofPerson = ({ issuer, sub }: Person) => JSON.stringify(['sub', canonical(issuer), sub]);
  const ofSession = (issuer: string, sid: string) => JSON.stringify(['sid', canonical(issuer), sid]);
  const short = (name: string) => name.slice(0, 22);
  const named = (name: string) => ({ people: `gh:u:${name}`, details: `gh:d:${name}`, mark: markKey(name) });
  const person = async (of: Person) => named(short(await sealer.fingerprint(ofPerson(of))));
  const persons = async (of: Person) => (await sealer.fingerprints(ofPerson(of))).map((name) => named(short(name)));
  return {
    named,
    person,
    persons,
    async logouts({ issuer, sid, sub }) {
      const people = sub === undefined ? [] : await persons({ issuer, sub });
      const sessions = sid === undefined ? [] : (await sealer.fingerprints(ofSession(issuer, sid))).map(short);
      return (people.length > 0 ? people : sessions).map((_, place) => ({
        ...(people[place] && { person: people[place] }),
        ...(sessions[place] !== undefined && { providerSession: sessions[place] }),
      }));
    },
    providerSession: async (issuer, sid) => short(await sealer.fingerprint(ofSession(issuer, sid))),
    async ofSession(session) {
      const keys = session.person ? named(session.person) : await person(personOf(session, settings));
      const { providerSession } = session;
      return {
        ...keys,
        pointer: providerSession ? pointerKey(providerSession) : keys.people,
        sessionMark: providerSession ? markKey(providerSession) : keys.mark,
      };
    },
    logoutToken: async (issuer, jti) =>
      `gh:j:${await sealer.fingerprint(JSON.stringify(['jti', canonical(issuer), jti]))}`,
    // Of no secret: isolates with another list of secrets read the same endings.
    ended: async () => `gh:e:${await sha256(JSON.stringify([ownIssuer, clientId]))}`,
  };
}
