import { AccessTokenError, getAccessToken } from 'next-gatehouse/server';

export async function GET() {
  try {
    const headers = { authorization: `Bearer ${await getAccessToken()}` };
    return Response.json(
      await (await fetch(`${process.env.BACKEND_API_URL}/orders`, { headers, cache: 'no-store' })).json(),
    );
  } catch (error) {
    if (!(error instanceof AccessTokenError)) throw error;
    return Response.json({ code: error.code }, { status: error.code === 'UNAVAILABLE' ? 503 : 401 });
  }
}
