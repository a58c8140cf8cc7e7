import type { NextApiRequest, NextApiResponse } from 'next';
import { getSession } from 'next-gatehouse/server';

export default async function handler(request: NextApiRequest, response: NextApiResponse) {
  const session = await getSession(request);
  response.json({ sub: session?.user.sub ?? null });
}
