/** Copies of the site below `.artifacts/`, to build it there in another way than in the tree. Node's own modules only. */
import { copyFileSync, cpSync, linkSync, mkdirSync, readdirSync, readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup.mjs';
import { SITE } from './site.mjs';

/**
 * A fresh copy of what the site is built from, and of nothing else: no `.env`, no link to an account.
 *
 * @param {string} dir
 * @param {{ and?: readonly string[] }} [options]
 */
export function copySite(dir, { and = [] } = {}) {
  rmSync(dir, { recursive: true, force: true });
  for (const source of [...SITE, ...and]) cpSync(join(root, source), join(dir, source), { recursive: true });
}

/**
 * Lays the installed packages into a copy as hard links: half a second, no room, and a build that insists on packages
 * in its own folder is content. Nothing may be installed there, or it would be written through the links.
 *
 * @param {string} dir
 */
export function linkPackages(dir) {
  linkTree(join(root, 'node_modules'), join(dir, 'node_modules'), (name) => !name.startsWith('.') || name === '.bin');
}

/** @param {string} from @param {string} to @param {(name: string) => boolean} [wanted] */
function linkTree(from, to, wanted = () => true) {
  mkdirSync(to, { recursive: true });
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const { name } = entry;
    if (!wanted(name)) continue;
    if (entry.isDirectory()) linkTree(join(from, name), join(to, name));
    else if (entry.isSymbolicLink()) symlinkSync(readlinkSync(join(from, name)), join(to, name));
    else linkFile(join(from, name), join(to, name));
  }
}

/** @param {string} from @param {string} to */
function linkFile(from, to) {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to); // a file system without hard links, or another one
  }
}
