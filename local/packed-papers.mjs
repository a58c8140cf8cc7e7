/**
 * The documentation as the package has it. Its pages link to tests and sources of the repository, which the package leaves
 * out: such a link becomes the path of the file, in code type. The picture of the README stays behind as well, because it is
 * a third of what the whole package weighs.
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, posix } from 'node:path';
import { root } from './setup.mjs';

const docs = readdirSync(join(root, 'docs')).filter((name) => name.endsWith('.md'));

export const PAPERS = [
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'SECURITY.md',
  'AGENTS.md',
  '.env.example',
  ...docs.map((name) => `docs/${name}`),
];

const NOTE = 'Paths that are no links (`tests/…`, `lib/…`) are files of the repository, which are not in the package.';

/** @param {string} stage the folder that is packed */
export function writePapers(stage) {
  for (const paper of PAPERS) {
    mkdirSync(dirname(join(stage, paper)), { recursive: true });
    if (!paper.endsWith('.md')) cpSync(join(root, paper), join(stage, paper));
    else writeFileSync(join(stage, paper), packed(paper, readFileSync(join(root, paper), 'utf8')));
  }
}

/** @param {string} page @param {string} text */
export function packed(page, text) {
  const shown = text.replace(/(!?)\[([^\]]*)\]\(([^)\s]+)\)/g, (link, picture, words, target) => {
    const [path = ''] = target.split('#');
    const file = posix.join(posix.dirname(page), path);
    if (path === '' || /^[a-z]+:/.test(target) || PAPERS.includes(file)) return link;
    if (picture) return '';
    return words.startsWith('`') ? words : `${words} (\`${file}\`)`;
  });
  return page === 'README.md' ? `${shown.replace(/\n{3,}/g, '\n\n').trimEnd()} ${NOTE}\n` : shown;
}
