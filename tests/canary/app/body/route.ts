/** Says how much of a body has arrived here. */
export async function POST(request: Request) {
  return Response.json({ bytes: (await request.arrayBuffer()).byteLength });
}
