import { cookies, headers } from 'next/headers';
import { requireSession } from 'next-gatehouse/server';

/** What reaches a route handler behind both. */
export async function GET() {
  const { user } = await requireSession();
  const runsOn = (await headers()).get('x-runs-on');
  return Response.json({ sub: user.sub, runsOn, names: (await cookies()).getAll().map(({ name }) => name) });
}
