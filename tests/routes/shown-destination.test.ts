import { describe, expect, it } from 'vitest';
import { shownDestination } from '../../lib/cli/shown-destination.ts';
import { judge, type Site } from './judge';

describe('the destination of a rewrite is printed', () => {
  it.each([
    ['/docs/free', '/docs/free'],
    ['/docs/:path*', '/docs/:path*'],
    ['https://docs.example', 'https://docs.example'],
    ['https://docs.example:8443/:path*', 'https://docs.example:8443/:path*'],
    ['https://docs.example/@me/a@b', 'https://docs.example/@me/a@b'],
  ])('as it is when it has neither user information nor a query: %s', (destination, shown) => {
    expect(shownDestination(destination)).toBe(shown);
  });

  it.each([
    ['https://user:planted@docs.example/:path*', 'https://docs.example/:path*'],
    ['HTTPS://planted@docs.example', 'HTTPS://docs.example'],
    ['https://user:planted@part@docs.example/', 'https://docs.example/'],
    ['//user:planted@docs.example/', '//docs.example/'],
  ])('without user information: %s', (destination, shown) => {
    expect(shownDestination(destination)).toBe(shown);
  });

  it.each([
    ['https://docs.example/:path*?key=planted', 'https://docs.example/:path*?key=…'],
    ['https://docs.example?key=planted', 'https://docs.example?key=…'],
    ['https://docs.example/?a=planted&b=planted=1?c&d=', 'https://docs.example/?a=…&b=…&d=…'],
    ['https://docs.example/?planted', 'https://docs.example/?…'],
    ['/end?token=planted', '/end?token=…'],
    ['https://docs.example/#planted?a=planted', 'https://docs.example/'],
    ['https://docs.example?key=planted@planted/', 'https://docs.example?key=…'],
  ])('with the names of its query only: %s', (destination, shown) => {
    expect(shownDestination(destination)).toBe(shown);
  });
});

it('no line of `gatehouse routes` has a password or a token of a rewrite', () => {
  const destinations = ['https://user:planted@docs.example/?key=planted', '/admin?token=planted'];
  const rewrites: Site['rewrites'] = destinations.map((destination, at) => ({ source: `/docs/${at}`, destination }));
  const { rows, faults } = judge({ rewrites }, [{ path: '/docs/*', allow: 'optional' }]);
  expect(faults).toEqual([expect.stringContaining('https://docs.example/?key=… hands the session cookie')]);
  expect(rows.flatMap(({ fault }) => fault ?? [])).toEqual(['opens what the rule of /admin?token=… keeps closed']);
  expect(JSON.stringify([rows, faults])).not.toContain('planted');
});
