export type Members = Readonly<Record<string, unknown>>;

/** Whether a value is an object with members by name: neither `null` nor a list. */
export const isObject = (value: unknown): value is Members =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member by its name; never an inherited one. */
export const memberOf = <Value>(object: Readonly<Record<string, Value>>, name: string): Value | undefined =>
  Object.hasOwn(object, name) ? object[name] : undefined;
