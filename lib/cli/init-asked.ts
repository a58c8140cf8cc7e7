/** What the command line of `gatehouse init` says of a site's parts: rules and upstreams that only its owner knows. */
import { isPattern } from '../policy/check-rules.ts';
import { CommandError } from './command-error.ts';

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
 * Public paths stand before those for roles, because the first rule that matches decides: an exception is one of the first.
 *
 * @throws {CommandError} a value is no pattern, role or variable
 */
export function askedOf({ public: open = [], role = [], upstream = [] }: Values): Asked {
  const roles = new Map<string, string[]>();
  for (const value of role) {
    const { path, name } = roleOf(value);
    roles.set(path, [...(roles.get(path) ?? []), `'${name}'`]);
  }
  return {
    rules: [
      ...unique(open.map((path) => pattern('public', path))).map((path) => ({ path, allow: "'public'" })),
      ...[...roles].map(([path, names]) => ({ path, allow: `{ roles: [${unique(names).join(', ')}] }` })),
    ],
    upstreams: upstream.map(upstreamOf),
  };
}

const unique = (list: readonly string[]) => [...new Set(list)];

function roleOf(value: string): { readonly path: string; readonly name: string } {
  const [, name, path] = /^([^'"\\\s]+?)=(\/.*)$/.exec(value) ?? [];
  if (name === undefined || path === undefined)
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
  return { path: pattern('upstream', path), variable };
}

function pattern(option: keyof typeof ASKED, path: string): string {
  if (isPattern(path) && !/['"\\]/.test(path)) return path;
  throw new CommandError(`--${option}: ${path} is no pattern of a rule, such as /about or '/docs/*'.`, 2);
}
