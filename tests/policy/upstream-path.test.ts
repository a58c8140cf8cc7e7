import { describe, expect, it } from 'vitest';
import { siteUrl, upstreamReadings, upstreamUrl } from '../../lib/policy/upstream-path';

const place = { prefix: '/api/backend', isOpenEnded: true, base: 'https://api.example/v1' };
const at = (pathname: string, search = '', upstream = place) => upstreamUrl(upstream, pathname, search)?.href ?? null;

describe('the URL at the upstream', () => {
  it.each([
    ['a dot segment', '/api/backend/..'],
    ['a dot segment in front of more', '/api/backend/../admin'],
    ['a single dot', '/api/backend/./x'],
    ['an encoded dot segment', '/api/backend/%2e%2e/admin'],
    ['half an encoded dot segment', '/api/backend/.%2E/admin'],
    ['a dot segment with a parameter', '/api/backend/..;/admin'],
    ['a dot segment with an encoded parameter', '/api/backend/..%3bx=1/admin'],
    ['a single dot with a parameter', '/api/backend/.;x/admin'],
    ['an encoded slash', '/api/backend/a%2fb'],
    ['an encoded slash and dots', '/api/backend/..%2F..%2Fadmin'],
    ['a backslash', '/api/backend/a\\b'],
    ['an encoded backslash', '/api/backend/a%5Cb'],
    ['a NUL', '/api/backend/a%00.json'],
    ['a line break', '/api/backend/a%0d%0ax:y'],
    ['a DEL', '/api/backend/a%7f'],
    ['a second encoding', '/api/backend/%252e%252e/admin'],
    ['a second encoding of a slash', '/api/backend/a%252fb'],
    ['an escape that is none', '/api/backend/%u002e'],
    ['a cut escape', '/api/backend/a%2'],
    ['an overlong form of a dot', '/api/backend/%c0%ae%c0%ae/admin'],
    ['an overlong form of a slash', '/api/backend/a%c0%afb'],
    ['an empty segment', '/api/backend//admin'],
    ['an empty segment inside', '/api/backend/a//b'],
    ['two slashes at the end', '/api/backend/a//'],
    ['another host after two slashes', '/api/backend//evil.example/x'],
    ['an escape in the prefix', '/api/%62ackend/x'],
    ['another case of the prefix', '/API/backend/x'],
    ['a name that only begins like the prefix', '/api/backendx'],
    ['a host behind the prefix', '/api/backend@evil.example/'],
    ['a port behind the prefix', '/api/backend:80/'],
    ['a suffix of the host', '/api/backend.evil.example/'],
  ])('is refused for %s', (_, pathname) => {
    expect(at(pathname)).toBeNull();
    const bare = { ...place, base: 'https://api.example' };
    expect(at(pathname, '', bare)).toBeNull();
  });

  it.each([
    ['/api/backend', ''],
    ['/api/backend/', '/'],
    ['/api/backend/items', '/items'],
    ['/api/backend/items/', '/items/'],
    ['/api/backend/a%20b/%C3%A9', '/a%20b/%C3%A9'],
    ['/api/backend/%7Euser/100%25', '/%7Euser/100%25'],
    ['/api/backend/a;v=1/b,c', '/a;v=1/b,c'],
    ['/api/backend/...', '/...'],
    ['/api/backend/a..b', '/a..b'],
    ['/api/backend/%3Fq%23h', '/%3Fq%23h'],
    ['/api/backend/https:', '/https:'],
    ['/api/backend/@evil.example', '/@evil.example'],
  ])('of %s has the segments as they came', (pathname, rest) => {
    expect(at(pathname)).toBe(`https://api.example/v1${rest}`);
    expect(at(pathname, '', { ...place, base: 'https://api.example' })).toBe(`https://api.example${rest || '/'}`);
  });

  it.each(['?', '?a=1&a=2&b=%2e%2e%2f', '?url=https://evil.example/', '?%00', '?a=%zz', '?x=1?y'])(
    'has the query as it came: %s',
    (search) => {
      expect(at('/api/backend/x', search)).toBe(`https://api.example/v1/x${search}`);
    },
  );

  it('of an entry for one path is for that path alone', () => {
    const one = { ...place, isOpenEnded: false };
    expect([at('/api/backend', '', one), at('/api/backend/', '', one), at('/api/backend/x', '', one)]).toEqual([
      'https://api.example/v1',
      'https://api.example/v1/',
      null,
    ]);
  });

  it('of a prefix beyond ASCII is found by its escapes', () => {
    expect(at('/api/caf%C3%A9/x', '', { ...place, prefix: '/api/café' })).toBe('https://api.example/v1/x');
  });
});

describe('a redirect of the upstream', () => {
  const asked = new URL('https://api.example/v1/items/7?x=1');
  const SITE = 'https://site.example/base';
  const leads = (location: string, upstream = place) => siteUrl(upstream, location, asked, SITE)?.href ?? null;

  it.each([
    ['another origin', 'https://evil.example/v1/items'],
    ['another port', 'https://api.example:8443/v1/items'],
    ['another scheme', 'http://api.example/v1/items'],
    ['an origin without a scheme', '//evil.example/v1/items'],
    ['another host in backslashes', '/\\evil.example/v1'],
    ['user information', 'https://a:b@api.example/v1/items'],
    ['a place outside of the base', '/admin'],
    ['a place that only begins like the base', '/v10/items'],
    ['a place above the base', '../../admin'],
    ['a place above the base in escapes', '/v1/%2e%2e/admin'],
    ['an empty segment, which could become a host', '/v1//evil.example'],
    ['an encoded slash', '/v1/a%2fb'],
    ['a script', 'javascript:alert(1)'],
    ['data', 'data:text/html,x'],
    ['no URL', 'https://'],
  ])('to %s leads nowhere', (_, location) => {
    expect(leads(location)).toBeNull();
  });

  it.each([
    ['https://api.example/v1/items', '/api/backend/items'],
    ['/v1/items?next=%2F#top', '/api/backend/items?next=%2F#top'],
    ['8', '/api/backend/items/8'],
    ['?x=2', '/api/backend/items/7?x=2'],
    ['', '/api/backend/items/7?x=1'],
    ['/v1', '/api/backend'],
    ['/v1/', '/api/backend/'],
    ['../x', '/api/backend/x'],
  ])('to %s leads to %s of this site', (location, path) => {
    expect(leads(location)).toBe(SITE + path);
  });

  it('below an origin alone leads to any path of it, and to no other host', () => {
    const bare = { ...place, base: 'https://api.example' };
    expect([leads('/items', bare), leads('//evil.example', bare), leads('/.//evil.example', bare)]).toEqual([
      `${SITE}/api/backend/items`,
      null,
      null,
    ]);
  });
});

describe('the readings of a path at an upstream', () => {
  it.each([
    ['/api/admin', ['/api/admin']],
    ['/api/admin;x=1/users', ['/api/admin;x=1/users', '/api/admin/users']],
    ['/api/admin./users', ['/api/admin./users', '/api/admin/users']],
    ['/api/admin ;x', ['/api/admin ;x', '/api/admin']],
    ['/api/;x/admin', ['/api/;x/admin', '/api/admin']],
    ['/;x', ['/;x', '/']],
  ])('of %s', (path, readings) => {
    expect(upstreamReadings([path])).toEqual(readings);
  });
});
