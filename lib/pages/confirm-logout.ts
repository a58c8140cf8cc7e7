import { html } from './html.ts';
import { layout } from './layout.ts';

export interface ConfirmLogoutPage {
  readonly nonce: string;
  /** Where the site lives; see `RequestContext`. */
  readonly basePath: string;
  /** Who is signed in, for people with more than one account. */
  readonly name?: string | undefined;
}

/**
 * GET changes nothing (RFC 9110 §9.2.1), or an image on another site could sign people out. The form carries no
 * token: the POST is accepted for its `Origin`.
 */
export function confirmLogoutPage({ nonce, basePath, name }: ConfirmLogoutPage): string {
  const title = 'Sign out?';
  // <bdi>: a name in a right-to-left script must not turn the sentence around.
  const body = html`<h1>${title}</h1>
<p>${name ? html`You are signed in as <strong><bdi>${name}</bdi></strong>.` : 'This ends your session on this site.'}</p>
<div class="ways">
<form method="post" action="${basePath}/auth/logout"><button class="button" type="submit">Sign out</button></form>
<a href="${basePath || '/'}">Stay signed in</a>
</div>`;
  return layout({ title, nonce, body });
}
