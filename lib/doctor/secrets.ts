import type { Env } from '../configuration.ts';
import { allFields } from '../fields.ts';

/** Shorter values would be found in ordinary words. */
const LEAST = 6;
/** RFC 7518 §6: what of a JWK is private. */
const PRIVATE = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'];

/** Takes every secret of an environment out of a text, as the last thing before it is printed. */
export function redactor(env: Env): (text: string) => string {
  const secrets = allFields().flatMap(({ secret, names }) => (secret ? names.flatMap(partsAt) : []));
  const written = secrets.flatMap((value) => [value, JSON.stringify(value).slice(1, -1)]);
  const hidden = [...new Set(written)]
    .filter((value) => value.length >= LEAST)
    .sort((one, other) => other.length - one.length); // the whole before its parts
  return (text) => hidden.reduce((rest, value) => rest.replaceAll(value, '[secret]'), text);

  function partsAt(name: string): string[] {
    const value = env[name]?.trim();
    if (!value) return [];
    return [value, ...value.split(',').map((part) => part.trim()), ...privateParts(value)];
  }
}

function privateParts(text: string): string[] {
  try {
    const jwk = JSON.parse(text) as Record<string, unknown> | null;
    return PRIVATE.flatMap((name) => (typeof jwk?.[name] === 'string' ? [jwk[name]] : []));
  } catch {
    return [];
  }
}
