import { html } from './html.ts';
import { layout } from './layout.ts';

export interface RedirectPage {
  readonly nonce: string;
  readonly url: string;
  /** Why the browser goes on. */
  readonly sentence: string;
}

/** Shown for a moment while the browser goes on by itself; the link is for one that does not. */
export function redirectPage({ nonce, url, sentence }: RedirectPage): string {
  const body = html`<h1>One moment</h1>
<p>${sentence}</p>
<div class="ways"><a class="button" href="${url}">Continue</a></div>`;
  return layout({ title: 'One moment', nonce, body });
}
