/**
 * What the gate answers itself, as one table. It is data alone, so that the configuration, the handlers and the documents
 * read it too; `dispatch.ts` binds the handlers to their names and does what a row says before its handler runs.
 */

export interface Route {
  /** Without the base path. The callback's stands for the path of `SSO_REDIRECT_URI`. */
  readonly path: string;
  readonly method: 'GET' | 'POST';
  readonly handler:
    | 'login'
    | 'loginPost'
    | 'callback'
    | 'callbackPost'
    | 'session'
    | 'staySignedIn'
    | 'refresh'
    | 'sessions'
    | 'endListed'
    | 'confirmLogout'
    | 'logout'
    | 'backchannelLogout'
    | 'frontchannelLogout'
    | 'health'
    | 'ready';
  /** There is no such row with another `SSO_RESPONSE_MODE`. */
  readonly responseMode?: 'form_post';
  /** There is no such row while this setting is off. */
  readonly setting?: 'frontchannel';
  /** What it answers to `HEAD`: `empty` where GET has an effect and no handler runs (RFC 9110 §9.2.1), else what GET does. */
  readonly head?: 'empty' | 'as GET';
  /** `same`: only for pages of this site, as it changes something. */
  readonly origin: 'any' | 'same';
  /** Requests per minute and client address. */
  readonly perMinute?: number;
  /** Which requests are counted. `every`: before the handler runs; `as the GET`: by the GET that follows; else by the handler. */
  readonly counted?:
    | 'every'
    | 'navigations'
    | 'without a flow'
    | 'without a session'
    | 'as the GET'
    | 'what may end sessions';
  /** Which pages may show the answer in a frame. */
  readonly framing: 'never' | 'of the provider';
  readonly caching: 'private, no-store';
}

const UNSHARED = { framing: 'never', caching: 'private, no-store' } as const;

export const CALLBACK = {
  path: '/auth/callback',
  method: 'GET',
  handler: 'callback',
  head: 'empty',
  origin: 'any',
  perMinute: 30,
  counted: 'without a flow',
  ...UNSHARED,
} as const satisfies Route;

/** The one route that rules of the site hold for; see `rulesOfRoute`. */
export const SESSIONS = '/auth/sessions';

const CALLBACK_POST = {
  path: CALLBACK.path,
  method: 'POST',
  handler: 'callbackPost',
  responseMode: 'form_post',
  origin: 'any',
  perMinute: 30,
  counted: 'as the GET',
  ...UNSHARED,
} as const satisfies Route;

export const ROUTES = [
  {
    path: '/auth/login',
    method: 'GET',
    handler: 'login',
    head: 'empty',
    origin: 'any',
    perMinute: 30,
    counted: 'navigations',
    ...UNSHARED,
  },
  {
    path: '/auth/login',
    method: 'POST',
    handler: 'loginPost',
    origin: 'any',
    perMinute: 30,
    counted: 'as the GET',
    ...UNSHARED,
  },
  CALLBACK,
  CALLBACK_POST,
  { path: '/auth/session', method: 'GET', handler: 'session', head: 'as GET', origin: 'any', ...UNSHARED },
  { path: '/auth/session', method: 'POST', handler: 'staySignedIn', origin: 'same', ...UNSHARED },
  { path: SESSIONS, method: 'GET', handler: 'sessions', head: 'as GET', origin: 'any', ...UNSHARED },
  { path: SESSIONS, method: 'POST', handler: 'endListed', origin: 'same', ...UNSHARED },
  {
    path: '/auth/refresh',
    method: 'POST',
    handler: 'refresh',
    origin: 'same',
    perMinute: 30,
    counted: 'every',
    ...UNSHARED,
  },
  {
    path: '/auth/logout',
    method: 'POST',
    handler: 'logout',
    origin: 'same',
    perMinute: 30,
    counted: 'without a session',
    ...UNSHARED,
  },
  { path: '/auth/logout', method: 'GET', handler: 'confirmLogout', head: 'as GET', origin: 'any', ...UNSHARED },
  {
    path: '/auth/backchannel-logout',
    method: 'POST',
    handler: 'backchannelLogout',
    origin: 'any',
    perMinute: 120,
    counted: 'what may end sessions',
    ...UNSHARED,
  },
  {
    path: '/auth/frontchannel-logout',
    method: 'GET',
    handler: 'frontchannelLogout',
    setting: 'frontchannel',
    head: 'empty',
    origin: 'any',
    perMinute: 120,
    counted: 'what may end sessions',
    ...UNSHARED,
    framing: 'of the provider',
  },
  { path: '/auth/health', method: 'GET', handler: 'health', head: 'as GET', origin: 'any', ...UNSHARED },
  { path: '/auth/ready', method: 'GET', handler: 'ready', head: 'as GET', origin: 'any', ...UNSHARED },
] as const satisfies readonly Route[];

/** A path whose requests are counted. */
export type LimitedRoute = Extract<(typeof ROUTES)[number], { readonly perMinute: number }>['path'];

const byPath = new Map<string, readonly Route[]>();
for (const route of ROUTES) if (route.path !== CALLBACK.path) byPath.set(route.path, [...routesAt(route.path), route]);

/** The rows of the callback, for a `SSO_RESPONSE_MODE`. */
export const callbackRoutes = (mode: 'query' | 'form_post'): readonly Route[] =>
  mode === 'form_post' ? [CALLBACK, CALLBACK_POST] : [CALLBACK];

/** The rows of a path. The callback is at the configured path, so it is not found by the path in its row. */
export function routesAt(path: string): readonly Route[] {
  return byPath.get(path) ?? [];
}

/** Requests per minute and client address, of a path that has a limit. */
export const perMinuteOf = (path: LimitedRoute): number =>
  Math.max(...ROUTES.map((route) => (route.path === path && 'perMinute' in route ? route.perMinute : 0)));

/** Whether a path belongs to the gate already, so that no callback can be there. */
export function isTaken(pathname: string): boolean {
  const path = pathname.endsWith('/') ? pathname.slice(0, -1) : pathname;
  return byPath.has(path);
}
