import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

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

/** Links and pictures that lead to the folder that the page is in. */
export const links = (text: string) =>
  [
    ...prose(text)
      .replace(/`[^`\n]*`/g, '')
      .matchAll(/\]\(([^)\s]+)\)/g),
  ]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target));

/** Whether a link of a page leads to no file or no heading below the root. */
export function isBroken(root: string, page: string, target: string): boolean {
  const [path = '', anchor] = target.split('#');
  const file = path === '' ? page : relative(root, join(root, dirname(page), path));
  if (file.startsWith('..') || !existsSync(join(root, file))) return true;
  if (anchor === undefined) return false;
  return !statSync(join(root, file)).isFile() || !anchors(readFileSync(join(root, file), 'utf8')).includes(anchor);
}
