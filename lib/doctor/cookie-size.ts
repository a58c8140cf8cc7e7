import { createSealer } from '../crypto/seal.ts';
import { keptClaims } from '../policy/kept-claims.ts';
import { namedByRules } from '../policy/required-claims.ts';
import type { Rule } from '../policy/rule.ts';
import { MAX_COOKIE_BYTES } from '../session/cookies.ts';
import { sealSession } from '../session/session-cookie.ts';
import type { Session } from '../types/session.ts';
import type { Settings } from '../types/settings.ts';
import { type Finding, findingsOf, shown } from './finding.ts';

/** The gate's own limit of a cookie, and what nginx gives all headers of an answer by default (`proxy_buffer_size`). */
const NGINX_BYTES = 4_096;
/** The other headers of a callback's answer: status line, location, the flow and loop-guard cookies, dates. */
const OTHER_BYTES = 700;

export const COOKIE = findingsOf(
  'cookie',
  {
    'cookie-drops-needed': {
      severity: 'fault',
      what: 'The cookie has no room for what a rule looks at.',
      why: 'A person with these claims is refused where the rule would let them in.',
      mend: 'Shorten SESSION_CLAIMS, or let the provider send fewer and shorter values.',
    },
    'cookie-drops': {
      severity: 'warning',
      what: 'The cookie has no room for all kept claims.',
      why: 'Claims that no rule names are left out of the session, the largest first (event `claims_dropped`).',
      mend: 'Take the claims that the site does not need out of SESSION_CLAIMS.',
    },
    'cookie-nginx': {
      severity: 'warning',
      what: 'The headers of a sign-in do not fit into the buffer that nginx has by default.',
      why: 'nginx answers 502 (`upstream sent too big header`) when the headers of an answer exceed 4 KB.',
      mend: 'Behind nginx: `proxy_buffer_size 16k; proxy_buffers 8 16k;`. Else nothing is to be done.',
    },
  },
  { 'cookie-fits': 'The cookie has room for the claims of a person.' },
);

export interface CookieFacts {
  readonly settings: Settings;
  readonly rules: readonly Rule[];
  /** What the provider says of a person; a sample without it. */
  readonly claims?: Readonly<Record<string, unknown>> | undefined;
  /** Bytes of the headers that the site sets on every answer. */
  readonly siteHeaderBytes: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Seals a session as a sign-in would, and measures its cookie. */
export async function checkCookie({ settings, rules, claims, siteHeaderBytes, now }: CookieFacts): Promise<Finding[]> {
  const said = claims ?? sampleClaims(settings, rules);
  const named = namedByRules(rules);
  const session = sampleSession(said, settings, Math.floor(now / 1000));
  const sealer = createSealer({ settings, now: () => now });
  const { setCookie, dropped } = await sealSession(session, Math.floor(now / 1000), { settings, sealer, named });
  const of = claims ? 'the given claims' : 'a sample person';
  const size = `The cookie of ${of} has ${setCookie.length} of ${MAX_COOKIE_BYTES} bytes`;
  const findings: Finding[] = [];
  if (dropped.length > 0) {
    const id = dropped.some((name) => named.has(name)) ? 'cookie-drops-needed' : 'cookie-drops';
    findings.push(
      COOKIE.found(id, { what: `${size} without ${shown(dropped.join(', '))}, for which there is no room.` }),
    );
  } else findings.push(COOKIE.passed('cookie-fits', `${size}.`));
  const all = setCookie.length + OTHER_BYTES + siteHeaderBytes;
  if (all > NGINX_BYTES) {
    const what = `The headers of a sign-in have about ${all} bytes, ${siteHeaderBytes} of them the site's own; nginx takes ${NGINX_BYTES}.`;
    findings.push(COOKIE.found('cookie-nginx', { what }));
  }
  return findings;
}

function sampleSession(said: Readonly<Record<string, unknown>>, settings: Settings, now: number): Session {
  const { sub } = said;
  const id = 'x'.repeat(43); // as long as 256 bits in base64url
  return {
    sub: typeof sub === 'string' ? sub : '3f1b7c52-8a44-4a0e-9d53-0b0f6f6f8a11',
    sid: id,
    id,
    person: id,
    providerSession: id,
    browser: id,
    claims: keptClaims(said, settings.session),
    scope: settings.provider.scope,
    acr: 'urn:mace:incommon:iap:silver',
    authTime: now,
    generation: 1,
    createdAt: now,
    tokensIssuedAt: now,
    tokensExpireAt: now + 3_600,
    renewable: true,
    idleEndsAt: now + settings.session.idleSeconds,
    absoluteEndsAt: now + settings.session.absoluteSeconds,
  };
}

const PERSON: Readonly<Record<string, unknown>> = {
  name: 'Maria Fernanda de Oliveira Gonçalves',
  given_name: 'Maria Fernanda',
  family_name: 'de Oliveira Gonçalves',
  email: 'maria.fernanda.goncalves@mail.example-company.com',
  email_verified: true,
  picture: `https://avatars.example-company.com/u/${'8'.repeat(60)}?size=128`,
};
/** A word for a claim that the sample does not know. */
const OTHER = 'a value of forty characters, more or less';

/** What a provider may say of a person with a long name and every role that the rules name. */
function sampleClaims({ session }: Settings, rules: readonly Rule[]): Record<string, unknown> {
  const named = namedByRules(rules);
  const listOf = (claim: string) => {
    const values = named.get(claim);
    return [...new Set([...(values instanceof Set ? values : []), 'user', 'employee', 'beta-tester'])];
  };
  const said = session.claims.map((name) => [name, PERSON[name] ?? OTHER]);
  return {
    ...Object.fromEntries(said),
    // A claim of the whole name comes before a path.
    [session.rolesClaim]: listOf('roles'),
    [session.permissionsClaim]: listOf('permissions'),
  };
}
