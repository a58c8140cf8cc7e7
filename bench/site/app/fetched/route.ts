import { getAccessToken } from 'next-gatehouse/server';

/** What the proxy of the gate does, written by hand: the call that a site would make without it. */
export async function GET() {
  const token = await getAccessToken();
  const response = await fetch(`${process.env.BACKEND_API_URL}/answer`, {
    headers: { authorization: `Bearer ${token}` },
    cache: 'no-store',
  });
  return new Response(response.body, { headers: { 'content-type': 'application/json', 'cache-control': 'no-store' } });
}
