import { saysNothing } from '../says-nothing.ts';

/** An object of a provider without the members that say nothing: all of these, or those of some names. */
export const withoutEmpty = (
  object: Readonly<Record<string, unknown>>,
  names?: readonly string[],
): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(object).filter(([name, value]) => !saysNothing(value) || names?.includes(name) === false),
  );
