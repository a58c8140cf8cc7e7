// From where `next/server` has it: that one's index brings a user-agent parser and a router along, 8 kB gzip.
import { NextResponse } from 'next/dist/server/web/spec-extension/response';
import type { NextFetchEvent, NextRequest } from 'next/server';
import { createDeps } from './lib/deps';
import { createGate } from './lib/gate';
import { sink } from './lib/site';
import type { Continue } from './lib/types';

/**
 * The rim: the only file where the gate meets Next's middleware. Made once per isolate; the environment is read at the
 * first request, so that a build needs none of it.
 */
const gate = createGate({
  load: () => createDeps({ ...process.env }),
  log: sink,
  maxBodyBytes: Number(process.env.GATEHOUSE_MAX_BODY_BYTES) || undefined, // Next replaces the name: `withGatehouse`
  showVariables: process.env.NODE_ENV === 'development', // shows names to a developer; weakens nothing
});

/** As the build was configured; the request does not always know. Next replaces the name by the value. */
const builtBasePath = process.env.__NEXT_ROUTER_BASEPATH || '';

export default async function middleware(request: NextRequest, event: NextFetchEvent): Promise<Response> {
  const { basePath, pathname, locale } = request.nextUrl;
  const waitUntil = (work: Promise<unknown>) => event.waitUntil(work);
  const answer = await gate(request, { basePath, builtBasePath, pathname, locale, waitUntil });
  return answer instanceof Response ? answer : onward(request, answer);
}

function onward(request: NextRequest, { headers, requestCookie }: Continue): Response {
  const init = { headers: headers as [string, string][] };
  if (requestCookie === undefined) return NextResponse.next(init);
  const forwarded = new Headers(request.headers);
  if (requestCookie === '') forwarded.delete('cookie');
  else forwarded.set('cookie', requestCookie);
  return NextResponse.next({ ...init, request: { headers: forwarded } });
}

/**
 * A literal, because Next reads it without running the file. Only the build's own static files are left out. On a site
 * with locales Next would put one in front of it, and call no middleware for `/` and for most of what is below `/_next/`.
 */
export const config = { matcher: [{ source: '/((?!_next/static/).*)', locale: false }] };
