// Writes the tables that the documentation takes from the code, between their markers: `node local/generated-docs.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './setup.mjs';

/** @typedef {{ page: string, head: string, module: string, rowsOf: string }} Table */

/** @type {Readonly<Record<'table' | 'providers' | 'findings' | 'passes', Table>>} */
export const TABLES = {
  table: {
    page: 'docs/configuration.md',
    head: '| variable | default | meaning |',
    module: 'lib/field-table.ts',
    rowsOf: 'fieldRows',
  },
  providers: {
    page: 'docs/providers.md',
    head: '| provider | roles | renewal | step-up by | sign-out |',
    module: 'tests/world/profile-table.ts',
    rowsOf: 'profileRows',
  },
  findings: {
    page: 'docs/doctor.md',
    head: '| id | severity | what | why | how to mend |',
    module: 'lib/doctor/catalogue.ts',
    rowsOf: 'findingRows',
  },
  passes: {
    page: 'docs/doctor.md',
    head: '| id | area | what |',
    module: 'lib/doctor/catalogue.ts',
    rowsOf: 'passRows',
  },
};

/**
 * The page with these rows in its table.
 *
 * @param {string} text
 * @param {keyof typeof TABLES} name
 * @param {readonly string[]} rows
 */
export function writeTable(text, name, rows) {
  const { page, head } = TABLES[name];
  const [start, stop] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`];
  const [begin, end] = [text.indexOf(start), text.indexOf(stop)];
  if (begin < 0 || end < begin) throw new Error(`${page} needs the lines ${start} and ${stop}`);
  const table = [head, head.replace(/[^|]+/g, '---'), ...rows].join('\n');
  return `${text.slice(0, begin + start.length)}\n${table}\n${text.slice(end)}`;
}

async function main() {
  const { runnerImport } = await import('vite');
  for (const name of /** @type {(keyof typeof TABLES)[]} */ (Object.keys(TABLES))) {
    const { page, module: file, rowsOf } = TABLES[name];
    const { module } = await runnerImport(join(root, file), { configFile: false, logLevel: 'silent' });
    const path = join(root, page);
    writeFileSync(path, writeTable(readFileSync(path, 'utf8'), name, /** @type {any} */ (module)[rowsOf]()));
  }
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) await main();
