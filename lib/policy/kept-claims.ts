import type { Claims, Json } from '../types/claims.ts';

/** The claims of an ID token that the session keeps. */
export const keptClaims = (idTokenClaims: Readonly<Record<string, unknown>>, names: readonly string[]): Claims =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = Object.hasOwn(idTokenClaims, name) ? idTokenClaims[name] : undefined;
      return value === undefined || name === 'sub' ? [] : [[name, value as Json]];
    }),
  );
