import { on } from 'draft-of-app';

export async function GET() {
  await on();
  return new Response('x');
}
