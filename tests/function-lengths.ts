/** Lengths of functions in TypeScript source, by counting braces: the compiler of this version has no API to ask. */

export interface FunctionLength {
  /** What stands before the body, on its line. */
  readonly head: string;
  /** From the line with the `{` of the body to that with its `}`. */
  readonly lines: number;
}

type Kind = 'word' | 'text' | 'regexp' | 'sign';

interface Token {
  readonly kind: Kind;
  readonly text: string;
  readonly line: number;
}

const PATTERNS: readonly (readonly [Kind | null, RegExp])[] = [
  [null, /\s+|\/\/.*|\/\*[\s\S]*?\*\//y],
  ['text', /'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/y],
  ['word', /[\p{L}\p{N}_$#@]+/uy],
  ['sign', /=>|[^\s]/uy],
];
const REGEXP = /\/(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/\w*/y;
/** What a value ends with; a slash behind it divides, and any other begins a regular expression. */
const ENDS_VALUE = /^[)\]}]$/;
const NO_VALUE = new Set(['return', 'typeof', 'case', 'in', 'of', 'await', 'yield', 'void', 'else', 'do', 'throw']);
/** What has parentheses and a block and is no function. */
const CONTROL = new Set(['if', 'for', 'while', 'switch', 'catch', 'with']);

/** The tokens of a source. Of a template only what is in `${}` is kept, in braces of its own. */
function tokens(source: string): Token[] {
  const found: Token[] = [];
  const templates: number[] = []; // depths of braces at which a template goes on
  let depth = 0;
  let line = 1;
  let at = 0;
  const take = (kind: Kind | null, text: string) => {
    if (kind) found.push({ kind, text, line });
    line += text.split('\n').length - 1;
    at += text.length;
  };
  const matched = (pattern: RegExp) => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  /** From a backtick or the end of a `${}` to the next `${` or the closing backtick. */
  const template = () => {
    const text = matched(/[`}](?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y) ?? '`';
    const goesOn = text.endsWith('${');
    take(null, goesOn ? text.slice(0, -1) : text);
    found.push({ kind: 'text', text: '``', line });
    if (goesOn) templates.push(depth);
  };
  const isDivision = () => {
    const last = found.at(-1);
    if (!last) return false;
    return last.kind === 'word' ? !NO_VALUE.has(last.text) : last.kind !== 'sign' || ENDS_VALUE.test(last.text);
  };
  while (at < source.length) {
    if (source[at] === '`') {
      template();
      continue;
    }
    if (source[at] === '}' && templates.at(-1) === depth - 1) {
      templates.pop();
      depth -= 1;
      found.push({ kind: 'sign', text: '}', line });
      template();
      continue;
    }
    const isComment = source.startsWith('//', at) || source.startsWith('/*', at);
    const regexp = source[at] === '/' && !isComment && !isDivision() ? matched(REGEXP) : undefined;
    if (regexp) {
      take('regexp', regexp);
      continue;
    }
    for (const [kind, pattern] of PATTERNS) {
      const text = matched(pattern);
      if (text === undefined) continue;
      if (text === '{') depth += 1;
      if (text === '}') depth -= 1;
      take(kind, text);
      break;
    }
  }
  return found;
}

/** For each bracket that closes, the place of the one that it closes. */
function pairs(list: readonly Token[]): Map<number, number> {
  const open: number[] = [];
  const opener = new Map<number, number>();
  list.forEach(({ kind, text }, place) => {
    if (kind !== 'sign') return;
    if ('([{'.includes(text)) open.push(place);
    else if (')]}'.includes(text)) opener.set(place, open.pop() ?? 0);
  });
  return opener;
}

/** Whether the parentheses that end at `place` are parameters, as far as what stands before them says. */
function endsParameters(list: readonly Token[], place: number, opener: Map<number, number>): boolean {
  const before = list[(opener.get(place) ?? 0) - 1];
  return list[place]?.text === ')' && !(before?.kind === 'word' && CONTROL.has(before.text));
}

/** Goes back over a return type to the parentheses in front of it; what ends a statement means that there are none. */
function isBody(list: readonly Token[], brace: number, opener: Map<number, number>): boolean {
  if (/^[<|&:,?]$/.test(list[brace - 1]?.text ?? '')) return false; // a type, or a value
  for (let place = brace - 1; place >= 0; place -= 1) {
    const { kind, text } = list[place] as Token;
    if (text === '=>') return place === brace - 1;
    if (text === ')' && (place === brace - 1 || list[place + 1]?.text === ':'))
      return endsParameters(list, place, opener);
    if (')]}'.includes(text) && kind === 'sign') {
      place = opener.get(place) ?? 0;
      continue;
    }
    const isOfType = kind !== 'sign' || /^[<>|&:.,?]$/.test(text);
    if (!isOfType || ['class', 'interface', 'else', 'try', 'finally', 'do', 'return'].includes(text)) return false;
  }
  return false;
}

export function functionLengths(source: string): FunctionLength[] {
  const list = tokens(source);
  const opener = pairs(list);
  const lines = source.split('\n');
  return [...opener].flatMap(([end, start]) => {
    const [from, to] = [list[start], list[end]];
    if (from?.text !== '{' || !to || !isBody(list, start, opener)) return [];
    return [{ head: (lines[from.line - 1] ?? '').trim(), lines: to.line - from.line + 1 }];
  });
}
