import { draftMode } from 'next/headers';

export const runtime = 'edge';

export async function GET() {
  (await draftMode()).enable();
  return new Response('x');
}
