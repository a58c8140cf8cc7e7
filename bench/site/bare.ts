import { NextResponse } from 'next/server';

/** The least that a middleware can be. */
export default function middleware() {
  return NextResponse.next();
}
