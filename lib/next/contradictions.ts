import { type Rewrites, staged } from './missing-files.ts';

/** What `headers()` of a configuration returns. */
export type HeaderRules = readonly {
  readonly source: string;
  readonly headers: readonly { readonly key: string; readonly value: string }[];
}[];

/** A warning of `withGatehouse`, by the name with which `ignoreWarnings` turns it off. */
export type Warning = 'form-action' | 'external-rewrite';

export interface Contradiction {
  readonly name: Warning;
  readonly sentence: string;
}

/** Sources of a policy that name the site itself only. The provider is another origin. */
const OWN_ORIGIN = /^'(?:self|none)'$/i;

/**
 * A browser holds the redirect after a form to `form-action` too (CSP Level 3 §6.4.1), and two of the gate's lead to the
 * provider: the one after the sign-out form, and the one after a form whose session has ended.
 */
export function strictFormActions(rules: HeaderRules): { readonly source: string; readonly allowed: string }[] {
  return rules.flatMap(({ source, headers }) => {
    const strict = headers
      .filter(({ key }) => key.toLowerCase() === 'content-security-policy')
      .flatMap(({ value }) => value.split(',')) // each of them must be met
      .flatMap((policy) => formActionOf(policy) ?? [])
      .find((allowed) => allowed.every((one) => OWN_ORIGIN.test(one)));
    return strict ? [{ source, allowed: strict.join(' ') }] : [];
  });
}

export const formActionContradictions = (rules: HeaderRules): Contradiction[] =>
  strictFormActions(rules).map(({ source, allowed }) => ({
    name: 'form-action',
    sentence:
      `the Content-Security-Policy of ${source} has \`form-action ${allowed}\`, with which browsers block the ` +
      'redirect from a form to the provider: add the origin of the provider, or set SSO_FORM_REDIRECTS=page',
  }));

/** The sources of the first such directive, which is the one that counts (CSP Level 3 §2.2.1). */
function formActionOf(policy: string): [string[]] | undefined {
  const directives = policy.split(';').map((directive) => directive.trim().split(/\s+/));
  const found = directives.find(([name = '']) => name.toLowerCase() === 'form-action');
  return found && [found.slice(1)];
}

/** Next sends the whole request to another origin, the session cookie included. */
export function rewriteContradictions(rewrites: Rewrites): Contradiction[] {
  const { beforeFiles = [], afterFiles = [], fallback = [] } = staged(rewrites);
  return [...beforeFiles, ...afterFiles, ...fallback].flatMap(({ source, destination }) => {
    // Without user information (RFC 3986 §3.2.1), which may be a password: the warning stands in the log of a build.
    const [, scheme, host] = /^(https?:\/\/)(?:[^/?#]*@)?([^/?#]+)/i.exec(destination) ?? [];
    if (!scheme || !host) return [];
    const origin = scheme + host;
    const sentence =
      `the rewrite of ${source} sends the session cookie to ${origin}, unless the rule of that path has ` +
      "`cookies: 'hidden'`";
    return [{ name: 'external-rewrite', sentence }];
  });
}

/** Where the process keeps what it has warned of: Next reads a configuration more than once. */
const WARNED = Symbol.for('gatehouse.warned');

/** Warns of each contradiction once in a process. */
export function warn(found: readonly Contradiction[], ignored: readonly Warning[]): void {
  const state = globalThis as unknown as Record<symbol, Set<string> | undefined>;
  state[WARNED] ??= new Set();
  for (const { name, sentence } of found) {
    if (ignored.includes(name) || state[WARNED].has(sentence)) continue;
    state[WARNED].add(sentence);
    console.warn(`next-gatehouse: ${sentence} (ignoreWarnings: ['${name}'] turns this warning off).`);
  }
}
