import type { Texts } from './texts.ts';

/** Also what stands in for a sentence that a language of the site does not have. */
export const ENGLISH: Texts = {
  problems: {
    MISCONFIGURED: [
      'Not configured',
      'This site is not set up completely yet. Its operator has to finish the configuration.',
    ],
    BAD_PATH: ['Bad address', 'This address cannot be read.'],
    BAD_REQUEST: ['Bad request', 'A parameter of this request is missing, doubled, too long or malformed.'],
    NOT_FOUND: ['Not found', 'There is no such page.'],
    NO_SUCH_SESSION: ['No such session', 'This session has ended already, or it is not one of yours.'],
    METHOD_NOT_ALLOWED: ['Method not allowed', 'This address does not answer that method.'],
    BODY_TOO_LARGE: ['Too much data', 'What was sent is larger than this site accepts.'],
    LENGTH_REQUIRED: ['Length required', 'What was sent does not say how long it is, and this address needs to know.'],
    UNAUTHENTICATED: ['Sign-in required', 'Sign in to continue.'],
    FORBIDDEN: ['No access', 'You are signed in, but your account may not open this page.'],
    CSRF_REJECTED: ['Request refused', 'This request did not come from this site, so nothing was changed.'],
    HOST_MISMATCH: [
      'Wrong host name',
      'This site was reached under another host name than the one it signs people in on. Its operator has to check the proxy in front of it.',
    ],
    LOGIN_REJECTED: [
      'Sign-in not finished',
      'This sign-in was started in another browser, took longer than ten minutes, or its cookie was not kept.',
    ],
    LOGIN_USED: ['Sign-in already used', 'This sign-in link was used before. Each one works once.'],
    SIGNED_OUT_MEANWHILE: [
      'Signed out meanwhile',
      'You signed out while this sign-in was under way, so it was not finished.',
    ],
    LOGIN_LOOP: [
      'Sign-in keeps repeating',
      'You signed in several times within a minute and still have no session. Your browser may be blocking cookies.',
    ],
    ISSUER_MISMATCH: ['Sign-in refused', 'This came from another sign-in service than the one that this site uses.'],
    SIGN_IN_DENIED: [
      'Sign-in refused',
      'The sign-in service did not let this account in here, or the sign-in was cancelled.',
    ],
    SIGN_IN_INCOMPLETE: ['Sign-in needs you', 'The sign-in service needs you to sign in or to agree first.'],
    CODE_REJECTED: [
      'Sign-in expired',
      'The sign-in service no longer accepts this sign-in. It was used before, or too much time went by.',
    ],
    LOGOUT_TOKEN_INVALID: ['Logout refused', 'This logout token did not pass its checks, so nothing was changed.'],
    STEP_UP_REQUIRED: ['Stronger sign-in needed', 'This needs a stronger or a more recent sign-in than yours.'],
    RATE_LIMITED: ['Too many requests', 'There were too many requests in a short time. Wait a minute.'],
    STEP_UP_NOT_MET: ['Stronger sign-in needed', 'This needs a stronger or a more recent sign-in than yours.'],
    CLIENT_REJECTED: [
      'Sign-in not possible',
      'The sign-in service does not accept this site. Its operator has to check the client registration.',
    ],
    PROVIDER_ERROR: ['Sign-in failed', 'The sign-in service reported an error.'],
    PROVIDER_RESPONSE_INVALID: ['Sign-in failed', 'The sign-in service gave an answer that cannot be used.'],
    ID_TOKEN_INVALID: ['Sign-in failed', 'The sign-in service gave a proof of identity that did not pass its checks.'],
    PROVIDER_UNAVAILABLE: [
      'Sign-in unavailable',
      'The sign-in service cannot be reached right now. Nothing is lost; try again in a moment.',
    ],
    STORE_UNAVAILABLE: [
      'Temporarily unavailable',
      'Sessions cannot be reached right now. Nothing is lost; try again in a moment.',
    ],
    UPSTREAM_UNAUTHORIZED: ['Not accepted', 'The service behind this address did not accept your sign-in.'],
    UPSTREAM_TOKEN_DENIED: [
      'Service not available',
      'The sign-in service does not let this site call the service behind this address. Its operator has to check the configuration.',
    ],
    UPSTREAM_UNREACHABLE: ['Service not available', 'The service behind this address cannot be reached right now.'],
    UPSTREAM_RESPONSE_INVALID: [
      'Service failed',
      'The service behind this address gave an answer that cannot be used.',
    ],
    UPSTREAM_TIMEOUT: [
      'Service too slow',
      'The service behind this address did not answer in time. Whether it did what was asked is not known.',
    ],
    INTERNAL: ['Something went wrong', 'An unexpected error happened on this site.'],
  },
  causes: {
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
  },
  phrases: {
    signIn: 'Sign in',
    signInAgain: 'Sign in again',
    tryAgain: 'Try again',
    startPage: 'Go to the start page',
    signOut: 'Sign out',
    useOther: 'Use another account',
    openAnyway: 'Open it anyway',
    usualCauses: 'What usually causes this',
    forPerson: 'If you were signing in',
    forOperator: 'If you run this site',
    hostSeen: 'Host of this request',
    hostExpected: 'Host expected',
    passOn: 'If you ask for help, pass this on:',
    reference: 'Reference',
    supportReference: 'Support reference',
    code: 'Code',
    signOutTitle: 'Sign out?',
    signedInAs: 'You are signed in as {name}.',
    signedIn: 'You are signed in.',
    endsSession: 'This ends your session on this site.',
    staySignedIn: 'Stay signed in',
    otherTitle: 'Use another account?',
    otherAsked: 'A sign-in with another account was asked for.',
    signInOther: 'Sign in with another account',
    oneMoment: 'One moment',
    goOn: 'Continue',
    signInFirst: 'You sign in before you go on.',
    signInElsewhere: 'You sign in at another address of this site.',
    signedOutHere: 'You are signed out here.',
    signingOutThere: 'You are signed out here. Now the sign-in service signs you out too.',
    claimsDropped:
      'Your account has more data than a session can keep here, so what this page asks for may be missing from it.',
    ledHere: 'A sign-in or a link on another site led here.',
  },
};
