import { html } from './html.ts';
import { layout } from './layout.ts';

export interface OtherAccountPage {
  readonly nonce: string;
  /** Starts the sign-in with the other account. A path of this site. */
  readonly loginUrl: string;
  /** Where the person goes with the account that is signed in. A path of this site. */
  readonly target: string;
  /** Who is signed in. */
  readonly name?: string | undefined;
}

/**
 * Another site asks for a sign-in with an account that is not the one signed in. Following it would replace the session (login
 * CSRF, RFC 9700 §4.7), so the person decides. The other account is not named: its name is a text of the other site.
 */
export function otherAccountPage({ nonce, loginUrl, target, name }: OtherAccountPage): string {
  const title = 'Use another account?';
  const body = html`<h1>${title}</h1>
<p>You are signed in${name && html` as <strong><bdi>${name}</bdi></strong>`}. A sign-in with another account was asked for.</p>
<div class="ways">
<a class="button" href="${loginUrl}">Sign in with another account</a>
<a href="${target}">Stay signed in</a>
</div>`;
  return layout({ title, nonce, body });
}
