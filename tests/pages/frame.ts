import { acceptedLanguage, languagesOf } from '../../lib/pages/language';
import type { Frame } from '../../lib/pages/look';

/** What every page takes, in English and without anything of a site. */
export const frame: Frame = { nonce: 'n0nce', basePath: '', appearance: {}, language: languagesOf()[0] };

/** The same in another language. */
export const inLanguage = (tag: string, languages = languagesOf()): Frame => ({
  ...frame,
  language: acceptedLanguage(tag, languages),
});
