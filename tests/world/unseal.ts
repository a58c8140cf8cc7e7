import { compactDecrypt, decodeProtectedHeader } from 'jose';
import type { Purpose } from '../../lib/crypto/seal';
import { type Deployment, keyOf } from './reseal';

/** A sealed value, opened: what it is for, and each of its members by its path (`tokens.accessToken`). */
export interface Unsealed {
  readonly purpose: string;
  readonly members: ReadonlyMap<string, unknown>;
}

const COMPACT_JWE = /eyJ[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+/g;

/**
 * Every value in a text that this deployment has sealed. A search for a secret in the sealed text could find nothing,
 * whatever is in it. What other deployments have sealed does not open, and is left out.
 */
export async function unsealAll(text: string, deployment: Deployment): Promise<Unsealed[]> {
  const keys = new Map<string, CryptoKey | null>();
  const found: Unsealed[] = [];
  for (const token of new Set(text.match(COMPACT_JWE))) {
    const header = token.slice(0, token.indexOf('.'));
    const purpose = purposeOf(token);
    if (keys.get(header) === null) continue; // the header names secret and purpose
    const key = keys.get(header) ?? (await keyOf(purpose, deployment));
    const opened = await compactDecrypt(token, key).catch(() => null);
    keys.set(header, opened && key);
    if (!opened) continue;
    const content = JSON.parse(new TextDecoder().decode(opened.plaintext)) as Record<string, unknown>;
    found.push({ purpose, members: membersOf(content) });
  }
  return found;
}

/** The members that the values of each purpose have, all together. */
export function fieldsOf(unsealed: readonly Unsealed[]): Record<string, string[]> {
  const fields: Record<string, string[]> = {};
  for (const { purpose, members } of unsealed)
    fields[purpose] = [...new Set([...(fields[purpose] ?? []), ...members.keys()])].sort();
  return fields;
}

/** Which members hold one of these secrets, as `record tokens.accessToken`. */
export function holdersOf(unsealed: readonly Unsealed[], secrets: Iterable<string>): string[] {
  const wanted = [...secrets].filter(Boolean);
  const holders = unsealed.flatMap(({ purpose, members }) =>
    [...members].flatMap(([path, value]) =>
      wanted.some((secret) => JSON.stringify(value).includes(secret)) ? [`${purpose} ${path}`] : [],
    ),
  );
  return [...new Set(holders)].sort();
}

const purposeOf = (token: string): Purpose =>
  String(decodeProtectedHeader(token).typ).replace(/^gatehouse-|\+jwt$/g, '') as Purpose;

/** The members of an object, and in place of an object among them its own. */
const membersOf = (content: Readonly<Record<string, unknown>>): ReadonlyMap<string, unknown> =>
  new Map(
    Object.entries(content).flatMap(([name, value]) =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.entries(value).map(([inner, its]): [string, unknown] => [`${name}.${inner}`, its])
        : [[name, value] as [string, unknown]],
    ),
  );
