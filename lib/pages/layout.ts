import { type Html, html } from './html';

export interface Page {
  /** For the tab and the history; the heading stands in the body. */
  readonly title: string;
  /** The nonce of the answer's `style-src`: the one style element is all that the page needs. */
  readonly nonce: string;
  readonly body: Html;
}

/**
 * The frame of the pages that the gate answers by itself. They hold everything they need (no script, no font, no
 * image from elsewhere), because they must work when the site behind the gate does not.
 */
export const layout = ({ title, nonce, body }: Page): string =>
  html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
${MARK}
${body}
</main>
</body>
</html>
`.source;

/** The gate of `app/icon.svg`, in the colours of the page. */
const MARK = html`<svg class="mark" viewBox="0 0 32 32" width="40" height="40" aria-hidden="true" focusable="false"><rect width="32" height="32" rx="7"/><path d="M8.5 25V14.5a7.5 7.5 0 0 1 15 0V25M16 7v18M8.5 17h15M12.25 9v16M19.75 9v16"/></svg>`;

/** The tokens are those of `app/globals.css`: who is sent from the site to the gate should not notice a seam. */
const STYLE = html`
:root {
  color-scheme: light dark;
  --ground: #f4f6f4;
  --card: #ffffff;
  --ink: #1a211e;
  --quiet: #56605b;
  --line: #d9dfdb;
  --accent: #1d5f49;
  --accent-strong: #154835;
  --on-accent: #ffffff;
  --code: #eef2ef;
  --font: system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #101412;
    --card: #181d1b;
    --ink: #e7ece9;
    --quiet: #a2ada7;
    --line: #2b3330;
    --accent: #8ad0b3;
    --accent-strong: #aae3cb;
    --on-accent: #0c1a14;
    --code: #202725;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100svh;
  display: grid;
  place-items: center;
  padding: 1.5rem 1rem;
  background: var(--ground);
  color: var(--ink);
  font: 1rem/1.55 var(--font);
  overflow-wrap: anywhere;
  -webkit-text-size-adjust: 100%;
}
main {
  width: 100%;
  max-width: 34rem;
  padding: clamp(1.5rem, 6vw, 2.5rem);
  background: var(--card);
  border: 1px solid var(--line);
  border-radius: 1rem;
}
.mark { display: block; margin: 0 0 1.25rem; }
.mark rect { fill: var(--accent); }
.mark path { fill: none; stroke: var(--on-accent); stroke-width: 2; }
h1 { margin: 0 0 .5rem; font-size: 1.625rem; line-height: 1.2; letter-spacing: -.015em; text-wrap: balance; }
h2 { margin: 1rem 0 .25rem; font-size: 1rem; }
p { margin: 0; text-wrap: pretty; }
ul { margin: .25rem 0 0; padding-left: 1.2rem; }
li + li { margin-top: .35rem; }
a { color: var(--accent); text-underline-offset: .2em; }
a:hover { color: var(--accent-strong); }
code { padding: .1em .35em; border-radius: .3em; background: var(--code); font: .875em/1.5 var(--mono); }
.ways { display: flex; flex-wrap: wrap; align-items: center; gap: .75rem 1.25rem; margin: 1.75rem 0 0; }
.ways form { margin: 0; }
.ways > a:not(.button) { padding: .6rem 0; }
.button {
  display: inline-block;
  padding: .65rem 1.25rem;
  border: 1px solid transparent;
  border-radius: .6rem;
  background: var(--accent);
  color: var(--on-accent);
  font: 600 1rem/1.4 var(--font);
  text-decoration: none;
  cursor: pointer;
  transition: background-color .15s;
}
.button:hover { background: var(--accent-strong); color: var(--on-accent); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: .3rem; }
.button:focus-visible { border-radius: .6rem; }
.more { margin-top: 1.75rem; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .9375rem; }
.more > h2:first-child { margin-top: 0; }
.more > ul + p { margin-top: .75rem; }
summary { padding: .25rem 0; font-weight: 600; cursor: pointer; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1rem; margin: .75rem 0 0; }
dt { color: var(--quiet); }
dd { margin: 0; }
dd code { user-select: all; }
.quiet { color: var(--quiet); }
@media (max-width: 26rem) {
  dl { grid-template-columns: 1fr; gap: 0; }
  dd + dt { margin-top: .5rem; }
}
@media (prefers-reduced-motion: reduce) {
  * { transition: none !important; }
}
`;
