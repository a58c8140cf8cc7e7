import { expect, it } from 'vitest';
import { type Outgoing, within } from '../../lib/protocol/transport';

it('a request to the provider follows no redirect and takes no stored answer, and says so by itself', async () => {
  const sent: Outgoing[] = [];
  const fetch = async (_: string, init: Outgoing) => {
    sent.push(init);
    return new Response('{}');
  };
  await within(fetch, 1_000, 'jwks')('https://op.example/jwks', { headers: { accept: 'application/json' } });
  await within(fetch, 1_000, 'token')('https://op.example/token', { method: 'POST', body: 'a=1' });
  expect(sent).toEqual([
    expect.objectContaining({ method: 'GET', redirect: 'manual', cache: 'no-store' }),
    expect.objectContaining({ method: 'POST', redirect: 'manual', cache: 'no-store', body: 'a=1' }),
  ]);
});
