import { describe, expect, it } from 'vitest';
import { functionLengths } from './function-lengths';

const lengths = (source: string) => functionLengths(source).map(({ lines }) => lines);

describe('the length of a function', () => {
  it.each([
    ['a declaration', 'function a() {\n  b();\n}', [3]],
    ['an exported async generator', 'export async function* a(b: string) {\n\n\n}', [4]],
    ['an arrow', 'const a = (b) => {\n  c();\n};', [3]],
    ['an arrow without parentheses', 'const a = b => {\n};', [2]],
    ['a method', 'const a = {\n  b(c) {\n    d();\n  },\n};', [3]],
    ['an async method of a class', 'class A {\n  async b() {\n  }\n}', [2]],
    ['a getter', 'const a = {\n  get b() {\n    return 1;\n  },\n};', [3]],
    ['a constructor', 'class A {\n  constructor(readonly b: string) {\n    super();\n  }\n}', [3]],
    ['a return type', 'function a(): Promise<string> {\n}', [2]],
    ['a return type of several', 'function a(b: string): readonly string[] | null {\n}', [2]],
    ['a return type that is an object', 'function a(): Promise<{ b: string }> {\n}', [2]],
    ['a return type that is a text', "function a(): Promise<'b' | 'c'> {\n}", [2]],
    ['a type predicate', 'function a(b: unknown): b is string {\n}', [2]],
    ['an arrow with a return type', 'const a = (b: string): string => {\n};', [2]],
    ['parameters that are destructured', 'function a({ b, c = {} }: D) {\n}', [2]],
    ['parameters on lines of their own', 'function a(\n  b: string,\n): void {\n  c();\n}', [3]],
    ['a callback', 'a.b((c) => {\n  d();\n});', [3]],
    ['one inside another', 'function a() {\n  const b = () => {\n  };\n}', [2, 4]],
    ['its last line alone', 'function a() { b(); }', [1]],
  ])('is found of %s', (_, source, expected) => {
    expect(lengths(source)).toEqual(expected);
  });

  it.each([
    [
      'blocks',
      'if (a) {\n} else {\n}\nfor (const b of c) {\n}\nwhile (d(e)) {\n}\nswitch (f) {\n}\ntry {\n} catch (g) {\n}',
    ],
    ['an object', 'const a = {\n  b: 1,\n};'],
    ['an object behind a call', 'const a = b ? c(d) : {\n  e: 1,\n};'],
    ['an object as an argument', 'a(b, {\n  c: 1,\n});'],
    ['an arrow that returns an object', 'const a = () => ({\n  b: 1,\n});'],
    ['a class and an interface', 'class A extends B {\n}\ninterface C {\n  d(): void;\n}'],
    ['a type', 'type A = {\n  b: () => void;\n};'],
    ['an import', "import {\n  a,\n} from 'b';"],
  ])('is not taken from %s', (_, source) => {
    expect(lengths(source)).toEqual([]);
  });

  it.each([
    ['comments', '// {\n  /* } { */'],
    ['texts', `b('{', "}", '\\'{');\n`],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source
    ['templates', 'b(`{ ${c({ d: `}${e}` })} {`);\n'],
    ['templates of several lines', 'b(`\n`);'],
    ['regular expressions', 'b(/[/{]\\/{/, c / d / e);\n'],
    ['regular expressions behind a word', 'return /{"`/.test(b);\n'],
  ])('does not change by %s in it', (_, inside) => {
    expect(lengths(`function a() {\n  ${inside}\n}`)).toEqual([4]);
  });
});
