/** The middleware of a site: a new one, or the gate in front of the one that is there. */
import { basename, dirname, join, relative, sep } from 'node:path';
import MagicString from 'magic-string';
import { addImports, exportOf } from './init-exports.ts';
import { type ByHand, type Outcome, reasonAgainst, shown, textOf } from './init-files.ts';
import { MATCHER, ownPaths } from './init-matcher.ts';
import type { FoundSite } from './init-site.ts';
import {
  bare,
  endOf,
  freeName,
  memberOf,
  type Node,
  namesIn,
  type Program,
  parsed,
  startOf,
  styled,
  styleOf,
} from './init-source.ts';

const CONFIG = `export const config = { matcher: ${MATCHER} };`;

/** @param rules the configuration of the gate, which may be about to be written */
export function writeMiddleware(site: FoundSite, rules: string): Outcome {
  const [path, other] = site.middlewares;
  const fail = (at: string, why: string): Outcome => ({ byHand: byHand(site, at, rules, why) });
  if (path && other) return fail(path, `Next refuses ${basename(path)} beside ${basename(other)}. Make one of them.`);
  if (path) return joinExisting(site, path, rules);
  const fresh = join(site.base, `middleware.${site.isTyped ? 'ts' : 'js'}`);
  const why = reasonAgainst(fresh, site.folder);
  if (why) return fail(fresh, `${shown(fresh, site.folder)} cannot be made: ${why}.`);
  const lines = [
    "import { gatehouse } from 'next-gatehouse';",
    `import site from '${importOf(rules, fresh)}';`,
    '',
    'export default gatehouse(site);',
    '',
    CONFIG,
    '',
  ];
  return { edit: { path: fresh, before: null, after: styled(lines.join('\n'), site.style) } };
}

function joinExisting(site: FoundSite, path: string, rules: string): Outcome {
  const name = shown(path, site.folder);
  const fail = (why: string): Outcome => ({ byHand: byHand(site, path, rules, why) });
  const before = textOf(path);
  const why = reasonAgainst(path, site.folder);
  const program = before === null ? null : parsed(before, path);
  if (before !== null && program && importsGate(program)) return { notes: matcherNotes(before, name) };
  if (why || before === null) return fail(`${name} cannot be edited: ${why}.`);
  if (!program) return fail(`${name} does not parse.`);
  const after = joined(before, program, { path, from: importOf(rules, path), hasLocales: site.hasLocales });
  if (after.fault !== undefined) return fail(`${name} ${after.fault}.`);
  return parsed(after.text, path)
    ? { edit: { path, before, after: after.text } }
    : fail(`${name} could not be edited safely.`);
}

const importsGate = (program: Program) =>
  program.body.some((one) => one.type === 'ImportDeclaration' && one.source.value === 'next-gatehouse');

type Joined = { readonly text: string; readonly fault?: undefined } | { readonly fault: string };

/** A narrower matcher leaves paths open that no rule opens. */
const matcherNotes = (text: string, name: string): string[] =>
  text.includes('/:path((?!_next/static/).*)?')
    ? []
    : [`${name} calls the gate with a matcher of its own. Without gaps: ${CONFIG}`];

interface Place {
  readonly path: string;
  /** Where the configuration of the gate is imported from. */
  readonly from: string;
  readonly hasLocales: boolean;
}

/** The module of a middleware with the gate in front of what it exports. */
function joined(before: string, program: Program, { path, from, hasLocales }: Place): Joined {
  const kind = /^proxy\./.test(basename(path)) ? 'proxy' : 'middleware'; // Next takes the export of that name first
  const names = namesIn(program);
  const free = freeName(names, kind === 'proxy' ? 'ownProxy' : 'ownMiddleware');
  const [named, byDefault] = [exportOf(program, kind, free), exportOf(program, 'default', free)];
  if (named && byDefault) return { fault: `exports \`${kind}\` and a default` };
  const found = named ?? byDefault;
  if (found === 'unknown') return { fault: 'exports its middleware in a way that cannot be changed safely' };
  if (!found) return { fault: `exports no \`${kind}\` and no default` };
  const config = configOf(program);
  if (config === 'taken')
    return { fault: 'uses the name `config` for something else than the literal that Next reads' };
  const where = config?.matcher ? ownPaths(config.matcher, hasLocales) : 'all';
  if (where === null) return { fault: 'has a matcher that is no literal, has conditions, or names locales' };
  const text = new MagicString(before);
  found.take(text);
  if (config) setMatcher(text, config);
  const isTyped = /\.[mc]?ts$/.test(path);
  const { imports, code } = gateCode({ name: found.name, where, from, names, isTyped, hasConfig: config !== null });
  const style = styleOf(before);
  addImports(
    text,
    program,
    imports.map((line) => styled(line, style)),
    style.end,
  );
  const gap = before.endsWith('\n') ? style.end : style.end + style.end;
  text.append(gap + styled(code.join('\n'), style) + style.end);
  return { text: text.toString() };
}

interface Gate {
  /** Of the middleware of the site. */
  readonly name: string;
  readonly where: 'all' | RegExp;
  /** Where the configuration of the gate is imported from. */
  readonly from: string;
  readonly names: ReadonlySet<string>;
  readonly isTyped: boolean;
  readonly hasConfig: boolean;
}

/** What is added to a module, with names that it does not use. */
function gateCode({ name, where, from, names, isTyped, hasConfig }: Gate): Record<'imports' | 'code', string[]> {
  const [gate, site] = [freeName(names, 'gatehouse', 'gate'), freeName(names, 'site', 'gatehouseSite')];
  const type = where !== 'all' && isTyped ? freeName(names, 'NextMiddleware', 'OwnMiddleware') : null;
  const wrapper = freeName(names, 'onOwnPaths', 'whereItRan');
  const then = where === 'all' ? name : wrapper;
  return {
    imports: [
      ...(type ? [`import type { ${renamed('NextMiddleware', type)} } from 'next/server';`] : []),
      `import { ${renamed('gatehouse', gate)} } from 'next-gatehouse';`,
      `import ${site} from '${from}';`,
    ],
    code: [
      ...(where === 'all' ? [] : [...onOwnPaths({ name, where, names, type, wrapper }), '']),
      `export default ${gate}(${site}, { ${then === 'then' ? then : `then: ${then}`} });`,
      ...(hasConfig ? [] : ['', CONFIG]),
    ],
  };
}

const renamed = (name: string, as: string) => (name === as ? name : `${name} as ${as}`);

interface Filter extends Pick<Gate, 'name' | 'names'> {
  readonly where: RegExp;
  readonly type: string | null;
  readonly wrapper: string;
}

/** The middleware behind the gate runs where its own matcher had it run. */
function onOwnPaths({ name, where, names, type, wrapper }: Filter): string[] {
  const paths = freeName(names, 'ownPaths', 'pathsOfOwn');
  const typed = freeName(names, 'own', 'itself');
  const note = type ? `: ${type}` : '';
  return [
    '/** Where the middleware of this site runs: at the paths of the matcher that it had before the gate. */',
    `const ${paths} = /${where.source}/;`,
    `const ${typed}${note} = ${name};`,
    `const ${wrapper}${note} = (request, event) =>`,
    `  ${paths}.test(request.nextUrl.pathname) ? ${typed}(request, event) : undefined;`,
  ];
}

interface Config {
  readonly object: Node & Readonly<Record<string, unknown>>;
  readonly matcher: Node | undefined;
}

/** `export const config = { … }`; `taken` when the name is used otherwise. */
function configOf(program: Program): Config | 'taken' | null {
  for (const statement of program.body) {
    if (statement.type !== 'ExportNamedDeclaration' || statement.declaration?.type !== 'VariableDeclaration') continue;
    const [declared] = statement.declaration.declarations;
    if (!declared || !('name' in declared.id) || declared.id.name !== 'config') continue;
    const object = declared.init ? bare(declared.init) : undefined;
    if (object?.type !== 'ObjectExpression' || statement.declaration.declarations.length > 1) return 'taken';
    const hasSpread = (object.properties as readonly Node[]).some(({ type }) => type === 'SpreadElement');
    return hasSpread ? 'taken' : { object, matcher: memberOf(object, 'matcher') };
  }
  return namesIn(program).has('config') ? 'taken' : null;
}

function setMatcher(text: MagicString, { object, matcher }: Config): void {
  const style = styleOf(text.original);
  const literal = styled(MATCHER, style);
  if (matcher) {
    text.update(startOf(matcher), endOf(matcher), literal);
    return;
  }
  const isEmpty = (object.properties as readonly unknown[]).length === 0;
  text.appendLeft(startOf(object) + 1, ` matcher: ${literal}${isEmpty ? ' ' : ','}`);
}

function importOf(file: string, from: string): string {
  const path = relative(dirname(from), file)
    .split(sep)
    .join('/')
    .replace(/\.(ts|js)$/, '');
  return path.startsWith('.') ? path : `./${path}`;
}

function byHand(site: FoundSite, path: string, rules: string, why: string): ByHand {
  const lines = [
    "import { gatehouse } from 'next-gatehouse';",
    `import site from '${importOf(rules, path)}';`,
    '',
    '// `own` is the middleware of the site, without an export; without one: gatehouse(site)',
    'export default gatehouse(site, { then: own });',
    '',
    CONFIG,
  ];
  return { path, why, lines: styled(lines.join('\n'), { ...site.style, end: '\n' }).split('\n') };
}
