import type { Deps } from './context.ts';
import type { GateError } from './errors.ts';
import { rewriteTo } from './next/rewrite.ts';
import { viewOf } from './pages/look.ts';
import { PROBLEM_HEADER, type ShownProblem } from './pages/own-page.ts';
import { waysForward } from './pages/problem.ts';
import { withoutLocale } from './policy/locales.ts';
import { opennessOf, showsSession } from './policy/rules.ts';
import type { Code } from './problems.ts';
import { problemOf, waysOf } from './responses.ts';
import { withoutGateCookies } from './session/cookies.ts';
import { PROBLEM_SECONDS } from './timing.ts';
import type { RequestContext } from './types/request.ts';

/** What went wrong with the gate itself, or with an address that cannot be read, is said by the gate itself. */
const BUILT_IN: readonly Code[] = ['MISCONFIGURED', 'INTERNAL', 'BAD_PATH'];

/**
 * The page of the site that takes the place of the gate's own for a failure; undefined where the site names none. It is reached
 * by a rewrite, on which Next calls no middleware again, so that it can neither loop nor need a session.
 *
 * The page is told of the failure by a request header. It is sealed, because a client can send any header, and Next removes none
 * from a request that the middleware does not see.
 *
 * @param front what stands in front of a path of the site: base path and locale
 */
export async function ownPage(
  error: GateError,
  context: RequestContext,
  front: string,
  deps: Deps,
): Promise<Response | undefined> {
  const { code } = error;
  const { pages } = deps.look;
  const named = (code === 'FORBIDDEN' && pages.forbidden) || pages.problem;
  if (!named || BUILT_IN.includes(code)) return undefined;
  const path = inLocale(named, context, deps);
  const view = viewOf(context, deps.look);
  const problem: ShownProblem = {
    ...problemOf(error, context.ref, view),
    ways: waysForward({ ...view, ...waysOf(error), code }),
    language: view.language.tag,
  };
  const expiresAt = Math.floor(deps.now() / 1000) + PROBLEM_SECONDS;
  const sealed = await deps.sealer.seal('problem', { problem }, expiresAt);
  const shown = [...shownCookies(code, path, context, deps), [PROBLEM_HEADER, sealed] as const];
  return rewriteTo(front + path, context.request, problem.status, shown);
}

/** A page that a session cannot open shows who is signed in, where its rule lets it see that; any other failure may be the session's. */
function shownCookies(code: Code, path: string, { request }: RequestContext, { rules, locales, settings }: Deps) {
  const sent = request.headers.get('cookie');
  if (sent === null || (code === 'FORBIDDEN' && showsSession(path, rules, locales))) return [];
  return [['cookie', withoutGateCookies(sent, settings) || null] as const];
}

/** With `locales`, a page that is named with one of them is shown in that of the request's path, where the rules open it there too. */
function inLocale(named: string, { pathname }: RequestContext, { rules, locales }: Deps): string {
  const page = locales && withoutLocale(named, locales);
  if (!page || !withoutLocale(pathname, locales)?.isExact) return named;
  const path = `/${pathname.split('/')[1]}${page.inner}`;
  return opennessOf(path, rules, locales) === 'closed' ? named : path;
}
