import { html } from './html.ts';
import { layout } from './layout.ts';
import type { Frame } from './look.ts';
import { signedInAs } from './signed-in-as.ts';

export interface ConfirmLogoutPage extends Frame {
  /** Who is signed in, for people with more than one account. */
  readonly name?: string | undefined;
}

/**
 * GET changes nothing (RFC 9110 §9.2.1), or an image on another site could sign people out. The form carries no
 * token: the POST is accepted for its `Origin`.
 */
export function confirmLogoutPage({ name, ...frame }: ConfirmLogoutPage): string {
  const { basePath, language } = frame;
  const { signOutTitle: title, endsSession, signOut, staySignedIn } = language.texts.phrases;
  const body = html`<h1>${title}</h1>
<p>${name ? signedInAs(name, language) : endsSession}</p>
<div class="ways">
<form method="post" action="${basePath}/auth/logout"><button class="button" type="submit">${signOut}</button></form>
<a href="${basePath || '/'}">${staySignedIn}</a>
</div>`;
  return layout({ ...frame, title, body });
}
