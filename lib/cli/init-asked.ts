/** What the command line of `gatehouse init` says of a site's parts: rules and upstreams that only its owner knows. */
import { isPattern } from '../policy/check-rules.ts';
import { upstreamFaults } from '../policy/check-upstreams.ts';
import { CommandError } from './command-error.ts';
import { ordered } from './init-order.ts';
import { isQuotable } from './init-source.ts';

/** As options of `parseArgs`; each may be there several times. */
export const ASKED = {
  public: { type: 'string', multiple: true },
  role: { type: 'string', multiple: true },
  upstream: { type: 'string', multiple: true },
} as const;

export interface AskedRule {
  readonly path: string;
  /** The requirement as code. */
  readonly allow: string;
}

export interface AskedUpstream {
  readonly path: string;
  readonly variable: string;
}

export interface Asked {
  readonly rules: readonly AskedRule[];
  readonly upstreams: readonly AskedUpstream[];
}

type Values = { readonly [name in keyof typeof ASKED]?: readonly string[] | undefined };

/**
 * Public paths stand before those for roles where neither lies within the other.
 *
 * @throws {CommandError} a value is no pattern, role or variable, or says again what another says
 */
export function askedOf(values: Values): Asked {
  const {
    public: open,
    role,
    upstream,
  } = {
    public: unquoted(values.public),
    role: unquoted(values.role),
    upstream: unquoted(values.upstream),
  };
  const roles = new Map<string, string[]>();
  for (const value of role) {
    const { path, name } = roleOf(value);
    roles.set(path, [...(roles.get(path) ?? []), `'${name}'`]);
  }
  const rules = [
    ...unique(open.map((path) => pattern('public', path))).map((path) => ({ path, allow: "'public'" })),
    ...[...roles].map(([path, names]) => ({ path, allow: `{ roles: [${unique(names).join(', ')}] }` })),
  ];
  return {
    rules: ordered(rules, 'rules'),
    upstreams: ordered(unique(upstream).map(upstreamOf), 'APIs'),
  };
}

/** `cmd.exe` leaves single quotes on, with which the documentation keeps other shells from their wildcards. */
const unquoted = (list: readonly string[] = []) => list.map((value) => /^'(.*)'$/.exec(value)?.[1] ?? value);

const unique = (list: readonly string[]) => [...new Set(list)];

function roleOf(value: string): { readonly path: string; readonly name: string } {
  const [, name, path] = /^([^'"\\\s]+?)=(\/.*)$/.exec(value) ?? [];
  if (name === undefined || path === undefined || !isQuotable(name))
    throw new CommandError("--role is a role and the path that it opens, such as --role 'admin=/admin/*'.", 2);
  return { path: pattern('role', path), name };
}

function upstreamOf(value: string): AskedUpstream {
  const [, path, variable] = /^(\/.*)=([A-Za-z_]\w*)$/.exec(value) ?? [];
  if (path === undefined || variable === undefined)
    throw new CommandError(
      "--upstream is a path and the variable with the API's address, such as --upstream '/api/backend/*=BACKEND_API_URL'.",
      2,
    );
  const [fault] = Object.values(upstreamFaults([{ path: pattern('upstream', path), to: { variable }, token: 'user' }]));
  if (fault) throw new CommandError(`--upstream: ${path}: ${fault}.`, 2);
  return { path, variable };
}

function pattern(option: keyof typeof ASKED, path: string): string {
  if (isPattern(path) && isQuotable(path)) return path;
  throw new CommandError(`--${option}: ${path} is no pattern of a rule, such as /about or '/docs/*'.`, 2);
}
