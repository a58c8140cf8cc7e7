import { findingsOf } from './finding.ts';

export const LIVE = findingsOf(
  'live',
  {
    'live-unreachable': {
      severity: 'fault',
      what: 'The site does not answer.',
      why: 'Nothing else of it can be seen.',
      mend: 'Start the site, or correct --url.',
    },
    'live-other-origin': {
      severity: 'warning',
      what: 'The site is asked at another origin than that of the redirect URI.',
      why: 'People sign in on the origin of the redirect URI alone; elsewhere `/auth/login` leads there first.',
      mend: 'Ask at the origin of SSO_REDIRECT_URI, or set SSO_REDIRECT_URI (or APP_URL) to this one.',
    },
    'live-open': {
      severity: 'fault',
      what: 'A protected page is not protected.',
      why: 'A request without a session gets an answer of the site.',
      mend: 'npx gatehouse routes; and see that the deployed build has the middleware (`next build` prints `ƒ Proxy (Middleware)`).',
    },
    'live-misconfigured': {
      severity: 'fault',
      what: 'The gate of the site answers 503.',
      why: 'A variable is missing or wrong where the site runs, or the provider or Redis cannot be reached from there.',
      mend: 'Read the log of the site: the line `problem` with the `ref` of the answer names the variables.',
    },
    'live-redirect': {
      severity: 'fault',
      what: 'A sign-in does not begin with a redirect to the provider.',
      why: 'The person never reaches the provider; 307 and 308 would replay a POST there.',
      mend: 'Look at what stands in front of the site (proxy, CDN, redirects of the Next.js configuration).',
    },
    'live-client': {
      severity: 'fault',
      what: 'The site sends people to the provider with other values than this environment has.',
      why: 'The site runs with another configuration than the one that was checked.',
      mend: 'Compare SSO_ISSUER, SSO_CLIENT_ID and SSO_REDIRECT_URI where the site is hosted.',
    },
    'live-flow-cookie': {
      severity: 'fault',
      what: 'The cookie of the sign-in does not arrive as the gate has set it.',
      why: 'Without it, or with other attributes, the callback is refused (LOGIN_REJECTED), or another site can set it.',
      mend: 'See that no proxy in front removes or rewrites `Set-Cookie` (nginx: `proxy_cookie_path`, `proxy_cookie_flags`).',
    },
    'live-cached': {
      severity: 'fault',
      what: 'An answer of the gate may be cached.',
      why: 'A cache would hand the answer for one visitor to another.',
      mend: 'See that nothing in front replaces `Cache-Control` (the gate sends `private, no-store`).',
    },
    'live-headers-large': {
      severity: 'warning',
      what: 'The headers of an answer leave too little room for the session cookie in the buffer of nginx.',
      why: 'nginx by default gives all headers of an answer 4 KB, and answers 502 when there are more.',
      mend: 'Behind nginx: `proxy_buffer_size 16k; proxy_buffers 8 16k;`. Else nothing is to be done.',
    },
    'live-data-wrong': {
      severity: 'fault',
      what: 'A data request without a session does not get 401 from the gate.',
      why: 'Scripts and `<Link>` of Next.js go to the sign-in by this answer.',
      mend: 'See that nothing in front replaces answers with a status over 399 (nginx: `proxy_intercept_errors off`).',
    },
    'live-session-wrong': {
      severity: 'fault',
      what: '`/auth/session` does not answer as the gate does.',
      why: 'The browser asks there who is signed in.',
      mend: 'See that the path reaches Next.js, and that nothing in front replaces its headers.',
    },
    'live-backchannel-wrong': {
      severity: 'warning',
      what: '`/auth/backchannel-logout` does not answer as the gate does.',
      why: 'A sign-out at the provider does not end the session here.',
      mend: 'Let POST requests of the provider reach the path: no login page, bot check or body filter in front of it.',
    },
    'live-host': {
      severity: 'fault',
      what: 'The gate sees another host than that of the redirect URI.',
      why: 'It sends the browser to the host of the redirect URI without end, and then answers HOST_MISMATCH.',
      mend: 'Hand the host on: nginx `proxy_set_header Host $http_host;`, or X-Forwarded-Host; or correct SSO_REDIRECT_URI.',
    },
    'live-http': {
      severity: 'warning',
      what: 'The site answers by http without a redirect to https.',
      why: 'The cookies are `Secure`: by http there is never a session, and what is sent can be read on the way.',
      mend: 'Redirect http to https in front of the site.',
    },
  },
  {
    'live-protected': 'A protected page leads to the sign-in.',
    'live-sign-in': 'A sign-in begins with a redirect to the provider, with the right client and redirect URI.',
    'live-flow-cookie-right': 'The cookie of the sign-in has its prefix and attributes.',
    'live-data': 'A data request without a session gets 401 UNAUTHENTICATED.',
    'live-session': '`/auth/session` says that there is no session.',
    'live-backchannel': '`/auth/backchannel-logout` can be reached.',
    'live-https-only': 'http leads to https.',
  },
);
