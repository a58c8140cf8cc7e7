/** What the rewrites of the site's own middleware open, and what about them could not be judged. */
import { basename } from 'node:path';
import type { Upstream } from '../policy/upstream.ts';
import type { Site } from './built-site.ts';
import type { Policy } from './load-config.ts';
import type { Call, Outcome, OwnRewrites } from './own-rewrites.ts';
import { HIDE, showsCookies } from './rewrites.ts';
import { described, isOpen, METHODS, rulesAt } from './rule-lookup.ts';
import { inLocale, samples, servedAt, unique } from './sample-paths.ts';
import { shownDestination } from './shown-destination.ts';

/** Requests that may come through to the site, one for each path that a route serves or a rule matches. */
export function ownCalls({ routes, isGated }: Site, policy: Policy): Call[] {
  const paths = unique([...routes, ...ANYWHERE].flatMap((route) => samples(route, policy)));
  const upstreams = (policy.upstreams ?? []).map(takes);
  return paths
    .filter(
      (path) => !/^\/(?:auth|_next)(?:\/|$)|[*:]/.test(path) && isGated(path) && !upstreams.some((has) => has(path)),
    )
    .map((path) => ({ path, method: METHODS.find((method) => isOpen(path, method, policy)) ?? 'GET' }));
}

/** For paths of rules that no route serves, because the middleware rewrites them. */
const ANYWHERE = ['/', '/[...any]'];

/** Its requests end at the upstream. */
const takes = ({ path }: Upstream) => servedAt(path.replace(/\/\*$/, '/[[...path]]'));

/** @returns nothing on a site whose middleware is the gate alone */
export function judgeOwn(own: OwnRewrites | undefined, policy: Policy): { faults: string[]; warnings: string[] } {
  if (!own) return { faults: [], warnings: [] };
  const file = basename(own.file);
  const found = own.outcomes.flatMap(({ path, ends }) => ends.map((end) => ({ path, end })));
  const opening = found.filter(({ path, end }) => end.startsWith('/') && opens(path, end, policy));
  const showing = found.filter(({ path, end }) => !end.startsWith('/') && rulesAt([path], policy).some(showsCookies));
  return {
    faults: [
      ...(opening.length > 0
        ? [`${file} opens what the rules keep closed: it rewrites ${listed(opening)}${hintOf(opening, policy)}`]
        : []),
      ...(showing.length > 0 ? [`${file} ${handsOver(showing, policy)}`] : []),
    ],
    warnings: warningsOf(own, file),
  };
}

interface Way {
  readonly path: string;
  readonly end: string;
}

const opens = (path: string, end: string, policy: Policy) =>
  METHODS.some((method) => isOpen(path, method, policy) && !isOpen(end, method, policy));

function handsOver(ways: readonly Way[], policy: Policy): string {
  const paths = unique(ways.map(({ path }) => path));
  const rules = described(rulesAt(paths, policy).filter(showsCookies));
  return `hands the session cookie to another origin under ${rules.join('; ')}: it rewrites ${listed(ways)}: ${HIDE}`;
}

const NAMED = 5;

const listed = (ways: readonly Way[]) => enumerated(ways.map(({ path, end }) => `${path} to ${shownDestination(end)}`));

function enumerated(texts: readonly string[]): string {
  const all = unique(texts);
  const more = all.length - NAMED;
  return `${all.slice(0, NAMED).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** A site whose rewrites put a segment in front says with `locales` that it is a language. */
function hintOf(ways: readonly Way[], { locales = [] }: Policy): string {
  const first = (path: string) => path.split('/')[1] ?? '';
  const added = ways.filter(({ path, end }) => end === inLocale(first(end), path)).map(({ end }) => first(end));
  const names = unique(added).filter((name) => !locales.includes(name));
  return names.length > 0 ? `. Where ${names.join(', ')} is a language, name it in \`locales\`` : '';
}

function warningsOf({ unknown, reads, fetches, outcomes }: OwnRewrites, file: string): string[] {
  const failed = outcomes.filter((outcome): outcome is Outcome & { thrown: string } => outcome.thrown !== undefined);
  const where = outcomes.length === 0 ? 'where' : 'for all paths where';
  return [
    ...(unknown === undefined ? [] : [`it is not known ${where} ${file} rewrites requests to: ${unknown}`]),
    ...(failed.length > 0
      ? [
          `it is not known where ${file} rewrites these to, because it fails for a request that Next has not made: ` +
            enumerated(failed.map(({ path, thrown }) => `${path} (${thrown})`)),
        ]
      : []),
    ...(reads.length > 0
      ? [`where ${file} rewrites requests to is known for those without ${reads.join(', ')}, which it looks at`]
      : []),
    ...(fetches
      ? [`where ${file} rewrites requests to may depend on what it fetches, which the command does not let it`]
      : []),
  ];
}
