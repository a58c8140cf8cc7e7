import type { IncomingMessage } from 'node:http';
import { RAW_QUERY } from './sent-query.ts';

/**
 * Shows the gate the query as it came, where Next would write it anew: it sorts names that are there twice, and encodes in
 * another way. An upstream may look at the order, or at a signature.
 */
export function keepQuery({ url = '', headers }: IncomingMessage): void {
  delete headers[RAW_QUERY];
  const start = url.indexOf('?') + 1;
  if (start === 0) return;
  const query = url.slice(start);
  const parameters = new URLSearchParams(query);
  const isTwice = new Set(parameters.keys()).size < [...parameters.keys()].length;
  if ((isTwice || parameters.toString() !== query) && /^[!-~]+$/.test(query)) headers[RAW_QUERY] = query;
}
