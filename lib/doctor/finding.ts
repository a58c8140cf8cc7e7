/** What the doctor says of a site, and how each sentence of it is known. */

/** `fault`: sign-ins, or what protects the site, do not work. `warning`: something will not work for some. `note`: to know. */
export type Severity = 'ok' | 'note' | 'warning' | 'fault';

/** What is looked at, in the order of the report. */
export const AREAS = {
  configuration: 'Configuration',
  site: 'Site',
  discovery: 'Provider: discovery',
  keys: 'Provider: keys',
  authorization: 'Provider: redirect URI',
  client: 'Provider: client secret',
  clocks: 'Clocks',
  redis: 'Redis',
  cookie: 'Cookie',
  live: 'Live site',
} as const;
export type Area = keyof typeof AREAS;

/** One thing that may be found, as the documentation has it. */
export interface Kind {
  readonly severity: Exclude<Severity, 'ok'>;
  readonly what: string;
  readonly why: string;
  /** The command or line that mends it. */
  readonly mend: string;
}

export interface Finding {
  /** Stable: programs may compare it. */
  readonly id: string;
  readonly area: Area;
  readonly severity: Severity;
  readonly what: string;
  readonly why?: string;
  readonly mend?: string;
}

/**
 * The findings of one area: `found` makes one, with what is special about this site; `passed` says that a check went well.
 *
 * @param passes by id, what is said then
 */
export function findingsOf<const Kinds extends Record<string, Kind>, const Passes extends Record<string, string>>(
  area: Area,
  kinds: Kinds,
  passes: Passes,
) {
  return {
    area,
    kinds,
    passes,
    found(id: keyof Kinds & string, special: { readonly what?: string; readonly mend?: string } = {}): Finding {
      const { severity, what, why, mend } = kinds[id] as Kind;
      return { id, area, severity, what: special.what ?? what, why, mend: special.mend ?? mend };
    },
    passed(id: keyof Passes & string, what?: string): Finding {
      return { id, area, severity: 'ok', what: what ?? (passes[id] as string) };
    },
  };
}

const SHOWN = 200;

/** A text from outside as it may be printed: on one line, without control characters, and not endless. */
export function shown(text: string): string {
  const plain = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  return plain.length > SHOWN ? `${plain.slice(0, SHOWN)}…` : plain;
}

/** An address as it may be printed: without user information and values of the query, which may be secrets (RFC 3986 §3.2.1). */
export function shownUrl(address: string): string {
  if (!URL.canParse(address)) return shown(address.replace(/\?.*$/s, '?…'));
  const url = new URL(address);
  const names = [...url.searchParams.keys()].map((name) => `${name}=…`);
  return shown(`${url.origin}${url.pathname}${names.length > 0 ? `?${names.join('&')}` : ''}`);
}
