import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/**
 * Plain technical English: the subject of a sentence is a thing in the code. These words stand for no thing, and a reader
 * cannot search for what they mean.
 */
const VAGUE = /\b(whoever|whomever|nobody|somebody|everybody|anybody|everyone|anyone|someone|that one)(['’]s)?\b/gi;

const root = join(import.meta.dirname, '..');
const PLACES = ['app', 'bench', 'docs', 'lib', 'local', 'tests'];
const TOP = [
  'README.md',
  'AGENTS.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  'gatehouse.config.ts',
  'middleware.ts',
  'next.config.mjs',
];

const written = (folder: string): string[] =>
  readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === '.next' || entry.name === 'node_modules' ? [] : written(path);
    return /\.(tsx?|mjs|md)$/.test(entry.name) && entry.name !== 'next-env.d.ts' ? [path] : [];
  });

/** The sentences of a source file: its comments, and the titles of its tests. A page of the documentation is all sentences. */
function sentences(file: string): string[] {
  const text = readFileSync(join(root, file), 'utf8');
  if (file.endsWith('.md')) return text.replaceAll(/```[\s\S]*?```/g, '').split('\n');
  const comments = text.matchAll(/\/\*\*?[\s\S]*?\*\/|(?:^|\s)\/\/ .*$/gm);
  const titles = text.matchAll(
    /\b(?:it|test|describe)(?:\.\w+)*(?:\([^'"`\n]*\))?\(\s*(['"`])((?:(?!\1)[^\\\n]|\\.)*)\1/g,
  );
  return [...[...comments].map(([comment]) => comment), ...[...titles].map((title) => title[2] ?? '')];
}

const vague = (file: string) => sentences(file).flatMap((sentence) => sentence.match(VAGUE) ?? []);

describe('plain technical English', () => {
  const files = [...PLACES.flatMap(written), ...TOP].filter((file) => file !== 'tests/language.test.ts');

  it('is looked for in comments, titles and documentation', () => {
    const own = sentences('tests/language.test.ts');
    expect(own.some((sentence) => sentence.includes('the subject of a sentence'))).toBe(true);
    expect(own).toContain('is looked for in comments, titles and documentation');
    expect(files).toEqual(expect.arrayContaining(['lib/gate.ts', 'README.md', 'tests/stories/renewal-races.test.ts']));
  });

  it.each(files)('%s names things, and no vague persons', (file) => {
    expect(vague(file)).toEqual([]);
  });
});
