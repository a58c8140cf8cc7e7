import { type Served, serve } from '../processes/wires';

/** An API that asks the provider whose token it has got, as an API does with tokens that it cannot read. */
export const serveApi = (issuer: string): Promise<Served> =>
  serve(async (request, base) => {
    const authorization = request.headers.get('authorization') ?? '';
    const found = await fetch(`${issuer}/userinfo`, { headers: { authorization } });
    if (found.status !== 200) return Response.json({ title: 'Token refused' }, { status: 401 });
    const { sub } = (await found.json()) as { sub: string };
    const path = request.url.slice(base.length);
    const body = request.method === 'POST' ? { body: await request.text() } : {};
    return Response.json({ path, sub, cookie: request.headers.get('cookie'), ...body });
  });
