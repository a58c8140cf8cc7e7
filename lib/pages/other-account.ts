import { html } from './html.ts';
import { layout } from './layout.ts';
import type { Frame } from './look.ts';
import { signedInAs } from './signed-in-as.ts';

export interface OtherAccountPage extends Frame {
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
export function otherAccountPage({ loginUrl, target, name, ...frame }: OtherAccountPage): string {
  const { otherTitle: title, signedIn, otherAsked, signInOther, staySignedIn } = frame.language.texts.phrases;
  const body = html`<h1>${title}</h1>
<p>${name ? signedInAs(name, frame.language) : signedIn} ${otherAsked}</p>
<div class="ways">
<a class="button" href="${loginUrl}">${signInOther}</a>
<a href="${target}">${staySignedIn}</a>
</div>`;
  return layout({ ...frame, title, body });
}
