import { cookies } from 'next/headers';

export const runtime = 'edge';

export async function GET() {
  await cookies();
  return new Response('x');
}
