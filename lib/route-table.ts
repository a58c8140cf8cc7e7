import { ROUTES, type Route } from './routes.ts';

type Key = { [Row in (typeof ROUTES)[number] as `${Row['method']} ${Row['path']}`]: string };

/** What each row does, for a reader. */
const DOES: Key = {
  'GET /auth/login':
    'starts a sign-in; takes `returnTo`, `prompt`, `login_hint`, `max_age`, `acr_values`, `ui_locales`. A link on another site starts nothing while a session is alive: it leads to `returnTo`. With `iss` it is a sign-in that another site initiates: takes `login_hint`, `target_link_uri`',
  'POST /auth/login':
    'a form of another site that starts a sign-in (`iss`, `login_hint`, `target_link_uri`): changes nothing, leads to the GET with 303',
  'GET /auth/callback': 'finishes it (the path of `SSO_REDIRECT_URI`)',
  'POST /auth/callback':
    'with `SSO_RESPONSE_MODE=form_post` only: takes the provider’s form, changes nothing, leads to the GET with 303',
  'GET /auth/session':
    '`{"user":null}` or `{"user":{"sub":…, claims},"expiresAt":…,"idleExpiresAt":…}`; does not extend the session',
  'POST /auth/session': '“stay signed in”: moves the idle end as far as it goes, and answers as the GET',
  'GET /auth/sessions':
    'the sessions of the user, `{"sessions":[{"id":…,"current":…,"createdAt":…,"lastSeenAt":…,"browser":…,"platform":…}]}`; 401 without a session',
  'POST /auth/sessions':
    'ends the session `id`, all `others` or `all` of the user: a form leads back to its page, a script gets the list; a rule for this path may ask for a step-up',
  'POST /auth/refresh':
    'renews tokens that are due or expired, otherwise does not call the provider; answers as `/auth/session`, 401 without a session',
  'POST /auth/logout': 'signs out here and at the provider; to a script it answers `{"location":…}`',
  'GET /auth/logout': 'a page with one button that does so',
  'POST /auth/backchannel-logout':
    'ends the sessions that a logout token of the provider is about: see [Signed out by the provider](sign-out.md)',
  'GET /auth/frontchannel-logout':
    'with `SSO_FRONTCHANNEL=on` only: ends those of `iss` and `sid`, in a frame of the provider',
  'GET /auth/health': '200 while the isolate answers, and has a configuration: see [Operations](operations.md#probes)',
  'GET /auth/ready':
    '200 when Redis, and metadata and keys of the provider are at hand, else 503: `{"ready":…,"redis":…,"metadata":…,"keys":…}`',
};

const COUNTED: Readonly<Record<NonNullable<Route['counted']>, string>> = {
  every: '',
  navigations: '',
  'without a flow': ', callbacks without a flow of their own',
  'as the GET': ', counted by the GET',
  'without a session': ', requests without a session',
  'what may end sessions': ', requests that pass their checks',
};

const perMinute = ({ perMinute: limit, counted }: Route) =>
  limit === undefined ? 'none' : `${limit}${counted ? COUNTED[counted] : ''}`;

const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;

/** The gate's own routes as a table in Markdown. A test compares the documents with it, so it is pasted there as it is. */
export function routeTable(): string {
  const rows = ROUTES.map((route: Route) => [
    `\`${route.path}\``,
    route.method,
    DOES[`${route.method} ${route.path}` as keyof Key],
    perMinute(route),
    route.origin === 'same' ? 'this site' : 'any',
  ]);
  const head = ['route', 'method', 'does', 'limit per minute and address', 'from pages of'];
  return [head, head.map(() => '---'), ...rows].map(row).join('\n');
}
