/** What the owner of a site should know of the pages that the configuration names, and of their colours. */
import type { Appearance, Palette, Scheme } from '../pages/appearance.ts';
import { paletteOf } from '../pages/appearance.ts';
import { contrast } from '../pages/contrast.ts';
import type { Site } from './built-site.ts';
import type { Policy } from './load-config.ts';

/** Pages of the configuration that no route of the build answers at: Next would answer with its 404 in their place. */
export function missingPages({ routes, locales }: Site, { pages = {} }: Policy): string[] {
  const answers = (path: string) => routes.some((route) => pattern(route).test(path));
  const missing = Object.entries(pages).filter(
    ([, path]) => ![path, ...locales.map((one) => `/${one}${path}`)].some(answers),
  );
  return missing.map(
    ([name, path]) => `\`pages.${name}\` of the Gatehouse configuration is ${path}, where the build has no page`,
  );
}

/** The paths of a route as Next writes it. */
function pattern(route: string): RegExp {
  const [, ...segments] = route.split('/');
  const source = segments.map((segment) => {
    if (segment.startsWith('[[...')) return '(?:/.+)?';
    if (segment.startsWith('[...')) return '/.+';
    return segment.startsWith('[') ? '/[^/]+' : `/${segment.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}`;
  });
  return new RegExp(`^${source.join('')}$`);
}

/** What has to be read on what; WCAG 2.2 §1.4.3. */
const PAIRS: readonly (readonly [text: keyof Palette, ground: keyof Palette])[] = [
  ['ink', 'card'],
  ['ink', 'ground'],
  ['quiet', 'ground'],
  ['quiet', 'card'],
  ['accent', 'card'],
  ['onAccent', 'accent'],
];
const MIN_CONTRAST = 4.5;

/** Colours of the site that are hard to read. It is a warning, because a page with them is better than none. */
export const contrastNotes = ({ appearance = {} }: Policy): string[] =>
  (['light', 'dark'] as const).flatMap((scheme) =>
    appearance.colors?.[scheme] ? lowContrasts(appearance, scheme) : [],
  );

function lowContrasts(appearance: Appearance, scheme: Scheme): string[] {
  const palette = paletteOf(appearance, scheme);
  return PAIRS.flatMap(([text, ground]) => {
    const ratio = contrast(palette[text], palette[ground]);
    if (ratio >= MIN_CONTRAST) return [];
    return [
      `\`${text}\` on \`${ground}\` of \`appearance.colors.${scheme}\` has a contrast of ${ratio.toFixed(2)}, and WCAG AA asks for ${MIN_CONTRAST}`,
    ];
  });
}
