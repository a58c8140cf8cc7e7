import { type Html, html } from './html.ts';

/** Colours of one scheme as `#rgb` or `#rrggbb`; one that is left out is the gate's own. */
export interface Colors {
  /** Behind the card, and behind codes in it. */
  readonly ground?: string;
  readonly card?: string;
  /** Of the text. */
  readonly ink?: string;
  /** Of text that matters less. */
  readonly quiet?: string;
  readonly line?: string;
  /** Of the button, links and the outline of what has the focus. */
  readonly accent?: string;
  /** Of the text on the button. */
  readonly onAccent?: string;
}

/** How the pages of the gate look, where they are those of a site. */
export interface Appearance {
  /** Of the site: above each page, unless there is a logo, and behind the title of the tab. At most 80 characters. */
  readonly name?: string;
  /**
   * A path of the site with a rule that opens it (`/logo.svg`), a `data:` URL of a picture, or the markup of an SVG (with its
   * `xmlns`). Each is shown as a picture, in which no script runs. At most 16,000 characters. One for each scheme where the same
   * one cannot be seen on both cards.
   */
  readonly logo?: string | { readonly light: string; readonly dark: string };
  /** A site with `light` alone has pages without a dark scheme. */
  readonly colors?: { readonly light?: Colors; readonly dark?: Colors };
}

export type Scheme = 'light' | 'dark';
export type Palette = Required<Colors>;

/** Of the gate itself, and of `app/globals.css`: a person who is sent from the site to the gate should not notice a seam. */
const OWN: Readonly<Record<Scheme, Palette>> = {
  light: {
    ground: '#f4f6f4',
    card: '#ffffff',
    ink: '#1a211e',
    quiet: '#56605b',
    line: '#d9dfdb',
    accent: '#1d5f49',
    onAccent: '#ffffff',
  },
  dark: {
    ground: '#101412',
    card: '#181d1b',
    ink: '#e7ece9',
    quiet: '#a2ada7',
    line: '#2b3330',
    accent: '#8ad0b3',
    onAccent: '#0c1a14',
  },
};

export const COLORS: readonly string[] = Object.keys(OWN.light);

/** The colours of a page in one scheme. */
export const paletteOf = ({ colors = {} }: Appearance, scheme: Scheme): Palette => ({
  ...OWN[scheme],
  ...colors[scheme],
});

/** The colours as custom properties. With colours of a site the button keeps its own under the pointer, and codes have the ground's. */
export function schemes(appearance: Appearance): Html {
  const { light, dark } = appearance.colors ?? {};
  const properties = (scheme: Scheme, strong: string, code: string) => {
    const { onAccent, ...palette } = paletteOf(appearance, scheme);
    const more =
      light || dark ? { 'accent-strong': palette.accent, code: palette.ground } : { 'accent-strong': strong, code };
    const all = Object.entries({ ...palette, 'on-accent': onAccent, ...more });
    return html`:root { ${scheme === 'light' && html`color-scheme: light${light && !dark ? '' : ' dark'}; `}${all.map(([name, color]) => `--${name}: ${color}; `)}}`;
  };
  const both = html`@media (prefers-color-scheme: dark) { ${properties('dark', '#aae3cb', '#202725')} }`;
  return html`${properties('light', '#154835', '#eef2ef')}
${!(light && !dark) && both}`;
}

/** The addresses of the logo, in the light and the dark scheme, and what a Content Security Policy calls their origins. */
export function pictureOf({ logo, colors: { light, dark } = {} }: Appearance, basePath: string): Picture | undefined {
  if (!logo) return undefined;
  const given = typeof logo === 'string' ? [logo] : [logo.light, ...(light && !dark ? [] : [logo.dark])];
  const sources = given.map((source) => {
    if (source.startsWith('/')) return basePath + source;
    // A list of pictures has spaces between its addresses (HTML §4.8.4.2.1).
    return source.startsWith('data:')
      ? source.replaceAll(' ', '%20')
      : `data:image/svg+xml,${encodeURIComponent(source)}`;
  });
  const origins = new Set(sources.map((source) => (source.startsWith('/') ? "'self'" : 'data:')));
  return { sources, origins: [...origins].join(' ') };
}

interface Picture {
  readonly sources: readonly string[];
  readonly origins: string;
}
