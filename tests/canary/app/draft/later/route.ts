export async function GET() {
  const { draftMode } = await import('next/headers');
  (await draftMode()).enable();
  return new Response('x');
}
