import { pictureOf, schemes } from './appearance.ts';
import { type Html, html } from './html.ts';
import type { Frame } from './look.ts';

export interface Page extends Frame {
  /** For the tab and the history; the heading stands in the body. */
  readonly title: string;
  readonly body: Html;
}

/**
 * The frame of the pages that the gate answers by itself. They hold everything they need (no script, no font; of pictures the
 * logo alone), because they must work when the site behind the gate does not.
 */
export const layout = ({ title, nonce, body, language, appearance, basePath }: Page): string =>
  html`<!doctype html>
<html lang="${language.tag}" dir="${language.dir}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title}${appearance.name && ` · ${appearance.name}`}</title>
<style nonce="${nonce}">${schemes(appearance)}${STYLE}</style>
</head>
<body>
<main>
${brand({ appearance, basePath })}
${body}
</main>
</body>
</html>
`.source;

function brand({ appearance, basePath }: Pick<Frame, 'appearance' | 'basePath'>): Html {
  const picture = pictureOf(appearance, basePath);
  const { name } = appearance;
  if (picture) {
    const [light, dark] = picture.sources;
    return html`<picture>${dark && html`<source srcset="${dark}" media="(prefers-color-scheme: dark)">`}<img class="brand" src="${light}" alt="${name}"></picture>`;
  }
  return name ? html`<p class="brand"><bdi>${name}</bdi></p>` : MARK;
}

/** The gate of `app/icon.svg`, in the colours of the page. */
const MARK = html`<svg class="brand" viewBox="0 0 32 32" width="40" height="40" aria-hidden="true"><rect width="32" height="32" rx="7"/><path d="M8.5 25V14.5a7.5 7.5 0 0 1 15 0V25M16 7v18M8.5 17h15M12.25 9v16M19.75 9v16"/></svg>`;

/** Every isolate carries this text, so there is nothing in it that a browser does well by itself. */
const STYLE = html`
* { box-sizing: border-box; margin: 0; }
body { display: grid; place-items: center; min-height: 100svh; padding: 1rem; overflow-wrap: anywhere; text-wrap: pretty; }
body { background: var(--ground); color: var(--ink); font: 1rem/1.55 system-ui, sans-serif; }
main { width: 100%; max-width: 34rem; padding: clamp(1.5rem, 6vw, 2.5rem); }
main { background: var(--card); border: 1px solid var(--line); border-radius: 1rem; }
.brand { display: block; margin-bottom: 1.25rem; font-weight: 600; }
img { height: 2.5rem; max-width: 100%; object-fit: contain; }
rect { fill: var(--accent); }
path { fill: none; stroke: var(--on-accent); stroke-width: 2; }
h1 { margin-bottom: .5rem; font-size: 1.625rem; line-height: 1.2; }
h2 { margin-top: 1rem; font-size: 1rem; }
h2:first-child { margin: 0; }
p + p, ul + p { margin-top: .75rem; }
ul { padding-inline-start: 1.2rem; }
li { margin-top: .35rem; }
a { color: var(--accent); }
code { padding: .1em .35em; border-radius: .3rem; background: var(--code); font: .875em/1.5 ui-monospace, monospace; }
.ways { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1.25rem; margin-top: 1.75rem; }
.button { padding: .65rem 1.25rem; border: 1px solid transparent; border-radius: .6rem; cursor: pointer; }
.button { background: var(--accent); color: var(--on-accent); font: 600 1rem/1.4 system-ui, sans-serif; }
.button { text-decoration: none; }
.button:hover { background: var(--accent-strong); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; }
.more { margin-top: 1.75rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .9375rem; }
summary { font-weight: 600; cursor: pointer; }
dl { display: grid; grid-template-columns: fit-content(45%) 1fr; gap: .35rem 1rem; margin-top: .75rem; }
@media (max-width: 26rem) { dl { display: block; } dd { margin-bottom: .5rem; } }
.quiet, dt { color: var(--quiet); }
`;
