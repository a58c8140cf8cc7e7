import { type Html, html } from './html.ts';
import type { Language } from './language.ts';

/** `<bdi>`: a name in a script of the other direction must not turn the sentence around. */
export function signedInAs(name: string, { texts }: Language): Html {
  const [before, ...after] = texts.phrases.signedInAs.split('{name}');
  return html`${before}<strong><bdi>${name}</bdi></strong>${after}`;
}
