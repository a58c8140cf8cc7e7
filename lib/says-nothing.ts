/** Whether a value says nothing. Providers write `null`, an empty text or an empty list where a member could be absent. */
export const saysNothing = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0);
