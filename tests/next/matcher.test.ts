import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as pageInfo from 'next/dist/build/analysis/get-page-static-info.js';
import { describe, expect, it } from 'vitest';

type MatchersOf = (matcher: readonly object[], site: object) => readonly { readonly regexp: string }[];
const { getMiddlewareMatchers } = pageInfo as unknown as { getMiddlewareMatchers: MatchersOf };

const middleware = readFileSync(join(import.meta.dirname, '../../middleware.ts'), 'utf8');
const [, source = ''] = /source: '([^']+)', locale: false/.exec(middleware) ?? [];

describe.each([
  ['', undefined],
  ['/base', undefined],
  ['', ['en', 'id']],
  ['/base', ['en', 'id']],
])('the matcher of middleware.ts, with the base path %j and the locales %j', (basePath, locales) => {
  const i18n = locales && { locales, defaultLocale: 'en' };
  const expressions = getMiddlewareMatchers([{ source, locale: false }], { basePath, i18n });
  const isMatched = (path: string) => expressions.some(({ regexp }) => new RegExp(regexp).test(path));

  it('has the start page in every spelling', () => {
    const spellings = [basePath || '/', `${basePath}/`, `${basePath}/index`, `${basePath}/en`, `${basePath}/en/`];
    const transports = [`${basePath}.rsc`, `${basePath}/index.rsc`, `${basePath}/_next/data/build/index.json`];
    expect([...spellings, ...transports].filter((path) => !isMatched(path))).toEqual([]);
  });

  it('leaves out the build’s static files, and nothing beside them', () => {
    expect(isMatched(`${basePath}/_next/static/chunks/a.js`)).toBe(false);
    const beside = ['/_next/static', '/_next/staticky/a.js', '/_next/image', '/en/_next/static/a.js', '/a/b/c.js'];
    expect(beside.filter((path) => !isMatched(basePath + path))).toEqual([]);
  });
});
