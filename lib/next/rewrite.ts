import type { Continue } from '../types/request.ts';
import { changed, showRequest } from './let-through.ts';

/**
 * What `NextResponse.rewrite()` returns, with a status: Next shows the page at the path in place of the one that was asked for,
 * and sends it with this status.
 *
 * @param path on the host of the request
 */
export function rewriteTo(
  path: string,
  { url, headers }: Request,
  status: number,
  requestHeaders: NonNullable<Continue['requestHeaders']>,
): Response {
  const answer = new Response(null, { status, headers: { 'x-middleware-rewrite': new URL(path, url).href } });
  showRequest(answer.headers, changed(new Headers(headers), requestHeaders));
  return answer;
}
