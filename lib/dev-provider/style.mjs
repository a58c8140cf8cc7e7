/** Colours unlike the site's, so that a person sees whose page asks. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --ground: #eef0f7; --card: #ffffff; --ink: #1b1d2a; --quiet: #585d75; --line: #d5d9e8; --edge: #7c829c;
  --accent: #3d45a8; --accent-strong: #2c3284; --on-accent: #ffffff; --hover: #f3f4fc; --fault: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #10121c; --card: #191c2a; --ink: #e8eaf5; --quiet: #a5abc4; --line: #2e3347; --edge: #767d9a;
    --accent: #aeb6ff; --accent-strong: #cdd2ff; --on-accent: #12163a; --hover: #21253a; --fault: #ff9a90;
  }
}
* { box-sizing: border-box; }
body {
  display: grid; place-items: center; min-height: 100svh; margin: 0; padding: 1.5rem 1rem;
  background: var(--ground); color: var(--ink);
  font: 1rem/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  text-wrap: pretty;
}
main {
  width: 100%; max-width: 27rem; padding: clamp(1.5rem, 6vw, 2.25rem);
  background: var(--card); border: 1px solid var(--line); border-top: 4px solid var(--accent); border-radius: .75rem;
}
h1 { margin: 0 0 .5rem; font-size: 1.625rem; line-height: 1.2; letter-spacing: -.015em; }
p { margin: 0; overflow-wrap: anywhere; }
form { display: grid; grid-template-columns: minmax(0, 1fr); gap: .75rem; margin-top: 1.5rem; }
code { font: .9em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.brand { margin-bottom: 1.25rem; color: var(--accent); font-size: .875rem; font-weight: 650; }
.quiet { display: block; color: var(--quiet); font-size: .875rem; font-weight: 400; }
.note { margin-top: 1.5rem; padding-top: 1rem; border-top: 1px solid var(--line); color: var(--quiet); font-size: .875rem; }
.factor { display: flex; gap: .75rem; align-items: start; padding: .25rem 0; cursor: pointer; }
.factor input { flex: none; width: 1.25rem; height: 1.25rem; margin: .125rem 0 0; accent-color: var(--accent); }
button { border: 1px solid transparent; border-radius: .6rem; font: inherit; color: inherit; cursor: pointer; }
.person {
  display: flex; gap: .9rem; align-items: center; padding: .8rem 1rem; text-align: left;
  overflow-wrap: anywhere; background: none; border-color: var(--edge); transition: background-color .15s, border-color .15s;
}
.person:hover { background: var(--hover); border-color: var(--accent); }
.initial {
  flex: none; display: grid; place-items: center; width: 2.5rem; height: 2.5rem; border-radius: 50%;
  position: relative; overflow: hidden;
  background: var(--accent); color: var(--on-accent); font-weight: 650;
}
.initial::after { content: ''; position: absolute; inset: 0; background: center / cover no-repeat; }
.fault { margin-top: 1rem; padding: .75rem 1rem; border-left: 4px solid var(--fault); background: var(--hover); font-size: .875rem; }
ul { margin: .75rem 0 0; padding-left: 1.25rem; }
a { color: var(--accent); }
.main { padding: .65rem 1.25rem; background: var(--accent); color: var(--on-accent); font-weight: 600; }
.main:hover { background: var(--accent-strong); }
.plain { justify-self: start; padding: .5rem 0; background: none; color: var(--accent); text-decoration: underline; text-underline-offset: .2em; }
.main + .plain { margin-left: 1rem; }
.plain:hover { color: var(--accent-strong); }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
@media (prefers-reduced-motion: reduce) { * { transition: none !important; } }
`;
