import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { keepQuery } from '../../lib/next/raw-query';
import { sentQuery } from '../../lib/next/sent-query';

/** What the gate sees of a query that Next has written anew. */
function seen(url: string, forged?: string) {
  const request = { url, headers: forged === undefined ? {} : { 'x-gatehouse-query': forged } };
  keepQuery(request as unknown as IncomingMessage);
  const headers = new Headers(request.headers as Record<string, string>);
  return [
    headers.get('x-gatehouse-query'),
    sentQuery(new Request('http://x', { headers }), new URL('http://x/?by=next')),
  ];
}

it.each([
  ['/x?flag', 'flag'],
  ['/x?b=%20', 'b=%20'],
  ['/x?a=1&b=2&a=3', 'a=1&b=2&a=3'],
  ['/x?a=1&&b=2', 'a=1&&b=2'],
  ['/x?a=%zz', 'a=%zz'],
  ['/x?a=1?b', 'a=1?b'],
])('the query of %s is kept as it came', (url, query) => {
  expect(seen(url)).toEqual([query, `?${query}`]);
});

it.each(['/x', '/x?', '/x?a=1&b=2', '/x?a=+b'])('that of %s is the same to Next, and needs no header', (url) => {
  expect(seen(url)).toEqual([null, '?by=next']);
});

it('is not kept where it could be no header, and not believed where a client has written it', () => {
  expect(seen('/x?a=\u00e9')).toEqual([null, '?by=next']);
  expect(seen('/x?a=1', 'forged=1')).toEqual([null, '?by=next']);
  expect(seen('/x', 'forged=1')).toEqual([null, '?by=next']);
});
