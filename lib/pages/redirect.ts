import { html } from './html.ts';
import { layout } from './layout.ts';
import type { Frame } from './look.ts';
import type { OnwardPhrase } from './texts.ts';

export interface RedirectPage extends Frame {
  readonly url: string;
  /** Why the browser goes on. */
  readonly why: OnwardPhrase;
}

/** Shown for a moment while the browser goes on by itself; the link is for one that does not. */
export function redirectPage({ url, why, ...frame }: RedirectPage): string {
  const { phrases } = frame.language.texts;
  const title = phrases.oneMoment;
  const body = html`<h1>${title}</h1>
<p>${phrases[why]}</p>
<div class="ways"><a class="button" href="${url}">${phrases.goOn}</a></div>`;
  return layout({ ...frame, title, body });
}
