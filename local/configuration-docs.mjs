// Writes the table of variables into docs/configuration.md, between its markers, from lib/field-table.ts.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

const page = join(root, 'docs/configuration.md');
const BEGIN = '<!-- table:start -->';
const END = '<!-- table:end -->';

/**
 * The page with these rows in its table.
 *
 * @param {string} text
 * @param {readonly string[]} rows
 */
export function writeTable(text, rows) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`docs/configuration.md needs the lines ${BEGIN} and ${END}`);
  const table = ['| variable | default | meaning |', '|---|---|---|', ...rows].join('\n');
  return `${text.slice(0, begin + BEGIN.length)}\n${table}\n${text.slice(end)}`;
}

async function main() {
  const { runnerImport } = await import('vite');
  const { module } = await runnerImport(join(root, 'lib/field-table.ts'), { configFile: false, logLevel: 'silent' });
  const { fieldRows } = /** @type {typeof import('../lib/field-table')} */ (module);
  writeFileSync(page, writeTable(readFileSync(page, 'utf8'), fieldRows()));
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
