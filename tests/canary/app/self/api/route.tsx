import { requireSession } from 'next-gatehouse/server';

/** Called `.tsx` so that it is there when the site is built without its `.ts` files, the middleware's among them. */
export async function GET(): Promise<Response> {
  const { user } = await requireSession();
  return Response.json({ canary: 'CANARY-self-handler', sub: user.sub });
}
