// @vitest-environment edge-runtime
import { describe, expect, it } from 'vitest';
import { cureList } from '../../lib/development/cure-list';
import { ENGLISH } from '../../lib/pages/english';
import { problemPage } from '../../lib/pages/problem';
import { type Code, PROBLEMS } from '../../lib/problems';
import { frame } from './frame';
import { expectValidPage } from './valid-page';

const CODES = Object.keys(PROBLEMS) as Code[];
const page = (options: Partial<Parameters<typeof problemPage>[0]> = {}) =>
  problemPage({ ...frame, code: 'INTERNAL', ref: 'r3f', ...options });

describe('a problem page', () => {
  it.each(CODES)('is sound for %s, with its title, its sentence, its code and the reference', (code) => {
    const text = page({ code });
    expectValidPage(text, ENGLISH.problems[code][0]);
    expect(text).toContain(`<p>${ENGLISH.problems[code][1]}</p>`);
    expect(text).toContain('<code>r3f</code>');
    expect(text).toContain(`<code>${code}</code>`);
  });

  it.each(CODES)('offers the way forward for %s', (code) => {
    const target = { 'sign-in': '/auth/login', retry: '/', home: '/' }[PROBLEMS[code].recovery];
    expect(buttons(page({ code }))).toEqual([target]);
  });

  it('signs in with what the caller asks for, and tries the page again that failed', () => {
    const loginUrl = '/auth/login?returnTo=%2Fvault&acr_values=mfa';
    expect(buttons(page({ code: 'LOGIN_REJECTED', loginUrl }))).toEqual([loginUrl.replace('&', '&amp;')]);
    expect(buttons(page({ code: 'STORE_UNAVAILABLE', retryUrl: '/account' }))).toEqual(['/account']);
  });

  it('tries the very address again, so that a callback that met an outage can still succeed', () => {
    expect(buttons(page({ code: 'STORE_UNAVAILABLE', retryUrl: '' }))).toEqual(['']);
  });

  it.each(['https://evil.example/', '//evil.example', '/\\evil.example', 'javascript:alert(1)', '/a b', '/a\\b'])(
    'never leads to %j',
    (url) => {
      expect(buttons(page({ code: 'LOGIN_REJECTED', loginUrl: url }))).toEqual(['/auth/login']);
      expect(buttons(page({ code: 'INTERNAL', retryUrl: url }))).toEqual(['/']);
    },
  );

  it('lets who has no access leave this account', () => {
    expect(page({ code: 'FORBIDDEN' })).toContain('<a href="/auth/logout">Sign out</a>');
  });

  it('escapes a hostile reference and a hostile nonce', () => {
    const text = page({ ref: '"><img src=x onerror=alert(1)>', nonce: '"><script>' });
    expect(text).not.toContain('<img');
    expect(text).not.toContain('<script');
    expect(text).toContain('&quot;&gt;&lt;img src=x onerror=alert(1)&gt;');
  });

  it('shows the reference of the sign-in service', () => {
    expect(page({ supportRef: 'SSOERR-ABC1234' })).toContain('<code>SSOERR-ABC1234</code>');
    expect(page()).not.toContain('Support reference');
  });
});

describe('what usually causes a problem', () => {
  it.each<[Code, RegExp[]]>([
    ['LOGIN_REJECTED', [/blocks cookies/, /another host name/, /http\b/, /ten minutes/, /one browser .* another/]],
    ['CLIENT_REJECTED', [/SSO_CLIENT_ID/, /SSO_CLIENT_SECRET/, /SSO_CLIENT_AUTH_METHOD/]],
    ['CODE_REJECTED', [/verifier/, /trailing slash/, /120 seconds/]],
    ['LOGIN_LOOP', [/blocks cookies/]],
  ])('is explained for %s', (code, causes) => {
    const details = /<details[\s\S]*<\/details>/.exec(page({ code }))?.[0] ?? '';
    for (const cause of causes) expect(details).toMatch(cause);
  });

  it('is not guessed at elsewhere', () => {
    expect(page({ code: 'MISCONFIGURED' })).not.toContain('<details');
    expect(page({ code: 'INTERNAL' })).not.toContain('<details');
  });
});

describe('a configuration that is wrong', () => {
  const variables = { SSO_ISSUER: 'is missing', 'A<B': 'has <odd> characters' };

  it('is named variable by variable in development', () => {
    const text = page({ code: 'MISCONFIGURED', cures: cureList(variables) });
    expectValidPage(text, ENGLISH.problems.MISCONFIGURED[0]);
    expect(text).toContain('<li><code>SSO_ISSUER</code> is missing</li>');
    expect(text).toContain('<li><code>A&lt;B</code> has &lt;odd&gt; characters</li>');
    expect(text).toContain('<div class="more" lang="en" dir="ltr">'); // whatever the language of the page
  });

  it('is not named otherwise', () => {
    expect(page({ code: 'MISCONFIGURED' })).not.toMatch(/SSO_|SESSION_|UPSTASH_|NEXT_PUBLIC_/);
  });
});

const buttons = (text: string) => [...text.matchAll(/<a class="button" href="([^"]*)"/g)].map(([, href]) => href);
