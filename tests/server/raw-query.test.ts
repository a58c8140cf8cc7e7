import type { IncomingMessage } from 'node:http';
import { expect, it } from 'vitest';
import { keepQuery } from '../../lib/next/raw-query';
import { sentQuery } from '../../lib/next/sent-query';

const HEADER = 'x-gatehouse-query';

/** What the gate sees of a query that Next has written anew. */
function seen(url: string, forged?: string) {
  const request = { url, headers: forged === undefined ? {} : { [HEADER]: forged } };
  keepQuery(request as unknown as IncomingMessage);
  const headers = new Headers(request.headers as Record<string, string>);
  const anew = new URL(url, 'http://x');
  anew.searchParams.sort();
  return [headers.get(HEADER), sentQuery(new Request('http://x', { headers }), anew)];
}

it.each([
  ['/x?flag', 'flag'],
  ['/x?b=%20', 'b=%20'],
  ['/x?a=1&b=2&a=3', 'a=1&b=2&a=3'],
  ['/x?a=1&&b=2', 'a=1&&b=2'],
  ['/x?a=%zz', 'a=%zz'],
  ['/x?a=1?b', 'a=1?b'],
  ['/x?a=%FF', 'a=%FF'],
])('the query of %s is kept as it came', (url, query) => {
  expect(seen(url)).toEqual([query, `?${query}`]);
});

it.each([
  ['/x', ''],
  ['/x?', ''],
  ['/x?a=1&b=2', '?a=1&b=2'],
  ['/x?a=+b', '?a=+b'],
])('that of %s is the same to Next, and needs no header', (url, query) => {
  expect(seen(url)).toEqual([null, query]);
});

it('is not kept where it could be no header, and not believed where a client has written it', () => {
  expect(seen('/x?a=\u00e9')).toEqual([null, '?a=%C3%A9']);
  expect(seen('/x?a=1', 'forged=1')).toEqual([null, '?a=1']);
  expect(seen('/x', 'forged=1')).toEqual([null, '']);
});

it.each([
  ['?a=1', 'a=2'],
  ['?a=1', 'a=1&b=2'],
  ['?a=1&b=2', 'a=1'],
  ['?a=1&a=2', 'a=2&a=1'],
  ['', 'a=1'],
  ['?a=1', ''],
])('of %s another one is not believed, where no server has taken the header off: %s', (query, forged) => {
  const request = new Request('http://x', { headers: { [HEADER]: forged } });
  expect(sentQuery(request, new URL(`http://x/${query}`))).toBe(query);
});
