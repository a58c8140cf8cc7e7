import { type NextFetchEvent, type NextRequest, NextResponse } from 'next/server';
import { createDeps } from '@/lib/deps';
import { createGate } from '@/lib/gate';
import { sink } from '@/lib/site';
import type { Continue } from '@/lib/types';

/**
 * The rim: the only file where the gate meets Next's middleware. Made once per isolate; the environment is read at the
 * first request, so that a build needs none of it.
 */
const gate = createGate({
  load: () => createDeps({ ...process.env }),
  log: sink,
  showVariables: process.env.NODE_ENV === 'development', // shows names to a developer; weakens nothing
});

export default async function middleware(request: NextRequest, event: NextFetchEvent): Promise<Response> {
  const answer = await gate(request, (work) => event.waitUntil(work), request.nextUrl);
  return answer instanceof Response ? answer : onward(request, answer);
}

function onward(request: NextRequest, { headers, requestCookie }: Continue): Response {
  if (requestCookie === undefined) return NextResponse.next({ headers });
  const forwarded = new Headers(request.headers);
  if (requestCookie === '') forwarded.delete('cookie');
  else forwarded.set('cookie', requestCookie);
  return NextResponse.next({ headers, request: { headers: forwarded } });
}

/** A literal, because Next reads it without running the file. Only the build's own static files are left out. */
export const config = { matcher: ['/((?!_next/static/).*)'] };
