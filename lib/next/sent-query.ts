/**
 * Written by `keepQuery` in the Node process of Next. Where a client writes it, it changes that client's own query for an
 * upstream, and nothing that a rule looks at.
 */
export const RAW_QUERY = 'x-gatehouse-query';

/** The query of a request as it came, with its question mark, as far as that is known. */
export function sentQuery({ headers }: Request, { search }: URL): string {
  const raw = headers.get(RAW_QUERY);
  return raw === null ? search : `?${raw}`;
}
