/** Whether git leaves `.env.local` out, which has secrets in it. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ENV_FILE } from './init-env.ts';
import { type Outcome, reasonAgainst, textOf } from './init-files.ts';

const LINE = '.env*.local';

export function ignoreEnv(folder: string): Outcome {
  const inGit = git(folder, 'rev-parse', '--is-inside-work-tree') === 0;
  if (inGit && git(folder, 'ls-files', '--error-unmatch', ENV_FILE) === 0)
    return {
      notes: [`${ENV_FILE} is in git, with its secrets. Take it out (git rm --cached ${ENV_FILE}) and replace them.`],
    };
  const path = join(folder, '.gitignore');
  const before = textOf(path);
  const isIgnored = inGit ? git(folder, 'check-ignore', '--quiet', ENV_FILE) === 0 : namesEnv(before ?? '');
  if (isIgnored) return {};
  if (!inGit && !existsSync(path))
    return { notes: [`The folder is in no git repository. If it comes into one, ${ENV_FILE} must stay out of it.`] };
  const why = reasonAgainst(path, folder);
  if (why)
    return {
      byHand: { path, why: `git does not ignore ${ENV_FILE}, and .gitignore cannot be edited: ${why}.`, lines: [LINE] },
    };
  const end = before?.includes('\r\n') ? '\r\n' : '\n';
  const gap = !before || before.endsWith('\n') ? '' : end;
  return { edit: { path, before, after: `${before ?? ''}${gap}${LINE}${end}` } };
}

/** @returns the exit code; null without git */
const git = (cwd: string, ...args: string[]) => spawnSync('git', args, { cwd, stdio: 'ignore' }).status;

/** Without git: the lines that templates have for it. */
const namesEnv = (text: string) => /^\/?\.env(\*|\*\.local|\.\*|\.local|\.\*\.local)\s*$/m.test(text);
