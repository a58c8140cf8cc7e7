/** Written by `keepQuery` in the Node process of Next; where that does not run, a client can write it. */
export const RAW_QUERY = 'x-gatehouse-query';

/**
 * The query of a request as it came, with its question mark, as far as that is known. It has to say the same as the one in the
 * URL, or a cache in front would keep the answer to one query under the URL of another.
 */
export function sentQuery({ headers }: Request, { search }: URL): string {
  const raw = headers.get(RAW_QUERY);
  return raw !== null && sorted(raw) === sorted(search) ? `?${raw}` : search;
}

function sorted(query: string): string {
  const parameters = new URLSearchParams(query);
  parameters.sort();
  return parameters.toString();
}
