/** The configuration of the gate for a site that has none: what every visitor's browser fetches is open, the rest is closed. */
import { join } from 'node:path';
import { isPattern } from '../policy/check-rules.ts';
import { type Outcome, reasonAgainst, shown } from './init-files.ts';
import { publicFiles } from './init-public.ts';
import { overlaps, routesOf } from './init-routes.ts';
import type { FoundSite } from './init-site.ts';
import { styled } from './init-source.ts';

export function writeRules(site: FoundSite): Outcome {
  if (site.gatehouseConfig) return {};
  const path = join(site.base, `gatehouse.config.${site.isTyped ? 'ts' : 'js'}`);
  const { text, notes } = configuration(site);
  const why = reasonAgainst(path, site.folder);
  if (why)
    return { byHand: { path, why: `${shown(path, site.folder)} cannot be made: ${why}.`, lines: text.split(/\r?\n/) } };
  return { edit: { path, before: null, after: text }, notes };
}

/** Rules have no locale: the configuration names those that stand in front of every path. */
const withoutLocale =
  ({ locales }: FoundSite) =>
  (path: string) =>
    locales.length > 0 ? path.replace(/^\/:\w+(?=\/)/, '') : path;

const isWritable = (path: string) => isPattern(path) && !/['"]/.test(path);

/** Looked for on every site, there or not. */
const ALWAYS = ['/favicon.ico', '/robots.txt', '/.well-known/*'];

function configuration(site: FoundSite): { readonly text: string; readonly notes: readonly string[] } {
  const routes = routesOf(site);
  const files = publicFiles(join(site.folder, 'public'), routes.pages);
  const others = (pattern: string) => routes.pages.filter((route) => route !== pattern);
  /** A pattern that a dynamic route can answer as well would open that page. */
  const isSafe = (pattern: string) => isWritable(pattern) && !others(pattern).some((route) => overlaps(route, pattern));
  const named = [...routes.cookieless.map(withoutLocale(site)), ...files.cookieless];
  const literal = named.filter((path) => !/[:*]/.test(path) && isWritable(path));
  const patterns = [...named, ...ALWAYS].filter((path) => !literal.includes(path) && isSafe(path));
  const wellKnown = patterns.includes('/.well-known/*');
  const cookieless = [...new Set([...literal, ...patterns])]
    .filter((path) => !wellKnown || path === '/.well-known/*' || !path.startsWith('/.well-known/'))
    .sort();
  const closed = named.filter((path) => !literal.includes(path) && !isSafe(path));
  return {
    text: styled(rulesText(site, cookieless, files.open), site.style),
    notes: [
      ...files.notes,
      ...(closed.length > 0 ? [`No rule opens ${closed.join(', ')}: pages of the site answer at such paths too.`] : []),
    ],
  };
}

function rulesText(site: FoundSite, cookieless: readonly string[], pictures: readonly string[]): string {
  const rule = (allow: string) => (path: string) => `  { path: '${path}', allow: '${allow}' },`;
  const { locales } = site;
  const members = locales.length > 0 ? `rules, locales: [${locales.map((one) => `'${one}'`).join(', ')}]` : 'rules';
  const lines = [
    '  // The start page, with or without a session: a sign-out leads to it.',
    rule('optional')('/'),
    '  // What browsers and crawlers fetch without cookies.',
    ...cookieless.map(rule('public')),
    ...(pictures.length > 0 ? ['  // Files of public/ that pages show to every visitor.'] : []),
    ...pictures.map(rule('public')),
    '  // Every other path needs a session. A part for a role:',
    "  // { path: '/admin/*', allow: { roles: ['admin'] } },",
  ];
  const table = ['const rules = defineRules([', ...lines, ']);', ''];
  return site.isTyped
    ? [
        "import { defineRules, type GatehouseConfig } from 'next-gatehouse';",
        '',
        ...table,
        `export default { ${members} } satisfies GatehouseConfig;`,
        '',
      ].join('\n')
    : [
        "import { defineRules } from 'next-gatehouse';",
        '',
        ...table,
        '/** @type {import("next-gatehouse").GatehouseConfig} */',
        `const site = { ${members} };`,
        '',
        'export default site;',
        '',
      ].join('\n');
}
