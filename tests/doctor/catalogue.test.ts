import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CATALOGUE, findingRows, passRows } from '../../lib/doctor/catalogue';
import { writeTable } from '../../local/generated-docs.mjs';

const root = join(import.meta.dirname, '../..');
const ids = CATALOGUE.flatMap(({ kinds, passes }) => [...Object.keys(kinds), ...Object.keys(passes)]);

it('documents every finding as the command prints it', () => {
  const text = readFileSync(join(root, 'docs/doctor.md'), 'utf8');
  // `node local/generated-docs.mjs` writes both tables
  expect(writeTable(writeTable(text, 'findings', findingRows()), 'passes', passRows())).toBe(text);
});

it('gives every finding an id of its own', () => {
  expect(ids.length).toBeGreaterThan(80);
  expect(ids.filter((id, place) => ids.indexOf(id) !== place)).toEqual([]);
  expect(ids.filter((id) => !/^[a-z]+(-[a-z]+)+$/.test(id))).toEqual([]);
});

it('has a test that sees each of them', () => {
  const tests = readdirSync(import.meta.dirname).filter((file) => file !== 'catalogue.test.ts');
  const text = tests.map((file) => readFileSync(join(import.meta.dirname, file), 'utf8')).join('\n');
  expect(ids.filter((id) => !new RegExp(`['" ]${id}'`).test(text))).toEqual([]);
});

it('says of each what it is, why it matters and how to mend it', () => {
  const kinds = CATALOGUE.flatMap((group) => Object.values(group.kinds));
  expect(kinds.filter(({ what, why, mend }) => !/\.$/.test(what) || !/\.$/.test(why) || mend.length < 10)).toEqual([]);
});
