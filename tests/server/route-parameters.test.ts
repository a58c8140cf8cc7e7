import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { supportGate } from '../../lib/next/node-server';
import { send } from '../bypass/wire';

/** What Next is shown of a request target. */
let shown = async (_target: string): Promise<string> => '';
let close = () => {};
beforeAll(async () => {
  supportGate();
  const server = createServer((request, response) => response.end(`shown: ${request.url}`)).listen(0);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  shown = async (target) => /shown: (.*)/.exec((await send(port, { target })).whole)?.[1] ?? 'nothing';
  close = () => void server.close();
});
afterAll(() => close());

describe('a query that names a parameter of a route', () => {
  it.each([
    ['/docs/x?nxtPslug=a', '/docs/x?nxtP&nxtPslug=a'],
    ['/docs/x?a=1&nxtIslug=a&b=2', '/docs/x?nxtP&a=1&nxtIslug=a&b=2'],
    ['/docs/x?%6extPslug=a', '/docs/x?nxtP&%6extPslug=a'],
    ['/docs/x?n%78t%50slug=a', '/docs/x?nxtP&n%78t%50slug=a'],
    ['/?nxtPslug=a#part', '/?nxtP&nxtPslug=a#part'],
    ['http://localhost/docs/x?nxtPslug=a', 'http://localhost/docs/x?nxtP&nxtPslug=a'],
  ])('is marked with the name that Next leaves alone: %s', async (target, expected) => {
    expect(await shown(target)).toBe(expected);
  });

  it.each(['/docs/x', '/nxtPslug', '/docs/x?', '/docs/x?q=nxtPslug', '/x?q=100%', '/x?xnxtP=1', '/x?nxtSlug=1', '*'])(
    'is another one than that of %s, which stays as it is',
    async (target) => {
      expect(await shown(target)).toBe(target);
    },
  );
});
