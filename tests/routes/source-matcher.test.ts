import { getPathMatch } from 'next/dist/shared/lib/router/utils/path-match.js';
import { describe, expect, it } from 'vitest';
import { sourceMatcher } from '../../lib/cli/rewrites.ts';

const SOURCES = [
  ...['/', '/docs', '/Docs/', '/docs/:slug', '/docs/:slug*', '/docs/:slug+', '/docs/:slug?', '/:path*', '/:a/:b'],
  ...['/docs/:slug(\\d+)', '/docs/:slug(\\w{2,})/edit', '/:file.html', '/(en|id)/docs', '/((?!api/).*)', '/a(.*)'],
  ...['/docs/:first-:second', '/:nextInternalLocale(en|id)/docs/:path*', '/cdn/_next/:path+', '/caf%C3%A9'],
];
const PATHS = [
  ...['/', '/docs', '/docs/', '/DOCS', '/docs/free', '/docs/7', '/docs/any/thing', '/docs/ab/edit', '/index.html'],
  ...['/en/docs', '/id/docs/any', '/api/x', '/apix', '/a', '/a/b', '/docs/a-b', '/docs/a%20b', '/docs/a%2Fb', '//docs'],
  ...['/cdn/_next/static/x.js', '/cdn/_next/', '/caf%C3%A9', '/café'],
];

describe('the source of a rewrite', () => {
  it.each(SOURCES)('%s serves the paths that Next says, with the parameters that Next finds', (source) => {
    const next = getPathMatch(source, { strict: true, removeUnnamedParams: true });
    const matches = sourceMatcher(source);
    expect(PATHS.map((path) => [path, matches(path) ?? false])).toEqual(PATHS.map((path) => [path, next(path)]));
  });
});
