import { describe, expect, it } from 'vitest';
import { returnTo } from '../../lib/policy/return-to';

const SITE = 'https://site.example';

describe('returnTo keeps a path of this site', () => {
  it.each([
    ['/', '/'],
    ['/dashboard', '/dashboard'],
    ['/a/b?x=1&y=%2F#part', '/a/b?x=1&y=%2F#part'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['dashboard', '/dashboard'],
    ['/a/../b', '/b'],
    ['https://site.example/a', '/a'],
    ['/%252f%252fevil.example', '/'],
    ['/authors', '/authors'],
    ['https:evil.example', '/evil.example'], // without slashes a scheme like the base's is skipped (WHATWG URL)
    ['/?next=https://evil.example', '/?next=https://evil.example'],
  ])('%s → %s', (wanted, expected) => {
    expect(returnTo(wanted, SITE)).toBe(expected);
  });

  it('up to one kilobyte', () => {
    const longest = `/${'a'.repeat(1023)}`;
    expect(returnTo(longest, SITE)).toBe(longest);
    expect(returnTo(`${longest}a`, SITE)).toBe('/');
    expect(returnTo(`/${'é'.repeat(400)}`, SITE)).toBe('/'); // short as text, 2.4 kB as a URL
  });
});

describe('returnTo turns everything else into /', () => {
  it.each([
    null,
    undefined,
    '',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '\t//evil.example',
    '/.//evil.example',
    '/..//evil.example',
    '/a/..//evil.example',
    'https://evil.example',
    'http://site.example/',
    'https://site.example:8443/',
    'https://site.example.evil.example/',
    'https://site.example@evil.example/',
    'https://ana@site.example/dashboard',
    'https://:secret@site.example/dashboard',
    'https://user@site.example/',
    '//user:pw@site.example/',
    'javascript:alert(1)',
    'data:text/html,x',
    'blob:https://site.example/7',
    'ftp://site.example/',
    'https://ſite.example@evil.example',
    'https://[::1',
    '/auth/logout',
    '/auth',
    '/auth/',
    '/AUTH/logout',
    '/%61uth/logout',
    '/x/../auth/login',
    '/x/%2e%2e/auth/login',
    '//auth/login',
    '/auth%2flogin',
    '/auth%5clogin',
    '/%',
    '/%00',
    '/%25%36%31uth/login',
  ])('%j', (wanted) => {
    expect(returnTo(wanted, SITE)).toBe('/');
  });
});
