export async function GET() {
  const all = await import('next/headers');
  (await all.draftMode()).enable();
  return new Response('x');
}
