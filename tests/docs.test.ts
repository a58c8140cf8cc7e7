import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROBLEMS } from '../lib/problems.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
const markdown = (folder: string) => readdirSync(join(root, folder)).filter((name) => name.endsWith('.md'));
const pages = [...markdown('.'), ...markdown('docs').map((name) => `docs/${name}`)];

/** The text without code, in which brackets are no links and `#` begins no heading. */
const prose = (text: string) => text.replace(/^```[\s\S]*?^```$/gm, '');

/** The addresses of a page's headings, as GitHub makes them. */
function anchors(text: string): readonly string[] {
  const seen = new Map<string, number>();
  return [...prose(text).matchAll(/^#{1,6} +(.+)$/gm)].map(([, title = '']) => {
    const slug = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    return count === 0 ? slug : `${slug}-${count}`;
  });
}

/** Links and pictures that lead to this repository. */
const links = (text: string) =>
  [
    ...prose(text)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

function isBroken(page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (!existsSync(join(root, file))) return true;
  return anchor !== undefined && !anchors(read(file)).includes(anchor);
}

/** The rows of the table below a heading: cells without the marks of code. */
function table(text: string, heading: string): readonly (readonly string[])[] {
  const [, section = ''] = text.split(new RegExp(`^## ${heading}$`, 'm'));
  const rows = [...section.matchAll(/^\| `([^`]+)` \| (.*) \|$/gm)];
  return rows.map(([, name = '', rest = '']) => [name, ...rest.split(' | ')]);
}

describe('links in the documentation', () => {
  it('are found, and a broken one is called broken', () => {
    expect(links(read('README.md'))).toContain('docs/rules.md');
    expect(isBroken('docs/rules.md', 'nowhere.md')).toBe(true);
    expect(isBroken('docs/rules.md', '#no-such-heading')).toBe(true);
    expect(isBroken('docs/rules.md', '#paths')).toBe(false);
  });

  it.each(pages)('of %s lead to a file and a heading that exist', (page) => {
    expect(links(read(page)).filter((target) => isBroken(page, target))).toEqual([]);
  });

  it('lead from the README to every page', () => {
    const linked = links(read('README.md')).map((target) => target.split('#')[0]);
    expect(pages.filter((page) => page !== 'README.md' && !linked.includes(page))).toEqual([]);
  });
});

it('shows the matcher of the sample site wherever it shows one', () => {
  const matchers = (text: string) => [...text.matchAll(/^export const config = .*$/gm)].map(([line]) => line);
  const [own] = matchers(read('middleware.ts'));
  const shown = pages.flatMap((page) => matchers(read(page)));
  expect(shown.length).toBeGreaterThan(1);
  expect(shown.filter((line) => line !== own)).toEqual([]);
});

describe('docs/errors.md', () => {
  const text = read('docs/errors.md');

  it('lists every code with its status, and no other', () => {
    const listed = table(text.split('## Events')[0] ?? '', 'Codes').map(([code, status]) => [code, Number(status)]);
    expect(listed).toEqual(Object.entries(PROBLEMS).map(([code, { status }]) => [code, status]));
  });

  it('lists every event, and no other', () => {
    const [, body = ''] = /^interface Events \{\n([\s\S]*?)^\}/m.exec(read('lib/events.ts')) ?? [];
    const declared = [...body.matchAll(/^ {2}(\w+): /gm)].map(([, name]) => name);
    const listed = table(text, 'Events').map(([name]) => name);
    expect(declared).toContain('signed_in');
    expect([...listed].sort()).toEqual([...declared].sort());
  });
});
