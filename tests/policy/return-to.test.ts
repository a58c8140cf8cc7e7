import { describe, expect, it } from 'vitest';
import { pathOf, pathOnSite, returnTo } from '../../lib/policy/return-to';

const SITE = 'https://site.example';

describe('returnTo keeps a path of this site', () => {
  it.each([
    ['/', '/'],
    ['/dashboard', '/dashboard'],
    ['/a/b?x=1&y=%2F#part', '/a/b?x=1&y=%2F#part'],
    ['/caf\u00e9', '/caf%C3%A9'],
    ['/a/../b', '/b'],
    ['/%252f%252fevil.example', '/'],
    ['/authors', '/authors'],
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
    // What is no path, and what a browser would read as another one than is written.
    'dashboard',
    'evil.example',
    'http:evil.example',
    'https:evil.example',
    'https:/dashboard',
    'https://site.example/dashboard',
    '%2f%2fevil.example',
    '%2fdashboard',
    '#@/\\evil',
    '#part',
    '?x',
    '.',
    '../dashboard',
    ';/dashboard',
    '@evil.example',
    ':/dashboard',
    ' /dashboard',
    '\u00a0/dashboard',
    '\ufeff/dashboard',
    '/dash\\board',
    '/dashboard?x=\\',
    '/dashboard#\\',
    '/dash\tboard',
    '/dashboard\r\nLocation: https://evil.example',
    '/dashboard\0',
    '/dash\u007fboard',
    '/dash\u0085board',
    '/dashboard\n',
  ])('%j', (wanted) => {
    expect(returnTo(wanted, SITE)).toBe('/');
  });
});

describe('the path of an absolute URL of this site', () => {
  it.each([
    ['https://site.example/dashboard?x=1#part', '/dashboard?x=1#part'],
    ['https://site.example', '/'],
    ['https://site.example/search?q=a\\b#\\', '/search?q=a%5Cb#%5C'],
    ['https://SITE.example:443/a', '/a'],
    ['https://site.example//evil.example', '//evil.example'], // which `returnTo` does not take
    ['https://site.example/.//evil.example', '//evil.example'],
  ])('%s → %s', (url, expected) => {
    expect(pathOnSite(url, SITE)).toBe(expected);
  });

  it.each([
    null,
    undefined,
    '',
    '/dashboard',
    'dashboard',
    'https:dashboard',
    'https:/dashboard',
    'https:site.example/dashboard',
    'http://site.example/',
    'https://site.example:8443/',
    'https://site.example.evil.example/',
    'https://evil.example/https://site.example/',
    'https://site.example@evil.example/',
    'https://ana@site.example/dashboard',
    'https://site.example\\@evil.example/',
    'https://site.example/a\\b',
    'https://site.example/a\nb',
    ' https://site.example/a',
    'blob:https://site.example/7',
    'about:client',
    'https://[::1',
  ])('is null for %j', (url) => {
    expect(pathOnSite(url, SITE)).toBeNull();
  });

  it('of a request is taken as the way back, also with a backslash in its query', () => {
    expect(returnTo(pathOf(new URL('https://site.example/search?q=a\\b')), SITE)).toBe('/search?q=a%5Cb');
  });

  it('is taken as the way back, with the same checks as any other', () => {
    const back = (url: string) => returnTo(pathOnSite(url, SITE), SITE);
    expect(back('https://site.example/dashboard?x=1')).toBe('/dashboard?x=1');
    expect(back('https://site.example//evil.example')).toBe('/');
    expect(back('https://site.example/auth/logout')).toBe('/');
    expect(back('https://evil.example/dashboard')).toBe('/');
  });
});
