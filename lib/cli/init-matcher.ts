/** The matcher that a site's own middleware has, as a pattern: behind the gate it must run for the same paths. */
import { pathToRegexp } from 'path-to-regexp';
import { bare, literalOf, memberOf, type Node } from './init-source.ts';

/** The README's; Next reads it from the file without running it. */
export const MATCHER = "[{ source: '/:path((?!_next/static/).*)?', locale: false }]";

const ALL = new Set(['/:path*', '/(.*)', '/((?!_next/static/).*)', '/:path((?!_next/static/).*)?']);

/**
 * Where the middleware of a site runs.
 *
 * @param matcher the value of `config.matcher`
 * @param hasLocales whether Next takes locales off paths (`i18n`), so that `nextUrl.pathname` is less than `locale: false` compares
 * @returns `all`, a regular expression that `nextUrl.pathname` is tested with, or null when it cannot be told
 */
export function ownPaths(matcher: Node, hasLocales: boolean): 'all' | RegExp | null {
  const value = bare(matcher);
  const entries = value.type === 'ArrayExpression' ? (value.elements as readonly (Node | null)[]) : [value];
  const sources = entries.map((entry) => (entry ? sourceOf(entry, hasLocales) : undefined));
  if (sources.length === 0 || sources.some((source) => source === undefined)) return null;
  const known = sources as string[];
  if (known.some((source) => ALL.has(source))) return 'all';
  try {
    return new RegExp(known.map(patternOf).join('|')); // as Next compiles them: with case, `strict` off
  } catch {
    return null;
  }
}

/** Conditions (`has`, `missing`), `basePath: false` and a locale in the source are more than `nextUrl.pathname` says. */
function sourceOf(entry: Node, hasLocales: boolean): string | undefined {
  const { type, properties } = bare(entry) as Node & { properties?: readonly unknown[] };
  if (type !== 'ObjectExpression') return literalOf(entry);
  const locale = memberOf(entry, 'locale');
  const isPlain = properties?.length === 1 || (properties?.length === 2 && locale !== undefined);
  const source = isPlain ? literalOf(memberOf(entry, 'source')) : undefined;
  return locale !== undefined && hasLocales && !ALL.has(source ?? '') ? undefined : source;
}

function patternOf(source: string): string {
  if (!source.startsWith('/')) throw new TypeError('Next refuses it');
  return pathToRegexp(source).source;
}
