import { importJWK, type JWK } from 'jose';
import { asGateError, ProviderError } from '../errors.ts';
import type { Metadata } from '../protocol/discovery.ts';
import { downloadKeys } from '../protocol/jwks.ts';
import { type Finding, findingsOf, shownUrl } from './finding.ts';
import { type Network, unreachable } from './network.ts';

export const KEYS = findingsOf(
  'keys',
  {
    'keys-unreachable': {
      severity: 'fault',
      what: 'The keys of the provider (JWKS) cannot be fetched.',
      why: 'No ID token can be proven: no sign-in succeeds.',
      mend: 'Let this machine reach the address, or correct `jwks_uri` at the provider.',
    },
    'keys-unusable': {
      severity: 'fault',
      what: 'No key of the provider fits an algorithm that the gate accepts.',
      why: 'No ID token can be proven. The gate accepts asymmetric signatures alone, of those that discovery announces.',
      mend: 'Choose RS256, ES256 or another asymmetric algorithm for the ID token at the provider.',
    },
    'keys-private': {
      severity: 'fault',
      what: 'The provider publishes the private part of a key.',
      why: 'Whatever reads the document can sign ID tokens for any person.',
      mend: 'Replace the key at the provider at once, and publish its public part alone.',
    },
  },
  { 'keys-usable': 'The keys of the provider can be used.' },
);

/** Which `kty` an algorithm needs (RFC 7518 §3.1, RFC 8037). */
const TYPES: Readonly<Record<string, string>> = { ES: 'EC', RS: 'RSA', PS: 'RSA', Ed: 'OKP' };
const PRIVATE = ['d', 'p', 'q', 'k'];

export async function checkKeys(metadata: Metadata, { fetch }: Network): Promise<Finding[]> {
  const { jwks_uri, id_token_signing_alg_values_supported: algs } = metadata;
  let keys: readonly JWK[];
  try {
    ({ keys } = await downloadKeys(jwks_uri, fetch));
  } catch (error) {
    const { code, details } = asGateError(error);
    const isAnswer = error instanceof ProviderError && code === 'PROVIDER_RESPONSE_INVALID';
    const reason = isAnswer ? (details.reason ?? code) : unreachable(error);
    return [KEYS.found('keys-unreachable', { what: `${shownUrl(jwks_uri)}: ${reason}.` })];
  }
  const leaked = keys.filter((key) => PRIVATE.some((part) => part in key));
  const usable = await Promise.all(keys.map((key) => algOf(key, algs)));
  const found = [...new Set(usable.filter((alg) => alg !== undefined))];
  return [
    ...(leaked.length > 0 ? [KEYS.found('keys-private')] : []),
    found.length > 0
      ? KEYS.passed(
          'keys-usable',
          `${usable.filter(Boolean).length} of ${keys.length} keys can be used (${found.join(', ')}).`,
        )
      : KEYS.found('keys-unusable', {
          what: `None of ${keys.length} keys fits ${algs.join(', ')}.`,
        }),
  ];
}

/** The first algorithm of the list that a key can prove, by importing it. */
async function algOf(key: JWK, algs: readonly string[]): Promise<string | undefined> {
  if (key.use !== undefined && key.use !== 'sig') return undefined;
  const fitting = algs.filter((alg) => TYPES[alg.slice(0, 2)] === key.kty && (key.alg ?? alg) === alg);
  for (const alg of fitting) if (await isImportable(key, alg)) return alg;
  return undefined;
}

const isImportable = (key: JWK, alg: string) =>
  importJWK(key, alg).then(
    () => true,
    () => false,
  );
