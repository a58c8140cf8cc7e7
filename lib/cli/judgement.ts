/** Judges a built site by its rules. */
import { SESSIONS } from '../routes.ts';
import type { Action, Site } from './built-site.ts';
import { hiddenRules } from './hidden-rules.ts';
import type { Policy } from './load-config.ts';
import { judgeOwn } from './own-judgement.ts';
import type { OwnRewrites } from './own-rewrites.ts';
import { contrastNotes, missingPages } from './page-notes.ts';
import { handedOver, LEFT_OUT, rewriteRow } from './rewrites.ts';
import { described, isOpen, rulesAt, rulesOfSessions } from './rule-lookup.ts';
import { OWN_FILES, samples, shown } from './sample-paths.ts';
import { cookielessNotes, draftModeNote, formActionNotes, variablesNotes } from './site-notes.ts';
import { upstreamFaults, upstreamNotes, upstreamRoutes, upstreamRow } from './upstreams.ts';

export interface Row {
  /** A route, a rewrite, a Server Action or an upstream. */
  readonly route: string;
  /** Each as `path → who`. */
  readonly rules: readonly string[];
  /** Why it is open without a rule that says so. */
  readonly fault?: string;
}

export interface Judgement {
  readonly rows: readonly Row[];
  /** Rules that apply to no route: misspelt, or behind another one. */
  readonly idle: readonly string[];
  /** Faults of the site as a whole. */
  readonly faults: readonly string[];
  readonly warnings: readonly string[];
}

/** @param own what is known of the rewrites of the site's own middleware */
export function inspect(site: Site, policy: Policy, own?: OwnRewrites): Judgement {
  const routes = [...site.routes].sort().map((route) => routeRow(route, site, policy));
  const rewrites = site.rewrites.map((rewrite) => rewriteRow(rewrite, site, policy));
  const actions = site.actions.flatMap((action) => actionRow(action, policy));
  const ofSessions = rulesOfSessions(policy);
  const upstreams = policy.upstreams?.map((upstream) => upstreamRow(upstream, policy)) ?? [];
  const answered = [...site.routes, ...upstreamRoutes(policy)];
  const ofRoutes = answered.flatMap((route) => rulesAt(samples(route, policy), policy).flat());
  const used = new Set([...ofRoutes, ...ofSessions]);
  const ofOwn = judgeOwn(own, policy);
  const draft = draftModeNote(site);
  const isKnown = policy.allowsDraftMode === true;
  return {
    rows: [
      ...routes,
      ...(ofSessions.length > 0 ? [{ route: SESSIONS, rules: described([ofSessions]) }] : []),
      ...rewrites,
      ...actions,
      ...upstreams,
    ],
    idle: policy.rules.filter((rule) => !used.has(rule)).map(({ path }) => path),
    faults: [
      ...hiddenRules(policy, { ...site, routes: answered }),
      ...handedOver(site, policy),
      ...ofOwn.faults,
      ...upstreamFaults(site, policy),
      ...missingPages(site, policy),
      ...(draft && !isKnown ? [`${draft}. Take it out, or ${KNOWN}`] : []),
    ],
    warnings: [
      ...(draft && isKnown ? [draft] : []),
      ...formActionNotes(site),
      ...cookielessNotes(site, policy),
      ...variablesNotes(policy),
      ...contrastNotes(policy),
      ...upstreamNotes(site, policy),
      ...ofOwn.warnings,
    ],
  };
}

const KNOWN = 'say in the Gatehouse configuration that this is known: allowsDraftMode: true';

function routeRow(route: string, { isGated, locales }: Site, policy: Policy): Row {
  const paths = samples(route, policy);
  const ungated = paths.find((path) => !isGated(path));
  return {
    route,
    rules: described(rulesAt(shown(route, paths, policy), policy)),
    ...(ungated && { fault: route.includes('[') ? leftOut(ungated) : LEFT_OUT }),
    ...(ungated && locales.length > 0 && { fault: `${LEFT_OUT}, in some locale or without one: ${REMEDY}` }),
  };
}

const REMEDY = `give that matcher, and the rewrite of ${OWN_FILES} to /404, \`locale: false\``;

function leftOut(path: string): string {
  if (path.startsWith(OWN_FILES))
    return `it answers below ${OWN_FILES}, which the matcher leaves out: rewrite that to /404 in next.config`;
  return path.startsWith('/_next/') ? 'it answers below /_next, which the matcher leaves out' : LEFT_OUT;
}

/** The page that answers wherever there is none. */
const NOT_FOUND = '/_not-found';

const CALLABLE =
  'a request without a session can call it there: move it to a file that no open page imports, or name it in openActions ' +
  'of the Gatehouse configuration';

/** Nothing for an action that no open page has. */
function actionRow({ name, file, pages }: Action, policy: Policy): Row[] {
  const addresses = (page: string) => samples(page === NOT_FOUND ? '/[...any]' : page, policy);
  const at = pages.filter((page) => addresses(page).some((path) => isOpen(path, 'POST', policy)));
  if (at.length === 0) return [];
  // Next gives every action that is written inside of a component the same name, so that name opens nothing.
  const isMeant = !name.startsWith('$$') && policy.openActions.includes(name);
  return [
    {
      route: `action ${name} (${file})`,
      rules: [`at ${at.join(', ')}`],
      ...(!isMeant && { fault: CALLABLE }),
    },
  ];
}
