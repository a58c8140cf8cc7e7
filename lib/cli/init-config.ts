/** The configuration of Next, inside `withGatehouse()`. */
import { join } from 'node:path';
import MagicString from 'magic-string';
import { addImports, exportOf } from './init-exports.ts';
import { type ByHand, type Outcome, reasonAgainst, shown, textOf } from './init-files.ts';
import type { FoundSite } from './init-site.ts';
import {
  endOf,
  freeName,
  type Node,
  namesIn,
  nodesIn,
  type Program,
  parsed,
  type Style,
  startOf,
  styled,
  styleOf,
} from './init-source.ts';

const PACKAGE = 'next-gatehouse/config';

export function wrapConfig(site: FoundSite): Outcome {
  const [path, other] = site.nextConfigs;
  if (!path) return freshConfig(site);
  const notes = other ? [`Next reads ${shown(path, site.folder)} and not ${shown(other, site.folder)}.`] : [];
  return { ...wrapFile(site, path), notes };
}

function freshConfig(site: FoundSite): Outcome {
  const path = join(site.folder, `next.config.${site.isTyped ? 'ts' : 'mjs'}`);
  const text = styled(`import { withGatehouse } from '${PACKAGE}';\n\nexport default withGatehouse({});\n`, site.style);
  const why = reasonAgainst(path, site.folder);
  if (why) return { byHand: byHand(path, `${shown(path, site.folder)} cannot be made: ${why}.`, false) };
  return { edit: { path, before: null, after: text } };
}

function wrapFile(site: FoundSite, path: string): Outcome {
  const name = shown(path, site.folder);
  const before = textOf(path);
  const program = before === null ? null : parsed(before, path);
  if (program && isWrapped(program)) return {};
  const isCommonJs = /\b(module\.exports|require\()/.test(before ?? '') && !/^\s*(import|export)\b/m.test(before ?? '');
  const fail = (why: string): Outcome => ({ byHand: byHand(path, `${name} ${why}.`, isCommonJs) });
  const why = reasonAgainst(path, site.folder);
  if (why || before === null) return fail(`cannot be edited: ${why}`);
  if (!program) return fail('does not parse');
  const after = wrapped(before, program);
  if (after === null) return fail('exports its configuration in a way that cannot be changed safely');
  return parsed(after, path) ? { edit: { path, before, after } } : fail('could not be edited safely');
}

/** Whether the module names the package at all. */
const isWrapped = (program: Program) =>
  [...nodesIn(program)].some((node) => node.type === 'StringLiteral' && node.value === PACKAGE);

function wrapped(before: string, program: Program): string | null {
  const names = namesIn(program);
  const wrapper = freeName(names, 'withGatehouse', 'inGatehouse');
  const text = new MagicString(before);
  const style = styleOf(before);
  const assigned = commonJsValue(program);
  const byDefault = exportOf(program, 'default', freeName(names, 'nextConfig', 'siteConfig'));
  if (assigned === 'unknown' || byDefault === 'unknown' || (assigned && byDefault)) return null;
  if (assigned) {
    wrap(text, assigned, wrapper);
    const renamed = wrapper === 'withGatehouse' ? wrapper : `withGatehouse: ${wrapper}`;
    addRequire(text, program, styled(`const { ${renamed} } = require('${PACKAGE}');`, style), style);
    return text.toString();
  }
  if (!byDefault) return null;
  const statement = program.body.find(({ type }) => type === 'ExportDefaultDeclaration');
  const value = statement?.type === 'ExportDefaultDeclaration' ? statement.declaration : undefined;
  const stays = value && !('id' in value && value.id) && value.type !== 'ClassDeclaration';
  if (stays) {
    wrap(text, value, wrapper);
    if (value.type === 'FunctionDeclaration') text.appendRight(endOf(value), style.semicolon);
  } else {
    byDefault.take(text);
    const gap = before.endsWith('\n') ? style.end : style.end + style.end;
    text.append(`${gap}export default ${wrapper}(${byDefault.name})${style.semicolon}${style.end}`);
  }
  const renamed = wrapper === 'withGatehouse' ? wrapper : `withGatehouse as ${wrapper}`;
  addImports(text, program, [styled(`import { ${renamed} } from '${PACKAGE}';`, style)], style.end);
  return text.toString();
}

function wrap(text: MagicString, value: Node, wrapper: string): void {
  text.appendLeft(startOf(value), `${wrapper}(`);
  text.prependRight(endOf(value), ')');
}

/** What a module assigns to `module.exports`, once and at its top; `unknown` for anything else that sets its exports. */
function commonJsValue(program: Program): Node | 'unknown' | null {
  const uses = [...nodesIn(program)].filter(isExports).length;
  if (uses === 0) return null;
  const found = program.body.flatMap((one) =>
    one.type === 'ExpressionStatement' &&
    one.expression.type === 'AssignmentExpression' &&
    one.expression.operator === '=' &&
    isExports(one.expression.left)
      ? [one.expression.right]
      : [],
  );
  return uses === 1 && found.length === 1 ? (found[0] ?? 'unknown') : 'unknown';
}

function isExports(node: Node): boolean {
  const { type, object, property } = node as Node & { object?: Named; property?: Named };
  return type === 'MemberExpression' && object?.name === 'module' && property?.name === 'exports';
}

interface Named {
  readonly name?: string;
}

/** After the last `require` at the top of the module, or at its beginning. */
function addRequire(text: MagicString, program: Program, line: string, { end }: Style): void {
  const isRequire = (one: Node) =>
    one.type === 'VariableDeclaration' && /\brequire\(/.test(text.original.slice(startOf(one), endOf(one)));
  const first = program.body.findIndex((one) => !isRequire(one));
  const last = program.body[first - 1] ?? program.directives.at(-1);
  if (last) text.appendLeft(endOf(last), end + line);
  else text.prepend(line + end + end);
}

function byHand(path: string, why: string, isCommonJs: boolean): ByHand {
  const lines = isCommonJs
    ? [`const { withGatehouse } = require('${PACKAGE}');`, '', 'module.exports = withGatehouse(nextConfig);']
    : [`import { withGatehouse } from '${PACKAGE}';`, '', 'export default withGatehouse(nextConfig);'];
  return { path, why, lines };
}
