export async function GET() {
  const { cookies } = await import('next/headers');
  await cookies();
  return new Response('x');
}
