/** What is changed in a site: computed as a whole, shown as a diff, and written at the end. */
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, isAbsolute, relative, sep } from 'node:path';
import { createTwoFilesPatch } from 'diff';
import { CommandError } from './command-error.ts';

export interface Edit {
  readonly path: string;
  /** Null for a new file. */
  readonly before: string | null;
  readonly after: string;
  /** Secrets are in it: a diff shows the lines that are added, and none around them. */
  readonly secret?: boolean;
}

/** What the owner of the site has to write. */
export interface ByHand {
  readonly path: string;
  readonly why: string;
  readonly lines: readonly string[];
}

/** What becomes of a file; neither when it is as it should be. */
export interface Outcome {
  readonly edit?: Edit;
  readonly byHand?: ByHand;
  readonly notes?: readonly string[];
}

/** The text of a file; null when there is none, or when it is not UTF-8. */
export function textOf(path: string): string | null {
  if (!existsSync(path) || !statSync(path).isFile()) return null;
  const bytes = readFileSync(path);
  const text = bytes.toString('utf8');
  return Buffer.from(text, 'utf8').equals(bytes) ? text : null;
}

/**
 * Why a file of a site cannot be edited: it is read-only, not UTF-8, or a link that leads out of the site, so that a change
 * would be one of other sites too.
 */
export function reasonAgainst(path: string, folder: string): string | undefined {
  const link = lstatSync(path, { throwIfNoEntry: false });
  if (link?.isSymbolicLink() && !existsSync(path)) return 'it is a link to a file that does not exist';
  if (link && leadsOutOf(path, folder)) return 'it is a link to a file outside of the site';
  if (link && textOf(path) === null) return 'it is no text in UTF-8';
  if (link && (statSync(path).mode & 0o222) === 0) return 'it is read-only'; // for root as well, who could write it
  return isWritable(link ? path : dirname(path)) ? undefined : 'it cannot be written';
}

function leadsOutOf(path: string, folder: string): boolean {
  const from = relative(realpathSync(folder), realpathSync(path));
  return from === '..' || from.startsWith(`..${sep}`) || isAbsolute(from);
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path of a file as it is shown, with slashes on Windows too. */
export const shown = (path: string, folder: string): string => relative(folder, path).split(sep).join('/');

/** An edit as a unified diff. */
export function diffOf({ path, before, after, secret }: Edit, folder: string): string {
  const name = shown(path, folder);
  const [from, to] = secret && before !== null ? ['', after.slice(before.length)] : [before ?? '', after];
  const masked = to.replace(/^(SESSION_SECRET=).*$/m, '$1…');
  const patch = createTwoFilesPatch(
    before === null ? '/dev/null' : `a/${name}`,
    `b/${name}`,
    from,
    secret ? masked : to,
  );
  return patch.replace(/^=+\n/, '').replaceAll('\r', '').trimEnd();
}

/**
 * Writes all edits in place, so that links and permissions stay; when one fails, those before it are taken back.
 *
 * @throws {CommandError} a file could not be written, or was changed meanwhile; nothing is changed then
 */
export function write(edits: readonly Edit[]): void {
  const changed = edits.find(({ path, before }) => textOf(path) !== before);
  if (changed)
    throw new CommandError(`${changed.path} was changed meanwhile. Nothing is written; run the command again.`);
  const done: Edit[] = [];
  try {
    for (const edit of edits) {
      done.push(edit);
      writeFileSync(edit.path, edit.after, edit.secret ? { mode: 0o600 } : {});
    }
  } catch (error) {
    for (const edit of done) takeBack(edit);
    const { code } = error as NodeJS.ErrnoException;
    throw new CommandError(`${done.at(-1)?.path} cannot be written (${code}). Nothing is changed.`);
  }
}

function takeBack({ path, before }: Edit): void {
  try {
    if (before === null) rmSync(path, { force: true });
    else if (textOf(path) !== before) writeFileSync(path, before);
  } catch {
    // the error of the write is the one to report
  }
}
