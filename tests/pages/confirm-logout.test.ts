// @vitest-environment edge-runtime
import { describe, expect, it } from 'vitest';
import { confirmLogoutPage } from '../../lib/pages/confirm-logout';
import { frame } from './frame';
import { expectValidPage } from './valid-page';

describe('the page that asks before signing out', () => {
  it('is sound with and without a name', () => {
    expectValidPage(confirmLogoutPage(frame), 'Sign out?');
    expectValidPage(confirmLogoutPage({ ...frame, name: 'Ayu Lestari' }), 'Sign out?');
  });

  it('has one form with one button that posts, and a way back', () => {
    const text = confirmLogoutPage(frame);
    expect(text.match(/<form method="post" action="\/auth\/logout">/g)).toHaveLength(1);
    expect(text.match(/<button/g)).toHaveLength(1);
    expect(text).toContain('<a href="/">');
  });

  it('escapes a hostile name', () => {
    const text = confirmLogoutPage({ ...frame, name: '</bdi><script>alert(1)</script>' });
    expect(text).not.toContain('<script');
    expect(text).toContain('&lt;/bdi&gt;&lt;script&gt;');
  });
});
