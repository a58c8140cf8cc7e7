import { COLORS } from './appearance.ts';
import type { LookOptions } from './look.ts';

/** In one line, and without what turns the direction of the text behind it around. */
const NAME = /^(?=.*\S)[^\p{Cc}\u2028-\u202e\u2066-\u2069]{1,80}$/u;
const MAX_LOGO = 16_000;
const PATH = /^(?:\/[\w.~%@+-]+)+$/;
/** A `data:` URL, or markup that becomes one: as a picture it runs no script, and it cannot end the attribute that it stands in. */
const PICTURE =
  /^(?:data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)[;,][ !#-;=?-~]+|<svg\s.*xmlns="http:\/\/www\.w3\.org\/2000\/svg".*<\/svg>)$/s;
const COLOR = /^#(?:[\da-f]{3}){1,2}$/i;
/** BCP 47, as far as its shape goes: it is written into the page and into a header. */
const TAG = /^[a-z]{2,8}(?:-[a-z\d]{1,8}){0,4}$/i;

const NOT_OPEN = "must be a path with a rule that opens it, as allow: 'public' does";

const LOGO = 'must be a path, a data: URL of a picture, or an <svg> with xmlns; or light and dark, each such a one';

type Unchecked = { readonly [Name in keyof LookOptions]: unknown };

/**
 * What is wrong with the look that a site gives to the pages of the gate, by member; empty when it is in order. It names members
 * and never holds a value. A sentence of `texts` that is no text is said in English.
 *
 * @param isOpen whether the rules let a visitor without a session have a path
 */
export function lookFaults(site: LookOptions, isOpen: (path: string) => boolean): Readonly<Record<string, string>> {
  const { appearance, texts, language = 'en', pages }: Unchecked = site;
  const faults: Record<string, string> = {};
  const check = (member: string, isRight: boolean, what: string) => {
    if (!isRight) faults[member] = what;
  };
  const { name, logo, colors, ...others } = Object(appearance);
  for (const member of Object.keys(others)) check(`appearance.${member}`, false, 'is not known');
  check('appearance.name', name === undefined || isText(name, NAME), 'must be a text of 1 to 80 characters');
  const { light, dark } = Object(logo);
  const logos = typeof logo === 'object' ? [light, dark] : [logo];
  for (const picture of logo === undefined ? [] : logos) {
    const isPicture = isText(picture, PICTURE) && picture.length <= MAX_LOGO;
    const isFile = isText(picture, PATH);
    check('appearance.logo', !isFile || isOpen(picture), NOT_OPEN);
    check('appearance.logo', isPicture || isFile, LOGO);
  }
  for (const [page, path] of Object.entries(Object(pages))) {
    check(`pages.${page}`, isText(path, PATH) && isOpen(path), NOT_OPEN);
    check(`pages.${page}`, /^(?:forbidden|problem)$/.test(page), 'is not known');
  }
  for (const [scheme, palette] of Object.entries(Object(colors)))
    for (const [color, value] of Object.entries(Object(palette))) {
      const isKnown = /^(?:light|dark)$/.test(scheme) && COLORS.includes(color);
      check(
        `appearance.colors.${scheme}.${color}`,
        isKnown && isText(value, COLOR),
        'must be #rrggbb for a known name',
      );
    }
  const tags = Object.keys(Object(texts));
  for (const tag of tags) check(`texts.${tag}`, TAG.test(tag), 'is no language tag');
  check('language', ['en', 'id', ...tags].includes(String(language)), 'must be one of texts, en or id');
  return faults;
}

const isText = (value: unknown, shape: RegExp): value is string => typeof value === 'string' && shape.test(value);
