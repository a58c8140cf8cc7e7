/** The upstreams of a site: which rules let requests through to them, and what of the site they take the place of. */
import { isBelow } from '../policy/path.ts';
import type { Rule } from '../policy/rule.ts';
import { openness } from '../policy/rules.ts';
import type { Upstream } from '../policy/upstream.ts';
import type { Site } from './built-site.ts';
import type { Row } from './judgement.ts';
import type { Policy } from './load-config.ts';
import { LEFT_OUT } from './rewrites.ts';
import { described, METHODS, rulesOf, textOf } from './rule-lookup.ts';
import { samples, unique } from './sample-paths.ts';
import { shownDestination } from './shown-destination.ts';

/** The paths of upstreams, as Next would write them if it had a route there. */
export const upstreamRoutes = ({ upstreams = [] }: Policy): string[] => upstreams.map(routeOf);

const routeOf = ({ path }: Upstream) => path.replace(/\/\*$/, '/[[...path]]');
const prefixOf = ({ path }: Upstream) => path.replace(/\/\*$/, '');

/** A request with a token of the person needs a rule that asks for a person, whatever its path and method. */
export function upstreamRow(upstream: Upstream, policy: Policy): Row {
  const applicable = requestsOf(upstream, policy).map(({ rules }) => rules);
  const opening = described(applicable.filter(isOpening));
  return {
    route: `upstream ${shown(upstream)}, token ${upstream.token}`,
    rules: described(applicable),
    ...(upstream.token === 'user' && opening.length > 0 && { fault: openFor(opening) }),
  };
}

const openFor = (rules: readonly string[]) =>
  `token 'user' needs a session, and a request without one comes through under ${rules.join('; ')}: put a rule with ` +
  "allow: 'session' before, or use token 'optional'";

const shown = ({ path, to }: Upstream) => `${path} ⇒ ${typeof to === 'string' ? shownDestination(to) : to.variable}`;

const isOpening = (rules: readonly Rule[]) => openness(rules) !== 'closed';

/** Requests that stand for all that an upstream takes, with the rules that they must meet. */
const requestsOf = (upstream: Upstream, policy: Policy) => {
  const { methods = METHODS } = upstream;
  const taken = methods.includes('GET') ? unique([...methods, 'HEAD' as const]) : methods;
  return samples(routeOf(upstream), policy).flatMap((path) =>
    taken.map((method) => ({ path, rules: rulesOf(policy, path, method) })),
  );
};

/** Upstreams that no request reaches as they are meant. */
export const upstreamFaults = ({ isGated }: Site, policy: Policy): string[] =>
  (policy.upstreams ?? []).flatMap((upstream) => {
    const requests = requestsOf(upstream, policy);
    const { path, token } = upstream;
    const ungated = requests.some((request) => !isGated(request.path));
    const isOpen = requests.some(({ rules }) => isOpening(rules));
    return [
      ...(ungated ? [`the upstream ${path} is not called for all of its paths, because ${LEFT_OUT}`] : []),
      ...(token === 'optional' && !isOpen
        ? [
            `the upstream ${path} has token 'optional', and no rule opens it: add a rule with allow: 'optional', or use token 'user'`,
          ]
        : []),
    ];
  });

export const upstreamNotes = (site: Site, policy: Policy): string[] =>
  (policy.upstreams ?? []).flatMap((upstream) => [
    ...takenNotes(upstream, site),
    ...caseNotes(upstream, site),
    ...hiddenSessionNotes(upstream, policy),
    ...(upstream.token === 'none' && !requestsOf(upstream, policy).some(({ rules }) => isOpening(rules))
      ? [
          `the upstream ${upstream.path} has token 'none', and no rule opens it: it is called for people with a session alone`,
        ]
      : []),
  ]);

/** Whatever the site has there is never asked. */
function takenNotes(upstream: Upstream, { routes, rewrites }: Site): string[] {
  const taken = [
    ...routes.filter((route) => lies(route, upstream)),
    ...rewrites.filter(({ source }) => lies(source, upstream)).map(({ source }) => `the rewrite of ${source}`),
  ];
  if (taken.length === 0) return [];
  return [
    `the upstream ${upstream.path} takes the place of what the site has there: ${taken.join(', ')} never answers`,
  ];
}

/** Whether all paths of a route, or of the source of a rewrite, are the upstream's. */
const lies = (route: string, upstream: Upstream) =>
  upstream.path.endsWith('/*') ? isBelow(literal(route), prefixOf(upstream)) : route === upstream.path;

/** What comes before the first parameter, whole segments only. */
const literal = (route: string) => {
  const segments = route.split('/');
  const end = segments.findIndex((segment) => /[:[(*]/.test(segment));
  return end < 0 ? route : segments.slice(0, end).join('/');
};

function caseNotes(upstream: Upstream, { routes }: Site): string[] {
  const lower = { ...upstream, path: upstream.path.toLowerCase() as Upstream['path'] };
  const others = routes.filter((route) => !lies(route, upstream) && lies(route.toLowerCase(), lower));
  if (others.length === 0) return [];
  return [`the upstream ${upstream.path} does not take ${others.join(', ')}, because upper and lower case differ`];
}

/** Under a public rule the gate does not look for a session. */
function hiddenSessionNotes(upstream: Upstream, policy: Policy): string[] {
  if (upstream.token !== 'optional') return [];
  const rules = requestsOf(upstream, policy).flatMap((request) =>
    openness(request.rules) === 'public' ? request.rules.map(textOf) : [],
  );
  if (rules.length === 0) return [];
  return [
    `the upstream ${upstream.path} has token 'optional', and gets none under ${unique(rules).join('; ')}, which hides the ` +
      "session: use allow: 'optional' there",
  ];
}
