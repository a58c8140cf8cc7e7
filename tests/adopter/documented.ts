import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../local/setup.mjs';

/** The code of a page of the documentation that begins with these words. */
export function documented(page: 'README.md' | `docs/${string}.md`, start: string): string {
  const blocks = readFileSync(join(root, page), 'utf8').matchAll(/^```(?:tsx?|js)\n([\s\S]*?)^```$/gm);
  const found = [...blocks].map(([, code = '']) => code).find((code) => code.startsWith(start));
  if (found === undefined) throw new Error(`no code in ${page} starts with ${start}`);
  return found;
}
