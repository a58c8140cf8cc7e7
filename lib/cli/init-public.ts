/** What of `public/` browsers fetch for every visitor: pictures, fonts and style sheets, by folder where that is safe. */
import { type Dirent, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isPattern } from '../policy/check-rules.ts';
import { overlaps } from './init-routes.ts';
import { isQuotable } from './init-source.ts';
import { cookielessRoutes } from './metadata-routes.ts';

export interface PublicFiles {
  /** Paths for rules. */
  readonly open: readonly string[];
  readonly cookieless: readonly string[];
  /** What stays closed and might not be meant to be, as a sentence each. */
  readonly notes: readonly string[];
}

const SHOWN = /\.(png|jpe?g|gif|svg|webp|avif|ico|bmp|woff2?|ttf|otf|eot|css)$/i;
/** Rules for single files: more are a list that is not kept up to date, and a folder serves better. */
const MOST = 24;

interface Folder {
  readonly path: string;
  /** Its files, and those of its folders, below `path`. */
  readonly files: readonly string[];
}

/** @param routes what else answers on the site, in the notation of rules */
export function publicFiles(folder: string, routes: readonly string[]): PublicFiles {
  if (!existsSync(folder)) return { open: [], cookieless: [], notes: [] };
  const all = filesBelow(folder, '');
  const cookieless = cookielessRoutes(all, {}).filter(isPattern);
  const shown = all.filter((path) => SHOWN.test(path) && !cookieless.includes(path));
  const folders = foldersToOpen({ path: '', files: all }, routes);
  const single = shown.filter((path) => !folders.some((one) => path.startsWith(`${one}/`)) && isPattern(path));
  const closed = all.filter((path) => !SHOWN.test(path) && !cookieless.includes(path));
  return {
    open: [...folders.map((path) => `${path}/*`), ...single.slice(0, MOST)],
    cookieless: cookieless.filter((path) => !folders.some((one) => path.startsWith(`${one}/`))),
    notes: [
      ...(closed.length > 0 ? [`public/ has files that now need a session: ${listed(closed)}.`] : []),
      ...(single.length > MOST
        ? [
            `public/ has ${single.length - MOST} more pictures, fonts or style sheets that need a session: ${listed(single.slice(MOST))}. Open them by the folder ({ path: '/images/*', allow: 'public' }).`,
          ]
        : []),
    ],
  };
}

const listed = (paths: readonly string[]) =>
  paths.length > 4 ? `${paths.slice(0, 3).join(', ')} and ${paths.length - 3} more` : paths.join(', ');

function filesBelow(folder: string, at: string): string[] {
  return readdirSync(join(folder, at), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => filesOf(folder, `${at}/${entry.name}`, entry));
}

const filesOf = (folder: string, path: string, entry: Dirent): string[] =>
  entry.isDirectory() ? filesBelow(folder, path) : entry.name === '.DS_Store' || !isQuotable(entry.name) ? [] : [path];

/** The uppermost folders that hold nothing but what is shown, and below which no route can answer. */
function foldersToOpen({ path, files }: Folder, routes: readonly string[]): string[] {
  const isShown = path !== '' && isPattern(`${path}/*`) && files.every((file) => SHOWN.test(file));
  if (isShown && !routes.some((route) => overlaps(route, `${path}/*`))) return [path];
  const below = new Set(files.flatMap((file) => /^\/[^/]+(?=\/)/.exec(file.slice(path.length))?.[0] ?? []));
  return [...below].flatMap((name) => {
    const inside = path + name;
    return foldersToOpen({ path: inside, files: files.filter((file) => file.startsWith(`${inside}/`)) }, routes);
  });
}
