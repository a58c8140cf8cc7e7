import { sha256 } from '../../lib/crypto/random';
import type { Sealer } from '../../lib/crypto/seal';

/** How every key of the gate begins. */
export const PREFIX = 'gh:';

/**
 * How the keys of Redis begin, by what stands there. Spelt once for all tests, and not taken from the source: a version that
 * changes a key loses what the one before it has stored.
 */
export const KEYS = {
  record: `${PREFIX}s:`,
  flow: `${PREFIX}i:`,
  caller: `${PREFIX}c:`,
  signOuts: `${PREFIX}x:`,
  breaker: `${PREFIX}b:`,
  hint: `${PREFIX}o:`,
  documents: `${PREFIX}m:`,
  claim: `${PREFIX}l:`,
  count: `${PREFIX}r:`,
  people: `${PREFIX}u:`,
  details: `${PREFIX}d:`,
  providerSession: `${PREFIX}p:`,
  mark: `${PREFIX}n:`,
  logoutToken: `${PREFIX}j:`,
  ended: `${PREFIX}e:`,
  probe: `${PREFIX}h:`,
} as const;

type Fingerprints = Pick<Sealer, 'fingerprint'>;

/** Of a session's record. */
export const recordKey = async (sid: string) => KEYS.record + (await sha256(sid));
/** Of a sign-in under way. */
export const flowKey = async (state: string) => KEYS.flow + (await sha256(state));
/** Of an ID token on its way to the end-session endpoint. */
export const hintKey = async (reference: string) => KEYS.hint + (await sha256(reference));
/** Of the circuit breaker of a deployment. */
export const breakerKey = async (issuer: string, clientId: string) =>
  KEYS.breaker + (await sha256(JSON.stringify([issuer, clientId])));
/** Of the provider's documents. */
export const documentsKey = async (sealer: Fingerprints) => KEYS.documents + (await sealer.fingerprint('m'));
