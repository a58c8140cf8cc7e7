type Faults = Readonly<Record<string, string>>;

type Table = readonly (readonly [fault: string, cure: string])[];

/** What to write, by how the fault of a rule begins. */
const OF_RULES: Table = [
  ['must be an object', "{ path: '/admin/*', allow: { roles: ['admin'] } }"],
  ['fresh is called', 'alwaysCheck: true'],
  ['has an unknown member', 'path, methods, cookies, allow and alwaysCheck alone'],
  ['path is no pattern', "'/orders', '/orders/:id' or '/orders/*'"],
  ['methods must be', "methods: ['GET', 'POST']"],
  ['cookies must be', "cookies: 'hidden'"],
  ['alwaysCheck must be', "allow: 'session', alwaysCheck: true"],
  ['allow', "allow: 'public', 'optional', 'session' or { roles: ['admin'] }"],
  ['claims must be', "claims: { department: { equals: 'sales' } }"],
  ['acr must be', "acr: ['urn:example:mfa']"],
  ['maxAge must be', 'maxAge: 300'],
  ['roles must be', "roles: ['admin']"],
  ['permissions must be', "permissions: ['orders:write']"],
  ['scopes must be', "scopes: ['orders']"],
];

/** The same for an upstream. */
const OF_UPSTREAMS: Table = [
  ['must be an object', "{ path: '/api/orders/*', to: env('ORDERS_API_URL'), token: 'user' }"],
  [
    'has an unknown member',
    'path, to, token, methods, timeout, requestHeaders, responseHeaders, caching, resource and scope alone',
  ],
  ['path must', "path: '/api/orders/*'"],
  ['to ', "to: env('ORDERS_API_URL')"],
  ['methods must be', "methods: ['GET', 'POST']"],
  ['timeout must be', 'timeout: 20'],
  ['caching must be', "caching: 'upstream'"],
  ['requestHeaders must be', "requestHeaders: ['x-tenant']"],
  ['responseHeaders must be', "responseHeaders: ['x-total-count']"],
  ['token must be', "token: 'user'"],
  ['resource must be', "resource: 'https://api.example.com'"],
  ['scope must be', "scope: 'orders:read orders:write'"],
];

/** What to write into `.env.local`, by variable. */
const OF_VARIABLES: Faults = {
  APP_URL: 'APP_URL=http://localhost:3000',
  SSO_ISSUER: 'SSO_ISSUER=https://sso.example.com, or take what `npx gatehouse dev` prints',
  SSO_CLIENT_ID: 'SSO_CLIENT_ID=my-client, as it is registered at the provider',
  SSO_REDIRECT_URI: 'SSO_REDIRECT_URI=http://localhost:3000/auth/callback',
  SSO_POST_LOGOUT_URI: 'SSO_POST_LOGOUT_URI=http://localhost:3000/',
  SESSION_SECRET: 'a line that `npx gatehouse secret` prints',
  UPSTASH_REDIS_REST_URL: 'what `npx gatehouse dev` prints, or the address of a Redis at Upstash',
  UPSTASH_REDIS_REST_TOKEN: 'what `npx gatehouse dev` prints, or the token of that Redis',
};

/**
 * The faults of a configuration with what to write, for a developer. A rule is named by its path too: its place alone has to be
 * counted. No value of the environment is in it.
 *
 * @param rules of the site, as they are
 */
export function cured(faults: Faults, rules: unknown): Faults {
  return Object.fromEntries(
    Object.entries(faults).map(([name, fault]) => {
      const cure = cureOf(name, fault);
      return [name + pathOf(name, rules), cure ? `${fault}. Write: ${cure}` : fault];
    }),
  );
}

function cureOf(name: string, fault: string): string | undefined {
  const isEntry = name.includes('[');
  const table = name.startsWith('rules[') ? OF_RULES : OF_UPSTREAMS;
  if (isEntry) return table.find(([start]) => fault.startsWith(start))?.[1];
  // What else is required is the address of an upstream.
  return OF_VARIABLES[name] ?? (fault === 'is required' ? `${name}=https://api.example.com` : undefined);
}

/** Of the rule that `rules[3]` names. */
function pathOf(name: string, rules: unknown): string {
  const [, place] = /^rules\[(\d+)\]$/.exec(name) ?? [];
  const rule: unknown = place === undefined || !Array.isArray(rules) ? undefined : rules[Number(place)];
  const path = typeof rule === 'object' && rule !== null && 'path' in rule ? rule.path : undefined;
  return typeof path === 'string' ? ` (${path})` : '';
}
