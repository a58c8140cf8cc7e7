import type { Variable } from './environment.ts';
import { plain } from './environment.ts';
import type { Examination } from './examine.ts';
import { AREAS, type Area, type Finding, type Severity } from './finding.ts';

interface Shown {
  /** ANSI colours, for a terminal. */
  readonly hasColour: boolean;
  /** All variables with their meaning. */
  readonly isVerbose: boolean;
}

const MARKS: Readonly<Record<Severity, { readonly mark: string; readonly colour: number }>> = {
  ok: { mark: 'ok     ', colour: 32 },
  note: { mark: 'note   ', colour: 36 },
  warning: { mark: 'WARNING', colour: 33 },
  fault: { mark: 'FAULT  ', colour: 31 },
};
const WIDTH = 100;
const INDENT = ' '.repeat(10);

/** The findings by area, for a reader. */
export function report({ findings, variables }: Examination, { hasColour, isVerbose }: Shown): string[] {
  const paint = (text: string, colour: number) => (hasColour ? `\u001b[${colour}m${text}\u001b[0m` : text);
  const areas = (Object.keys(AREAS) as Area[]).filter((area) => findings.some((one) => one.area === area));
  const lines = areas.flatMap((area) => [
    '',
    paint(AREAS[area], 1),
    ...(area === 'configuration' ? variableLines(variables, isVerbose) : []),
    ...findings.filter((one) => one.area === area).flatMap((one) => findingLines(one, paint)),
  ]);
  return [...lines.slice(1), '', summary(findings, paint)];
}

function findingLines({ id, severity, what, why, mend }: Finding, paint: (text: string, colour: number) => string) {
  const { mark, colour } = MARKS[severity];
  const first = wrapped(what);
  const about = severity === 'ok' ? [] : [labelled('why', why ?? ''), labelled('mend', mend ?? '')].flat();
  const [head = '', ...rest] = first;
  return [
    `  ${paint(mark, colour)} ${head}`,
    ...rest.map((line) => INDENT + line),
    ...about,
    ...(severity === 'ok' ? [] : [`${INDENT}${paint(`id    ${id}`, 2)}`]),
  ];
}

const labelled = (label: string, text: string) =>
  wrapped(text, WIDTH - 6).map((line, place) => INDENT + (place === 0 ? label : '').padEnd(6) + line);

/** Words on lines of a width; a word that is longer stays whole, because it may be copied. */
function wrapped(text: string, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line && line.length + word.length + 1 > width) {
      lines.push(line);
      line = word;
    } else line = line ? `${line} ${word}` : word;
  }
  return [...lines, line];
}

/** Those that are set; with `--verbose` all of them, with their meaning. */
function variableLines(variables: readonly Variable[], isVerbose: boolean): string[] {
  const chosen = variables.filter(({ state }) => isVerbose || state === 'set' || state === 'faulty');
  const width = Math.max(...chosen.map(({ name }) => name.length), 0);
  const lines = chosen.flatMap((variable) => [
    `  ${variable.name.padEnd(width)}  ${shownValue(variable)}`,
    ...(isVerbose ? wrapped(plain(variable.meaning)).map((line) => INDENT + line) : []),
  ]);
  const others = variables.length - chosen.length;
  return others > 0
    ? [...lines, `  ${others} more have their defaults (--verbose lists them with their meaning)`]
    : lines;
}

function shownValue({ state, value, secret }: Variable): string {
  if (state === 'faulty') return '(faulty)';
  if (state === 'unset') return '(not set)';
  if (secret) return '(set, secret)';
  return state === 'default' ? `${value} (default)` : (value ?? '');
}

function summary(findings: readonly Finding[], paint: (text: string, colour: number) => string): string {
  const { fault, warning, note } = counts(findings);
  const number = (count: number, word: string) => `${count} ${word}${count === 1 ? '' : 's'}`;
  const text = `${number(fault, 'fault')}, ${number(warning, 'warning')}, ${number(note, 'note')}.`;
  return paint(text, fault > 0 ? 31 : 32);
}

export function counts(findings: readonly Finding[]): Readonly<Record<Severity, number>> {
  const count = (severity: Severity) => findings.filter((one) => one.severity === severity).length;
  return { ok: count('ok'), note: count('note'), warning: count('warning'), fault: count('fault') };
}
