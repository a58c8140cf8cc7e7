/** How a module exports a value, and how that export is taken away so that the value stays under a name. */
import type MagicString from 'magic-string';
import { bare, endOf, keyOf, type Node, type Program, type Statement, startOf } from './init-source.ts';

/** An export that is found, and can be taken away. */
export interface Exported {
  /** The name of the value afterwards; `free` where it has none of its own. */
  readonly name: string;
  take(text: MagicString): void;
}

/** The export is there, in a form that cannot be taken away safely. */
export type Found = Exported | 'unknown' | null;

/**
 * The export of a module by its name.
 *
 * @param name `default`, or another
 * @param free a name that the module does not use
 */
export function exportOf(program: Program, name: string, free: string): Found {
  const found = program.body.flatMap((statement) => {
    const one =
      name === 'default' && statement.type === 'ExportDefaultDeclaration'
        ? ofDefault(statement, free)
        : ofNamed(statement, name, free);
    return one === null ? [] : [one];
  });
  return found.length > 1 ? 'unknown' : (found[0] ?? null);
}

type Default = Extract<Statement, { type: 'ExportDefaultDeclaration' }>;
type Named = Extract<Statement, { type: 'ExportNamedDeclaration' }>;

function ofDefault(statement: Default, free: string): Exported {
  const { declaration } = statement;
  const { id } = declaration as { id?: { name: string } | null };
  const from = startOf(statement);
  if (/^(Function|Class)Declaration$/.test(declaration.type) && id)
    return { name: id.name, take: (text) => void text.remove(from, startOf(declaration)) };
  const value = bare(declaration);
  if (value.type === 'Identifier') return { name: String(value.name), take: (text) => removeLine(text, statement) };
  const isFunction = declaration.type === 'FunctionDeclaration'; // without a name, and so without a semicolon
  return {
    name: free,
    take(text) {
      text.update(from, from + 'export default'.length, `const ${free} =`);
      if (isFunction) text.appendLeft(endOf(statement), ';');
    },
  };
}

function ofNamed(statement: Statement, name: string, free: string): Found {
  if (statement.type === 'ExportAllDeclaration') return name === 'default' ? null : 'unknown';
  if (statement.type !== 'ExportNamedDeclaration') return null;
  const { declaration } = statement;
  if (!declaration) return ofSpecifier(statement, name, free);
  const names =
    'declarations' in declaration
      ? declaration.declarations.map(({ id }) => keyOf(id))
      : [keyOf((declaration as { id?: unknown }).id)];
  if (!names.includes(name)) return null;
  if (names.length > 1) return 'unknown';
  return { name, take: (text) => void text.remove(startOf(statement), startOf(declaration)) };
}

/** `export { a as b }`, with `from` or without. */
function ofSpecifier(statement: Named, name: string, free: string): Found {
  const { specifiers, source } = statement;
  const specifier = specifiers.find((one) => keyOf((one as { exported?: unknown }).exported) === name);
  if (!specifier) return null;
  if (specifier.type !== 'ExportSpecifier') return 'unknown';
  const local = keyOf(specifier.local) ?? '';
  if (source === null || source === undefined)
    return {
      name: local,
      take(text) {
        if (specifiers.length === 1) removeLine(text, statement);
        else removeSpecifier(text, specifiers, specifier);
      },
    };
  if (specifiers.length > 1) return 'unknown';
  const imported = local === 'default' ? free : `{ ${local} as ${free} }`;
  const until = endOf(specifier);
  return {
    name: free,
    take(text) {
      const brace = text.original.indexOf('}', until);
      text.update(startOf(statement), brace + 1, `import ${imported}`);
    },
  };
}

function removeSpecifier(text: MagicString, all: readonly Node[], one: Node): void {
  const place = all.indexOf(one);
  const [before, after] = [all[place - 1], all[place + 1]];
  if (after) text.remove(startOf(one), startOf(after));
  else if (before) text.remove(endOf(before), endOf(one));
}

/** A statement and the end of its line. */
function removeLine(text: MagicString, statement: Node): void {
  const end = endOf(statement);
  const [line = ''] = /^[^\S\r\n]*(\r?\n)?/.exec(text.original.slice(end)) ?? [];
  text.remove(startOf(statement), end + line.length);
}

/** Where imports of a module may be added: after the last one, or before the first statement, directives left alone. */
export function addImports(text: MagicString, program: Program, lines: readonly string[], end: string): void {
  const imports = program.body.filter(
    ({ type }) => type === 'ImportDeclaration' || type === 'TSImportEqualsDeclaration',
  );
  const last = imports.at(-1) ?? program.directives.at(-1);
  if (last) {
    text.appendLeft(endOf(last), end + lines.join(end));
    return;
  }
  const mark = text.original.startsWith('\uFEFF') ? 1 : 0;
  const hash = program.interpreter ? endOf(program.interpreter) + 1 : mark;
  text.appendLeft(hash, lines.join(end) + end + end);
}
