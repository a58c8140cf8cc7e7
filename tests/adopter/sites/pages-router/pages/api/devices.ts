import type { NextApiRequest, NextApiResponse } from 'next';
import { endSession, listSessions } from 'next-gatehouse/server';

export default async function handler(request: NextApiRequest, response: NextApiResponse) {
  const { end } = request.query;
  response.json(request.method === 'POST' ? await endSession(String(end), request) : await listSessions(request));
}
