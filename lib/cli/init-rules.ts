/** The configuration of the gate for a site that has none: what every visitor's browser fetches is open, the rest is closed. */
import { join } from 'node:path';
import { isPattern } from '../policy/check-rules.ts';
import { isBelow } from '../policy/path.ts';
import type { Asked, AskedRule, AskedUpstream } from './init-asked.ts';
import { type Outcome, reasonAgainst, shown, textOf } from './init-files.ts';
import { publicFiles } from './init-public.ts';
import { overlaps, routesOf } from './init-routes.ts';
import type { FoundSite } from './init-site.ts';
import {
  endOf,
  isQuotable,
  literalOf,
  literalsIn,
  memberOf,
  nodesIn,
  type Program,
  parsed,
  startOf,
  styled,
} from './init-source.ts';

export function writeRules(site: FoundSite, asked: Asked): Outcome {
  if (site.gatehouseConfig) return leftToOwner(site, site.gatehouseConfig, asked);
  const path = join(site.base, `gatehouse.config.${site.isTyped ? 'ts' : 'js'}`);
  const { text, notes } = configuration(site, asked);
  const why = reasonAgainst(path, site.folder);
  if (why)
    return { byHand: { path, why: `${shown(path, site.folder)} cannot be made: ${why}.`, lines: text.split(/\r?\n/) } };
  return { edit: { path, before: null, after: text }, notes: [...notes, ...withBasePath(site, asked)] };
}

function withBasePath({ basePath }: FoundSite, { rules, upstreams }: Asked): string[] {
  const paths = [...rules, ...upstreams].map(({ path }) => path).filter((path) => basePath && isBelow(path, basePath));
  if (paths.length === 0) return [];
  return [
    `Rules and upstreams have no base path, so these are below ${basePath}${basePath} in the browser: ${paths.join(', ')}.`,
  ];
}

/** A configuration that is there stays: what it does not have yet is for its owner to add. */
function leftToOwner({ folder }: FoundSite, path: string, { rules, upstreams }: Asked): Outcome {
  const text = textOf(path) ?? '';
  const program = parsed(text, path);
  const named = literalsIn(program);
  const missing = [
    ...rules.filter((rule) => !named.has(rule.path) || isOther(rule, program, text)).map(lineOf),
    ...upstreams.filter((upstream) => !named.has(upstream.path)).map(upstreamLine),
  ];
  if (missing.length === 0) return {};
  const why = `${shown(path, folder)} is the site's own. Rules and upstreams that it does not have:`;
  return { byHand: { path, why, lines: missing } };
}

/** Whether rules for the same path can be read, and none of them requires the same. */
function isOther({ path, allow }: AskedRule, program: Program | null, text: string): boolean {
  const said = [...nodesIn(program)]
    .filter((node) => node.type === 'ObjectExpression' && literalOf(memberOf(node, 'path')) === path)
    .flatMap((rule) => memberOf(rule, 'allow') ?? [])
    .map((node) => plain(text.slice(startOf(node), endOf(node))));
  return said.length > 0 && !said.includes(plain(allow));
}

/** Code without what a formatter decides. */
const plain = (code: string) =>
  code
    .replace(/["`]/g, "'")
    .replace(/\s+/g, '')
    .replace(/,(?=[\]}])/g, '');

/** Rules have no locale: the configuration names those that stand in front of every path. */
const withoutLocale =
  ({ locales }: FoundSite) =>
  (path: string) =>
    locales.length > 0 ? path.replace(/^\/:\w+(?=\/)/, '') : path;

const isWritable = (path: string) => isPattern(path) && isQuotable(path);

const isAsked = ({ rules }: Asked, path: string) => rules.some((rule) => rule.path === path);

/** Looked for on every site, there or not. */
const ALWAYS = ['/favicon.ico', '/robots.txt', '/.well-known/*'];

function configuration(site: FoundSite, asked: Asked): { readonly text: string; readonly notes: readonly string[] } {
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
    .filter((path) => !isAsked(asked, path))
    .sort();
  const closed = named.filter((path) => !literal.includes(path) && !isSafe(path));
  return {
    text: styled(
      rulesText(site, { asked, cookieless, pictures: files.open.filter((path) => !isAsked(asked, path)) }),
      site.style,
    ),
    notes: [
      ...files.notes,
      ...(closed.length > 0 ? [`No rule opens ${closed.join(', ')}: pages of the site answer at such paths too.`] : []),
    ],
  };
}

interface Parts {
  readonly asked: Asked;
  readonly cookieless: readonly string[];
  readonly pictures: readonly string[];
}

const lineOf = ({ path, allow }: AskedRule) => `{ path: '${path}', allow: ${allow} },`;
const upstreamLine = ({ path, variable }: AskedUpstream) =>
  `{ path: '${path}', to: env('${variable}'), token: 'user' },`;
const indented = (line: string) => `  ${line}`;

function rulesText(site: FoundSite, { asked, cookieless, pictures }: Parts): string {
  const rule = (allow: string) => (path: string) => indented(lineOf({ path, allow: `'${allow}'` }));
  const ofOwner = asked.rules
    .filter(({ path }) => path !== '/*')
    .map(lineOf)
    .map(indented);
  const lines = [
    ...(ofOwner.length > 0 ? ['  // As asked for. The first rule that matches decides.', ...ofOwner] : []),
    ...(isAsked(asked, '/')
      ? []
      : ['  // The start page, with or without a session: a sign-out leads to it.', rule('optional')('/')]),
    '  // What browsers and crawlers fetch without cookies.',
    ...cookieless.map(rule('public')),
    ...(pictures.length > 0 ? ['  // Files of public/ that pages show to every visitor.'] : []),
    ...pictures.map(rule('public')),
    ...others(asked),
  ];
  return moduleText(site, ['const rules = defineRules([', ...lines, ']);', ''], asked.upstreams);
}

/** For what no rule before names. One for the site as a whole stands here: first, it would take everything from the others. */
function others({ rules }: Asked): string[] {
  const whole = rules.filter(({ path }) => path === '/*');
  if (whole.length > 0) return ['  // Every other path, as asked for:', ...whole.map(lineOf).map(indented)];
  if (rules.some(({ allow }) => allow.includes('roles'))) return ['  // Every other path needs a session.'];
  return [
    '  // Every other path needs a session. A part for a role:',
    "  // { path: '/admin/*', allow: { roles: ['admin'] } },",
  ];
}

function moduleText({ isTyped, locales }: FoundSite, rules: readonly string[], upstreams: Asked['upstreams']): string {
  const hasUpstreams = upstreams.length > 0;
  const members = [
    'rules',
    ...(hasUpstreams ? ['upstreams'] : []),
    ...(locales.length > 0 ? [`locales: [${locales.map((one) => `'${one}'`).join(', ')}]`] : []),
  ].join(', ');
  const names = ['defineRules', ...(hasUpstreams ? ['defineUpstreams', 'env'] : [])];
  const table = hasUpstreams
    ? ['const upstreams = defineUpstreams([', ...upstreams.map(upstreamLine).map(indented), ']);', '']
    : [];
  const imported = [...names, ...(isTyped ? ['type GatehouseConfig'] : [])].join(', ');
  const exported = isTyped
    ? [`export default { ${members} } satisfies GatehouseConfig;`]
    : [
        '/** @type {import("next-gatehouse").GatehouseConfig} */',
        `const site = { ${members} };`,
        '',
        'export default site;',
      ];
  return [`import { ${imported} } from 'next-gatehouse';`, '', ...rules, ...table, ...exported, ''].join('\n');
}
