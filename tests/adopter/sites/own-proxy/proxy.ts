import { type NextRequest, NextResponse } from 'next/server';

/** The site's own proxy: it changes a request header, sets a header and a cookie, rewrites, and fails. */
export function proxy(request: NextRequest) {
  const { pathname } = request.nextUrl;
  if (pathname === '/broken') throw new RangeError('planted-message');
  const headers = new Headers(request.headers);
  headers.set('x-runs-on', process.release?.name ?? 'edge');
  const names = request.cookies.getAll().map(({ name }) => name);
  const response =
    pathname === '/mine'
      ? NextResponse.rewrite(new URL('/seen', request.url), { request: { headers } })
      : NextResponse.next({ request: { headers } });
  response.headers.set('x-seen-by-proxy', names.join(' '));
  if (pathname === '/mine') response.cookies.set('visited', '1');
  return response;
}

export const config = { matcher: ['/mine', '/seen', '/broken', '/about', '/account'] };
