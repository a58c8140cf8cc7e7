// @vitest-environment edge-runtime
import { describe, expect, it } from 'vitest';
import { otherAccountPage } from '../../lib/pages/other-account';
import { frame } from './frame';
import { expectValidPage } from './valid-page';

const page = { ...frame, loginUrl: '/auth/login?returnTo=%2Fa&login_hint=b', target: '/a' };

describe('the page that asks before another account signs in', () => {
  it('is sound with and without a name', () => {
    expectValidPage(otherAccountPage(page), 'Use another account?');
    expectValidPage(otherAccountPage({ ...page, name: 'Ayu Lestari' }), 'Use another account?');
  });

  it('has a link that starts the sign-in, and one to the target', () => {
    const text = otherAccountPage({ ...page, name: 'Ayu Lestari' });
    expect(text).toContain('You are signed in as <strong><bdi>Ayu Lestari</bdi></strong>.');
    expect(text).toContain('<a class="button" href="/auth/login?returnTo=%2Fa&amp;login_hint=b">');
    expect(text).toContain('<a href="/a">');
    expect(text.match(/<a /g)).toHaveLength(2);
    expect(text).not.toMatch(/<form|<button/);
  });

  it('escapes a hostile name', () => {
    const text = otherAccountPage({ ...page, name: '</bdi><script>alert(1)</script>' });
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;/bdi&gt;&lt;script&gt;');
  });
});
