import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** @typedef {{ origin: string, text: string }} Piece a run of the built text that comes from one package */

/**
 * What each package adds to a middleware: how much less it weighs without what came from there. The figures do not add up to
 * the whole, because gzip writes what two packages have in common once.
 *
 * @param {readonly string[]} paths files of the middleware, beside their source maps
 * @returns {Record<string, number>} bytes by package, the heaviest first
 */
export function weights(paths) {
  const pieces = paths.flatMap(piecesOf);
  const whole = gzipped(pieces);
  const origins = [...new Set(pieces.map(({ origin }) => origin))];
  const added = origins.map((name) => [name, whole - gzipped(pieces.filter(({ origin }) => origin !== name))]);
  return Object.fromEntries(added.sort(([, one], [, other]) => Number(other) - Number(one)));
}

/** @param {readonly Piece[]} pieces */
const gzipped = (pieces) => gzipSync(pieces.map(({ text }) => text).join(''), { level: 9 }).length;

/** @param {string} path @returns {Piece[]} */
function piecesOf(path) {
  const text = readFileSync(path, 'utf8');
  const name = /\/\/# sourceMappingURL=(\S+)\s*$/.exec(text)?.[1] ?? '';
  const map = new SourceMap(JSON.parse(readFileSync(join(dirname(path), decodeURIComponent(name)), 'utf8')));
  /** @type {Piece[]} */
  const pieces = [];
  for (const [row, line] of text.split(/(?<=\n)/).entries())
    for (let column = 0; column < line.length; column += 1) {
      const entry = map.findEntry(row, column);
      const origin = 'originalSource' in entry ? originOf(decodeURIComponent(entry.originalSource)) : 'the bundler';
      const last = pieces.at(-1);
      if (last?.origin === origin) last.text += line[column];
      else pieces.push({ origin, text: line[column] ?? '' });
    }
  return pieces;
}

/** @param {string} source */
function originOf(source) {
  if (source.includes('[turbopack]')) return 'the bundler';
  return /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? 'the site';
}
