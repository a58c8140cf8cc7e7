export async function POST(request: Request) {
  const body = await request.arrayBuffer();
  return Response.json({ bytes: body.byteLength });
}
