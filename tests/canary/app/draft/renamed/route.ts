import { draftMode } from 'next/headers';

const on = draftMode;
const list = { on };

export async function GET() {
  (await list.on()).enable();
  return new Response('x');
}
