import { html } from './html';
import { layout } from './layout';

/** Shown for a moment while the browser goes to the canonical host by itself; the link is for one that does not. */
export function hopPage({ nonce, url }: { readonly nonce: string; readonly url: string }): string {
  const body = html`<h1>One moment</h1>
<p>You sign in at another address of this site.</p>
<div class="ways"><a class="button" href="${url}">Continue</a></div>`;
  return layout({ title: 'One moment', nonce, body });
}
