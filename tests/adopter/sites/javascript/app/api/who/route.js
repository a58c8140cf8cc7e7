import { getSession } from 'next-gatehouse/server';

export async function GET() {
  const session = await getSession();
  return Response.json({ sub: session?.user.sub ?? null });
}
