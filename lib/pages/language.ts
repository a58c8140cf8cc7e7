import { ENGLISH } from './english.ts';
import { INDONESIAN } from './indonesian.ts';
import type { Texts } from './texts.ts';

/** One that the gate speaks. */
export interface Language {
  /** BCP 47, as the site wrote it. */
  readonly tag: string;
  readonly dir: 'ltr' | 'rtl';
  readonly texts: Texts;
}

/** The first one is spoken where none of them is asked for. */
export type Languages = readonly [Language, ...Language[]];

/** Texts of the site, which JavaScript may have left incomplete. */
export type GivenTexts = { readonly [Part in keyof Texts]?: Partial<Texts[Part]> };

/** Scripts that are written from right to left, and languages that are where their tag names no script. */
const RTL =
  /^[^-]+-(adlm|arab|hebr|nkoo|rohg|syrc|thaa)\b|^(ar|arc|ckb|dv|fa|he|iw|ks|nqo|ps|sd|syr|ug|ur|yi)(?!-[a-z]{4}\b)\b/i;

/**
 * English and Indonesian, and those of the site, in whose place English stands sentence by sentence.
 *
 * @param first the tag of the one that is spoken where none is asked for
 */
export function languagesOf(given: Readonly<Record<string, GivenTexts>> = {}, first = 'en'): Languages {
  const all = Object.entries({ en: ENGLISH, id: INDONESIAN, ...given });
  const languages = all.map(
    ([tag, texts]): Language => ({ tag, dir: RTL.test(tag) ? 'rtl' : 'ltr', texts: filledUp(texts, ENGLISH) }),
  );
  const at = languages.findIndex(({ tag }) => tag === first);
  return [...languages.splice(at, 1), ...languages] as unknown as Languages;
}

/** All that English has; in place of a text, a pair or a list that is missing or no such thing, the English one. */
function filledUp<Part>(given: unknown, english: Part): Part {
  if (typeof english === 'string') return given && typeof given === 'string' ? (given as Part) : english;
  if (Array.isArray(english))
    return Array.isArray(given) && given.every((text) => typeof text === 'string') ? (given as Part) : english;
  const names = Object.entries(english as object);
  return Object.fromEntries(names.map(([name, texts]) => [name, filledUp(Object(given)[name], texts)])) as Part;
}

const isSame = (one: string, other: string) => one.toLowerCase() === other.toLowerCase();

/** As much of a header as browsers send; the rest is an attack on the time it takes. */
const MAX_HEADER = 1_000;

/** RFC 9110 §12.5.4, §12.4.2 */
const RANGE = /^\s*(\*|[a-z]{1,8}(?:-[a-z\d]{1,8})*)\s*(?:;\s*q=([01](?:\.\d{0,3})?)\s*)?$/i;

/**
 * The language for `Accept-Language` (RFC 9110 §12.5.4), by lookup (RFC 4647 §3.4): `id-ID` finds `id`. Beyond that, `pt` finds
 * `pt-BR`. What cannot be read is left out.
 */
export function acceptedLanguage(header: string | null, languages: Languages): Language {
  const ranges = (header ?? '')
    .slice(0, MAX_HEADER)
    .split(',')
    .flatMap((part) => {
      const [, tag, q = '1'] = RANGE.exec(part) ?? [];
      return tag === undefined ? [] : [{ tag: tag.toLowerCase(), q: Number(q) }];
    });
  const refused = new Set(ranges.flatMap(({ tag, q }) => (q > 0 ? [] : [tag])));
  const wanted = ranges.filter(({ q }) => q > 0).sort((one, other) => other.q - one.q);
  return (
    lookup(
      wanted.map(({ tag }) => tag),
      languages,
      refused,
    ) ?? languages[0]
  );
}

/** The language for `ui_locales` (OIDC Core §3.1.2.1), tags in the order of preference. */
export const wantedLanguage = (uiLocales: string, languages: Languages): Language | undefined =>
  lookup(uiLocales.slice(0, MAX_HEADER).toLowerCase().split(' '), languages, new Set());

function lookup(wanted: readonly string[], languages: Languages, refused: ReadonlySet<string>): Language | undefined {
  const spoken = languages.filter(({ tag }) => !refused.has(tag.toLowerCase()));
  for (const range of wanted) {
    if (range === '*') return spoken[0];
    for (let tag = range; tag; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-')))) {
      const found =
        spoken.find((own) => isSame(own.tag, tag)) ?? spoken.find((own) => own.tag.toLowerCase().startsWith(`${tag}-`));
      if (found) return found;
    }
  }
  return undefined;
}
