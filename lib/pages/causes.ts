import type { Code } from '../problems.ts';

/** What usually lies behind a problem: what the person can do about it, and what the operator of the site can. */
export interface Causes {
  readonly person: readonly string[];
  readonly operator: readonly string[];
}

/**
 * Only the codes that people meet most, and only causes that lead to exactly this code. The environment is named by
 * variable, never by value: a page that any visitor may open says nothing about this deployment.
 */
export const CAUSES: Readonly<Partial<Record<Code, Causes>>> = {
  LOGIN_REJECTED: {
    person: [
      'Your browser blocks cookies for this site, or cleared them meanwhile.',
      'It took longer than ten minutes.',
      'You started in one browser or private window and finished in another.',
      'The address was bookmarked or opened a second time.',
    ],
    operator: [
      'The site was opened on another host name than that of SSO_REDIRECT_URI.',
      'The site is served over http, where browsers drop Secure cookies, except on a loopback address.',
      'A proxy removes Set-Cookie or Cookie headers, or refuses headers of this size.',
      'SESSION_SECRET differs between deployments, or was replaced and the old value is not in the list.',
    ],
  },
  LOGIN_LOOP: {
    person: ['Your browser blocks cookies for this site.', 'An extension or a privacy setting removes them.'],
    operator: [
      'The site is served over http, where browsers drop Secure cookies, except on a loopback address.',
      'SESSION_SECRET differs between deployments on one host name.',
      'A proxy removes Set-Cookie headers, or sends a cached answer.',
    ],
  },
  HOST_MISMATCH: {
    person: ['There is nothing wrong with your account or your browser. Tell the operator of this site.'],
    operator: [
      'The proxy in front sends its own Host header: let it hand on the one that it received, or set X-Forwarded-Host.',
      'For nginx: proxy_set_header Host $http_host;',
      'For Caddy, in reverse_proxy: header_up Host {hostport}',
      'SSO_REDIRECT_URI names another host than the one on which this site is opened.',
    ],
  },
  CODE_REJECTED: {
    person: [
      'The page was reloaded, or opened again from the history, while you were signing in.',
      'The connection was slow, and the answer came too late.',
    ],
    operator: [
      'SSO_REDIRECT_URI is not the registered address to the letter, trailing slash included.',
      'The code was older than the sign-in service allows, often 120 seconds: check the clocks of the servers.',
      'The PKCE verifier is that of another sign-in.',
      'A link scanner, or a proxy that retries, opened the address first.',
    ],
  },
  CLIENT_REJECTED: {
    person: ['There is nothing wrong with your account or your password. Tell the operator of this site.'],
    operator: [
      'SSO_CLIENT_ID is not registered at SSO_ISSUER, or belongs to another environment of it.',
      'SSO_CLIENT_SECRET is not the current secret, or only a part of it.',
      'SSO_CLIENT_AUTH_METHOD is not the method in the registration.',
      'The environment was changed, but the site was not deployed again.',
    ],
  },
};
