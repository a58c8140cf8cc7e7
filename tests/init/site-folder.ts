import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import { init } from '../../lib/cli/init';

export interface SiteFolder {
  readonly dir: string;
  read(path: string): string;
  /** All files with their text. */
  files(): Readonly<Record<string, string>>;
  init(...args: string[]): Promise<{ readonly code: number; readonly printed: string }>;
}

/** What every site of the tests has, unless it says otherwise; null leaves a file out. */
const BASE = {
  'package.json': '{ "dependencies": { "next": "16.4.6", "next-gatehouse": "0.2.0" } }',
  '.gitignore': '.env*\n',
  'tsconfig.json': '{}',
  'app/page.tsx': 'export default function Page() {\n  return null;\n}\n',
};

/** A site in a folder of its own, which goes with the test. */
export function siteFolder(files: Readonly<Record<string, string | null>> = {}): SiteFolder {
  const dir = mkdtempSync(join(tmpdir(), 'gatehouse-init-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  for (const [path, text] of Object.entries<string | null>({ ...BASE, ...files })) {
    if (text === null) continue;
    mkdirSync(dirname(join(dir, path)), { recursive: true });
    writeFileSync(join(dir, path), text);
  }
  return {
    dir,
    read: (path) => readFileSync(join(dir, path), 'utf8'),
    files: () =>
      Object.fromEntries(
        readdirSync(dir, { recursive: true, encoding: 'utf8' })
          .filter((path) => !path.startsWith('.git/') && statSync(join(dir, path)).isFile())
          .map((path) => [path, readFileSync(join(dir, path), 'utf8')]),
      ),
    async init(...args) {
      const lines: string[] = [];
      const code = await init([dir, ...args], (line) => lines.push(line));
      return { code, printed: lines.join('\n') };
    },
  };
}

/** What the README has. */
export const MATCHER = "[{ source: '/:path((?!_next/static/).*)?', locale: false }]";
