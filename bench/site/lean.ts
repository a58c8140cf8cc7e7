import { NextResponse } from 'next/dist/server/web/spec-extension/response';

/** As bare as `bare.ts`, without the rest of `next/server`: what is left to the gate's own code shows beside this one. */
export default function middleware() {
  return NextResponse.next();
}
