/** Source text of a site: parsed, and in the style that it is written in. */
import parser from '@babel/parser';

export type Program = ReturnType<typeof parser.parse>['program'];
export type Statement = Program['body'][number];

/** Any node of the tree, as far as places in the text need it. */
export interface Node {
  readonly type: string;
  readonly start?: number | null;
  readonly end?: number | null;
}

/** A module of a site; JSX is read where a file may have it. */
export function parse(text: string, path: string): Program {
  const isTyped = /\.[mc]?tsx?$/.test(path);
  return parser.parse(text, {
    sourceType: 'unambiguous',
    plugins: [
      ...(isTyped ? (['typescript'] as const) : []),
      ...(/\.[mc]?ts$/.test(path) ? [] : (['jsx'] as const)),
      'decorators',
      'explicitResourceManagement',
    ],
  }).program;
}

/** @returns null when the text does not parse */
export function parsed(text: string, path: string): Program | null {
  try {
    return parse(text, path);
  } catch {
    return null;
  }
}

export const startOf = (node: Node): number => node.start ?? 0;
export const endOf = (node: Node): number => node.end ?? 0;

const isNode = (value: unknown): value is Node & Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && typeof (value as Node).type === 'string';

/** All nodes below one, comments left out. */
export function* nodesIn(node: unknown): Generator<Node & Readonly<Record<string, unknown>>> {
  if (Array.isArray(node)) for (const one of node) yield* nodesIn(one);
  if (!isNode(node)) return;
  yield node;
  for (const [name, value] of Object.entries(node))
    if (typeof value === 'object' && !/^(loc|extra|errors|comments|\w+Comments)$/.test(name)) yield* nodesIn(value);
}

/** Every name that a module uses, whatever for. */
export const namesIn = (program: Program): ReadonlySet<string> =>
  new Set([...nodesIn(program)].flatMap((node) => (node.type === 'Identifier' ? [String(node.name)] : [])));

/** The first of the names that a module does not use. */
export function freeName(used: ReadonlySet<string>, ...names: readonly string[]): string {
  const numbered = Array.from({ length: used.size + 1 }, (_, place) => `${names[0]}${place + 2}`);
  return [...names, ...numbered].find((name) => !used.has(name)) ?? '';
}

/** What an expression is without the notes of TypeScript around it. */
export function bare(node: Node): Node & Readonly<Record<string, unknown>> {
  const one = node as Node & Readonly<Record<string, unknown>>;
  const isWrapped = /^TS(As|Satisfies|NonNull)Expression$|^TSTypeAssertion$|^ParenthesizedExpression$/.test(node.type);
  return isWrapped && isNode(one.expression) ? bare(one.expression) : one;
}

/** The text of a literal without expressions in it; undefined for anything else. */
export function literalOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  const one = bare(node);
  if (one.type === 'StringLiteral') return String(one.value);
  const quasis = one.type === 'TemplateLiteral' && Array.isArray(one.quasis) ? one.quasis : [];
  return quasis.length === 1 ? (quasis[0]?.value?.cooked ?? undefined) : undefined;
}

/** Every text that stands in a module, or a part of one, as a literal. */
export const literalsIn = (part: unknown): ReadonlySet<string> =>
  new Set([...nodesIn(part)].flatMap((node) => literalOf(node) ?? []));

/** The texts of a list of literals; undefined for anything else. */
export function literalsOf(node: unknown): string[] | undefined {
  const list = isNode(node) ? bare(node) : undefined;
  if (list?.type !== 'ArrayExpression' || !Array.isArray(list.elements)) return undefined;
  const texts = list.elements.map(literalOf);
  return texts.every((text) => text !== undefined) ? (texts as string[]) : undefined;
}

/** The value of a member of an object literal. */
export function memberOf(object: Node, name: string): (Node & Readonly<Record<string, unknown>>) | undefined {
  const { properties } = bare(object) as { properties?: readonly Readonly<Record<string, unknown>>[] };
  const found = properties?.find(({ type, key }) => type === 'ObjectProperty' && keyOf(key) === name);
  return isNode(found?.value) ? found.value : undefined;
}

export const keyOf = (key: unknown): string | undefined =>
  isNode(key) && key.type === 'Identifier' ? String(key.name) : literalOf(key);

/** Whether a text can stand in a literal of either quote as it is, but for backslashes. */
export const isQuotable = (text: string): boolean => !/['"\p{Cc}]/u.test(text);

/** How a file is written. */
export interface Style {
  readonly quote: "'" | '"';
  readonly semicolon: ';' | '';
  readonly indent: string;
  readonly end: '\n' | '\r\n';
}

export const STYLE: Style = { quote: "'", semicolon: ';', indent: '  ', end: '\n' };

/** The style of a file by what most of it has; that of `fallback` where it says nothing. */
export function styleOf(text: string, fallback: Style = STYLE): Style {
  const code = text.replace(/[^\S\r\n]*\/\/.*$/gm, '');
  const count = (pattern: RegExp) => code.match(pattern)?.length ?? 0;
  const [single, double] = [count(/'[^'"\n]*'/g), count(/"[^'"\n]*"/g)];
  const statements =
    /^(?:import|const|let|export \{|export const|export default (?!async |function|class)|module\.exports).*[\w)}\]'"]\r?$/gm;
  const [open, closed] = [count(statements), count(/;\s*$/gm)];
  return {
    quote: single === double ? fallback.quote : single > double ? "'" : '"',
    semicolon: open === closed ? fallback.semicolon : closed > open ? ';' : '',
    indent: /^(\t|(?: {2}){1,2})\S/m.exec(text)?.[1] ?? fallback.indent,
    end: text.includes('\n') ? (text.includes('\r\n') ? '\r\n' : '\n') : fallback.end,
  };
}

/** Code that is written here with single quotes, semicolons and two spaces, in another style. */
export function styled(code: string, { quote, semicolon, indent, end }: Style): string {
  return code
    .split('\n')
    .map((line) => line.replace(/^(?: {2})+/, (spaces) => indent.repeat(spaces.length / 2)))
    .map((line) => (/^\s*(\/\/ [^{]|\/\*|\*)/.test(line) ? line : line.replace(/'([^'"\n]*)'/g, `${quote}$1${quote}`)))
    .map((line) => (semicolon === '' ? line.replace(/;$/, '') : line))
    .join(end);
}
