/** Environment files (`.env.local`) as Next reads them: what they say, and how names are added without changing the rest. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

/** The grammar of `dotenv` 16, which `@next/env` contains. */
const LINE =
  /^\s*(?:export\s+)?([\w.-]+)(?:\s*=\s*?|:\s+?)(\s*'(?:\\'|[^'])*'|\s*"(?:\\"|[^"])*"|\s*`(?:\\`|[^`])*`|[^#\r\n]+)?\s*(?:#.*)?$/gm;

/** A name that is there as a comment, for the owner to fill in. */
const PREPARED = /^[^\S\r\n]*#[^\S\r\n]*(?:export\s+)?([A-Za-z_][\w.-]*)[^\S\r\n]*=/gm;

export interface Variable {
  readonly name: string;
  readonly value: string;
  /** Written as a comment, `#NAME=value`: the name is prepared and not set. */
  readonly prepared?: boolean;
}

export interface EnvEdit {
  readonly text: string;
  readonly added: readonly string[];
  /** Names that are there, and stay as they are. */
  readonly kept: readonly string[];
  /** Those of the kept ones without a value. */
  readonly empty: readonly string[];
}

/**
 * The variables that a file sets; of several lines for a name the last. Values are as they stand, without quotes: references
 * (`$NAME`) are not resolved.
 */
export function envValues(text: string): ReadonlyMap<string, string> {
  const lines = text.replace(/\r\n?/g, '\n').matchAll(LINE);
  return new Map([...lines].map(([, name = '', value = '']) => [name, unquoted(value.trim()).replaceAll('\\$', '$')]));
}

function unquoted(value: string): string {
  const [, quote, inner = value] = /^(['"`])([\s\S]*)\1$/.exec(value) ?? [];
  return quote === '"' ? inner.replaceAll('\\n', '\n').replaceAll('\\r', '\r') : inner;
}

/**
 * A text with the variables that it lacks at its end, below a comment. Everything else stays byte for byte, and a name that is
 * set keeps its value, an empty one too. A second call with the same variables changes nothing.
 *
 * @param comment one line, without `#`
 */
export function addVariables(text: string, comment: string, variables: readonly Variable[]): EnvEdit {
  const set = envValues(text);
  const prepared = new Set([...text.matchAll(PREPARED)].map(([, name]) => name));
  const missing = variables.filter(({ name, ...one }) => !set.has(name) && !(one.prepared && prepared.has(name)));
  const kept = variables.map(({ name }) => name).filter((name) => set.has(name));
  const report = {
    added: missing.map(({ name }) => name),
    kept,
    empty: kept.filter((name) => set.get(name) === ''),
  };
  if (missing.length === 0) return { text, ...report };
  const end = /\r\n/.test(text) ? '\r\n' : '\n';
  const before = text === '' ? '' : text.endsWith('\n') ? end : end + end;
  const lines = [`# ${comment}`, ...missing.map(lineOf)];
  return { text: `${text}${before}${lines.join(end)}${end}`, ...report };
}

const lineOf = ({ name, value, prepared }: Variable) => `${prepared ? '#' : ''}${name}=${quoted(value)}`;

/** A value as `@next/env` reads it back: quoted where that is needed, `$` escaped, which Next expands within quotes too. */
function quoted(value: string): string {
  const escaped = value.replaceAll('$', '\\$');
  if (/^[^\s'"`#\\]*$/.test(value)) return escaped;
  if (/[\r\n]/.test(value)) return `"${escaped.replaceAll('\r', '\\r').replaceAll('\n', '\\n')}"`;
  const quote = ["'", '"', '`'].find((one) => !value.includes(one)) ?? "'";
  return quote + escaped + quote;
}

/** The text of a file, empty when there is none. */
export const readEnvFile = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

/** Writes a file in place, so that a link stays a link; a new one is readable for its owner alone. */
export const writeEnvFile = (path: string, text: string): void => writeFileSync(path, text, { mode: 0o600 });
