import type { NextApiRequest, NextApiResponse } from 'next';
import { AccessTokenError, getAccessToken } from 'next-gatehouse/server';

export default async function handler(request: NextApiRequest, response: NextApiResponse) {
  try {
    const headers = { authorization: `Bearer ${await getAccessToken({}, request)}` };
    response.json(await (await fetch(`${process.env.BACKEND_API_URL}/orders`, { headers })).json());
  } catch (error) {
    if (!(error instanceof AccessTokenError)) throw error;
    response.status(error.code === 'UNAVAILABLE' ? 503 : 401).json({ code: error.code });
  }
}
