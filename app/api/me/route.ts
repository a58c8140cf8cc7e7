import { getSession } from 'next-gatehouse/server';

/** Who is signed in, for the site's own code. It opens the session itself instead of trusting that the gate did. */
export async function GET(): Promise<Response> {
  const session = await getSession();
  return session ? answer({ sub: session.user.sub }) : answer(UNAUTHENTICATED, UNAUTHENTICATED.status, 'problem+json');
}

/** RFC 9457, in the shape of the gate's own problems. */
const UNAUTHENTICATED = {
  title: 'Sign-in required',
  status: 401,
  code: 'UNAUTHENTICATED',
  loginUrl: '/auth/login',
};

const answer = (body: object, status = 200, type = 'json'): Response =>
  Response.json(body, {
    status,
    headers: { 'Content-Type': `application/${type}`, 'Cache-Control': 'private, no-store', Vary: 'Cookie' },
  });
