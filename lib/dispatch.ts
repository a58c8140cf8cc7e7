import type { Deps } from './context.ts';
import { RequestError } from './errors.ts';
import { withoutState } from './handlers/after-logout.ts';
import { backchannelLogout } from './handlers/backchannel-logout.ts';
import { callback } from './handlers/callback.ts';
import { confirmLogout } from './handlers/confirm-logout.ts';
import { callbackPost, loginPost } from './handlers/cross-site-post.ts';
import { frontchannelLogout } from './handlers/frontchannel-logout.ts';
import { health } from './handlers/health.ts';
import { limitRate } from './handlers/limit-rate.ts';
import { login } from './handlers/login.ts';
import { logout } from './handlers/logout.ts';
import { protect } from './handlers/protect.ts';
import { ready } from './handlers/ready.ts';
import { refresh } from './handlers/refresh.ts';
import { session, staySignedIn } from './handlers/session.ts';
import { endListed, sessions } from './handlers/sessions.ts';
import { namesParameters } from './next/route-notation.ts';
import { servedPaths } from './next/served-paths.ts';
import { isBelow, readings } from './policy/path.ts';
import type { Rule } from './policy/rule.ts';
import { matches } from './policy/rules.ts';
import { isSameOrigin } from './policy/same-origin.ts';
import { callbackRoutes, type LimitedRoute, type Route, routesAt } from './routes.ts';
import type { Answer, RequestContext } from './types/request.ts';

type Handler = (context: RequestContext, deps: Deps) => Promise<Response>;

const HANDLERS: Readonly<Record<Route['handler'], Handler>> = {
  login,
  loginPost,
  callback,
  callbackPost,
  session,
  staySignedIn,
  sessions,
  endListed,
  refresh,
  confirmLogout,
  logout,
  backchannelLogout,
  frontchannelLogout,
  health,
  ready,
};

/** Finds out what the path means: a route of the gate, or something of the site that is to be protected. */
export function dispatch(context: RequestContext, locale: string | undefined, deps: Deps): Promise<Answer> | Answer {
  const plain = readings(context.pathname);
  if (plain === null || namesParameters(context.request.url)) throw new RequestError('BAD_PATH');
  const [path, ...otherReadings] = plain;
  const routes = path !== undefined && otherReadings.length === 0 ? routesOf(path, context, deps) : [];
  if (routes.length > 0) return answerRoute(routes, context, deps);
  const signedOut = withoutState(context, deps);
  if (signedOut) return signedOut;
  const paths = servedPaths(plain, context, locale);
  if (paths === 'unreadable') throw new RequestError('BAD_PATH');
  if (paths === 'build file') return { continue: true, headers: [] };
  const gated = paths.some((reading) => isBelow(reading.toLowerCase(), '/auth'));
  const named = (rule: Rule) => isBelow(rule.path, '/auth') && paths.some((reading) => matches(rule, reading));
  if (gated && !deps.rules.some(named)) throw new RequestError('NOT_FOUND');
  return protect(context, paths, deps);
}

/** What the gate answers itself. The callback's path is whatever the registered redirect URI says. */
function routesOf(path: string, { basePath }: RequestContext, { settings }: Deps): readonly Route[] {
  const isCallback = basePath + path === readings(settings.site.callbackPath)?.[0];
  const rows = isCallback ? callbackRoutes(settings.provider.responseMode) : routesAt(path);
  return rows.filter(({ setting }) => !setting || settings.provider[setting] === 'on');
}

/** What the row of the route says, in the order of its cost; then the handler. */
async function answerRoute(routes: readonly Route[], context: RequestContext, deps: Deps): Promise<Response> {
  const { method, headers } = context.request;
  const route = routes.find((row) => row.method === (method === 'HEAD' ? 'GET' : method));
  if (!route) throw new RequestError('METHOD_NOT_ALLOWED', { allow: allowed(routes) });
  if (method === 'HEAD' && route.head === 'empty') return new Response(null);
  if (route.origin === 'same' && !isSameOrigin(headers, deps.settings.site.canonicalOrigin))
    throw new RequestError('CSRF_REJECTED');
  if (route.counted === 'every') await limitRate(route.path as LimitedRoute, context, deps);
  return HANDLERS[route.handler](context, deps);
}

/** RFC 9110 §10.2.1 */
function allowed(routes: readonly Route[]): string {
  const methods: string[] = routes.map(({ method }) => method).sort();
  return [...methods, ...(methods.includes('GET') ? ['HEAD'] : [])].join(', ');
}
