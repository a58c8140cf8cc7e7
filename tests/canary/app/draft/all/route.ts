import * as all from 'next/headers';

export async function GET() {
  (await all.draftMode()).enable();
  return new Response('x');
}
