/**
 * Where a build uses Draft Mode or preview data. Next calls no middleware for a request whose header
 * `x-prerender-revalidate` holds the build's preview id, and both features send that id to browsers, as the cookie
 * `__prerender_bypass`.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { readManifest } from './manifests.ts';
import { unique } from './sample-paths.ts';

/**
 * Next's own implementation is in nearly every build, so the word alone is no evidence; a use by the site is. It is looked
 * for in the bundles, in the sources that their source maps keep, and in the packages outside of the bundles, which
 * the traces of the build list.
 *
 * @returns the files that use it
 */
export function draftModeUses(build: string): string[] {
  const server = join(build, 'server');
  const traces = filesBelow(server, /\.nft\.json$/);
  const bundled = filesBelow(server, SCRIPT).flatMap(usesInBundle);
  const packages = unique(traces.flatMap(tracedFiles)).filter(
    (file) => relative(build, file).startsWith('..') && importsDraftMode(readFileSync(file, 'utf8')),
  );
  return unique(
    [...bundled, ...usesAtEdge(build), ...packages, ...previewUses(server, traces)].map((file) => nameOf(file, build)),
  ).sort();
}

const SCRIPT = /\.[cm]?js$/;
const NEXT_ITSELF = /[\\/]node_modules[\\/]next[\\/]/;
/** Lines of nothing else. To look for the end of a comment in between would take `'/*'` for the start of one. */
const COMMENTS = /^\s*(?:\/\/|\*(?:\s|$)|\/\*(?!.*\*\/\s*\S)).*$/gm;

const MEMBER = String.raw`(?:\.\s*draftMode\b|\[\s*["']draftMode["']\s*\])`;
/** What bundlers make of `import` and `require`: a call with the number or the name of a module. */
const MODULE = String.raw`[\w$]+(?:\.[\w$]+)?\(\s*(?:\/\*.*?\*\/\s*)?(?:\d+|["'][^"']*["'])`;
/** How a site's use of `draftMode` looks in a bundle, and Next's own does not. */
const USES = [
  new RegExp(String.raw`${MEMBER}\s*\)?\s*(?:\?\.\s*)?\(`), // (0, headers.draftMode)()
  // module(1).draftMode; but `exports.draftMode = module(1).draftMode` is how Next passes it on.
  new RegExp(String.raw`(?<!draftMode\s*=\s*|[\w$.])${MODULE}[^()]*\)\s*${MEMBER}`),
  new RegExp(String.raw`next(?:_|\$2f\$)headers[\w$]*${MEMBER}`),
  new RegExp(String.raw`\{[^{}()]*\bdraftMode\b[^{}()]*\}\s*=\s*(?:await\s+)?(?:${MODULE}|Promise\.\w+\()`),
];

function usesInBundle(file: string): string[] {
  const sources = sourcesOf(`${file}.map`, 'draftMode').filter(({ text }) => importsDraftMode(text));
  if (sources.length > 0) return sources.map(({ path }) => path);
  const code = readFileSync(file, 'utf8');
  return USES.some((shape) => shape.test(code)) ? [file] : [];
}

/** A text in Next's implementation of it. */
const IMPLEMENTATION = 'draftMode().enable()';

/**
 * Bundlers take what is not used out of the code for the edge, and may put the rest of it where it is called; so there the
 * implementation is evidence, where no use can be named.
 */
function usesAtEdge(build: string): string[] {
  const files = edgeFiles(build).filter((file) => SCRIPT.test(file) && existsSync(file));
  if (files.some((file) => usesInBundle(file).length > 0)) return [];
  return files.filter((file) => readFileSync(file, 'utf8').includes(IMPLEMENTATION));
}

interface Source {
  readonly path: string;
  readonly text: string;
}

interface SourceMap {
  readonly sources?: readonly string[];
  readonly sourcesContent?: readonly (string | null)[];
  readonly sections?: readonly { readonly map: SourceMap }[];
}

/** The sources of a bundle that are not Next's, as far as a source map keeps them; none where the word is in none of them. */
function sourcesOf(map: string, word = ''): Source[] {
  if (!existsSync(map)) return [];
  const content = readFileSync(map);
  if (!content.includes(word)) return []; // most of a build, which need not be parsed then
  const whole: SourceMap = JSON.parse(content.toString());
  return [whole, ...(whole.sections ?? []).map((section) => section.map)]
    .flatMap(({ sources = [], sourcesContent = [] }) =>
      sources.map((path, place) => ({ path, text: sourcesContent[place] ?? '' })),
    )
    .filter(({ path }) => !NEXT_ITSELF.test(path));
}

/** @param text of a module as it was written */
const importsDraftMode = (text: string) =>
  /["']next\/headers(?:\.js)?["']/.test(text) && /\bdraftMode\b/.test(text.replace(COMMENTS, ''));

/** API routes of the Pages Router find these two at the response, and no other code does. */
const PREVIEW = /\b(?:setPreviewData|setDraftMode)\b/;
const previews = (text: string) => PREVIEW.test(text.replace(COMMENTS, ''));
const API_ROUTE = /[\\/]server[\\/]pages[\\/]api(?:[\\/].*)?\.js$/;

function previewUses(server: string, traces: readonly string[]): string[] {
  const entries = filesBelow(server, SCRIPT).filter((file) => API_ROUTE.test(file));
  const others = traces.filter((trace) => API_ROUTE.test(trace.replace(/\.nft\.json$/, ''))).flatMap(tracedFiles);
  return [...entries, ...others].flatMap((file) => {
    if (!previews(readFileSync(file, 'utf8'))) return [];
    const sources = sourcesOf(`${file}.map`).filter(({ text }) => previews(text));
    return sources.length > 0 ? sources.map(({ path }) => path) : [file];
  });
}

/** The code that an entry of the build needs at run time, without Next's. */
function tracedFiles(trace: string): string[] {
  const { files }: { readonly files: readonly string[] } = JSON.parse(readFileSync(trace, 'utf8'));
  return files
    .map((file) => resolve(dirname(trace), file))
    .filter((file) => SCRIPT.test(file) && !NEXT_ITSELF.test(file) && existsSync(file));
}

function edgeFiles(build: string): string[] {
  const { middleware = {}, functions = {} } = readManifest(build, 'server/middleware-manifest.json');
  const entries = [...Object.values(middleware), ...Object.values(functions)];
  return entries.flatMap(({ files = [] }) => files.map((file) => join(build, file)));
}

const filesBelow = (folder: string, wanted: RegExp): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => wanted.test(name))
        .map((name) => join(folder, name))
    : [];

/** As it is called within the build, within its packages, or in front of the bundler. */
function nameOf(file: string, build: string): string {
  if (file.startsWith(build)) return relative(build, file);
  const bare = file.replace(/^[a-z]+:\/\/\/?(?:_N_E\/|\[project\]\/)?/, '').replace(/^(?:\.{1,2}\/)+/, '');
  return bare.slice(Math.max(0, bare.lastIndexOf('node_modules/')));
}
