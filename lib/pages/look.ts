import type { RequestContext } from '../types/request.ts';
import type { Appearance } from './appearance.ts';
import {
  acceptedLanguage,
  type GivenTexts,
  type Language,
  type Languages,
  languagesOf,
  wantedLanguage,
} from './language.ts';
import type { OwnPages } from './own-page.ts';

/** What the pages of one isolate are made with. */
export interface Look {
  readonly appearance: Appearance;
  readonly languages: Languages;
  readonly pages: OwnPages;
}

/** What one page is made with. */
export interface View {
  readonly appearance: Appearance;
  readonly language: Language;
  /** Where the site lives; see `RequestContext`. */
  readonly basePath: string;
}

/** What every page takes. */
export interface Frame extends View {
  /** The nonce of the answer's `style-src`: the one style element is all that the page needs. */
  readonly nonce: string;
}

export interface LookOptions {
  readonly appearance?: Appearance | undefined;
  readonly texts?: Readonly<Record<string, GivenTexts>> | undefined;
  readonly language?: string | undefined;
  readonly pages?: OwnPages | undefined;
}

export const lookOf = ({ appearance = {}, texts, language, pages = {} }: LookOptions = {}): Look => ({
  appearance,
  languages: languagesOf(texts, language),
  pages,
});

/** Without anything of the site: for what fails before its configuration is known to be valid. */
export const OWN_LOOK: Look = lookOf();

/** In the language of the request: `ui_locales` where a sign-in begins, else `Accept-Language`. */
export function viewOf({ request, url, basePath, pathname }: Viewed, { appearance, languages }: Look): View {
  const asked = pathname === '/auth/login' ? url.searchParams.get('ui_locales') : null;
  const language =
    (asked && wantedLanguage(asked, languages)) || acceptedLanguage(request.headers.get('accept-language'), languages);
  return { appearance, language, basePath };
}

type Viewed = Pick<RequestContext, 'request' | 'url' | 'basePath' | 'pathname'>;
