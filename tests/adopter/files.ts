import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The content of each file, told by its digest. */
export type Files = Readonly<Record<string, string>>;

/** What a site consists of: not what npm installs and Next builds. */
export function filesOf(dir: string, at = ''): Files {
  const entries = readdirSync(join(dir, at), { withFileTypes: true }).flatMap((entry): [string, string][] => {
    const path = at + entry.name;
    if (path === 'node_modules' || path === '.next') return [];
    if (entry.isDirectory()) return Object.entries(filesOf(dir, `${path}/`));
    return [
      [
        path,
        createHash('sha256')
          .update(readFileSync(join(dir, path)))
          .digest('hex'),
      ],
    ];
  });
  return Object.fromEntries(entries);
}

/** Files that are new, gone or different. */
export const changedIn = (before: Files, after: Files): readonly string[] =>
  Object.keys({ ...before, ...after })
    .filter((path) => before[path] !== after[path])
    .sort();
