import { asGateError, ConfigError } from '../errors.ts';
import { byFapi2, discover, discoveryAddress, type Metadata } from '../protocol/discovery.ts';
import { isSameUrl } from '../protocol/issuer.ts';
import { within } from '../protocol/transport.ts';
import { DOCTOR_TIMEOUT_MS } from '../timing.ts';
import { type ProviderSettings, TENANT } from '../types/settings.ts';
import type { ClockSample } from './clocks.ts';
import { sampleOf } from './clocks.ts';
import { type Finding, findingsOf, shown, shownUrl } from './finding.ts';
import { type Network, unreachable } from './network.ts';

export const DISCOVERY = findingsOf(
  'discovery',
  {
    'discovery-unreachable': {
      severity: 'fault',
      what: 'The discovery document cannot be fetched.',
      why: 'Without it no sign-in can start, and no token can be renewed.',
      mend: 'Correct SSO_ISSUER (or SSO_DISCOVERY_URL), or let this machine reach the provider.',
    },
    'discovery-refused': {
      severity: 'fault',
      what: 'The address of the discovery document answers with something else.',
      why: 'The gate reads the endpoints of the provider there, and follows no redirect.',
      mend: 'Open the address in a browser. Set SSO_ISSUER to what comes before /.well-known/openid-configuration, or SSO_DISCOVERY_URL to the whole address.',
    },
    'issuer-slash': {
      severity: 'fault',
      what: 'The issuer differs from SSO_ISSUER by a slash at its end.',
      why: 'Tokens name the issuer to the letter (OIDC Core §3.1.3.7): every ID token would be refused.',
      mend: 'Set SSO_ISSUER to the issuer of the document, to the letter.',
    },
    'issuer-tenant': {
      severity: 'fault',
      what: 'The document is that of all tenants: its issuer has {tenantid} in it.',
      why: 'Microsoft Entra puts the tenant of the person there in every token, so that SSO_ISSUER can never be equal to it.',
      mend: 'Set SSO_ISSUER to the text with {tenantid}, and SSO_TENANTS to the ids of the tenants that may sign in.',
    },
    'issuer-differs': {
      severity: 'fault',
      what: 'The document names another issuer than SSO_ISSUER.',
      why: 'Tokens name the issuer to the letter (OIDC Core §3.1.3.7): every ID token would be refused.',
      mend: 'Set SSO_ISSUER to the issuer of the document, to the letter, if it is the provider that is meant.',
    },
    'issuer-spelling': {
      severity: 'note',
      what: 'The issuer of the document and SSO_ISSUER are one URL in two spellings.',
      why: 'The gate takes both for one; other programs compare to the letter.',
      mend: 'Set SSO_ISSUER to the issuer of the document, to the letter.',
    },
    'metadata-unusable': {
      severity: 'fault',
      what: 'The gate refuses the metadata of the provider.',
      why: 'The gate demands https endpoints, PKCE with S256 where methods are announced, and a signature that published keys prove.',
      mend: 'Change the provider, or choose another of its applications or versions; docs/providers.md has the known ones.',
    },
  },
  {
    'discovery-reachable': 'The discovery document is there.',
    'issuer-equal': 'The document names SSO_ISSUER to the letter.',
  },
);

export interface Discovered {
  readonly findings: readonly Finding[];
  /** As the gate reads it; absent when it refuses the document. */
  readonly metadata?: Metadata;
  readonly clock?: ClockSample;
}

/** Fetches the discovery document once, and has the gate's own code judge it. */
export async function checkDiscovery(provider: ProviderSettings, { fetch, now }: Network): Promise<Discovered> {
  const address = discoveryAddress(provider);
  const sentAt = now();
  let response: Response;
  try {
    response = await within(
      fetch,
      DOCTOR_TIMEOUT_MS,
      'discovery',
    )(address, { headers: { accept: 'application/json' } });
  } catch (error) {
    const what = `${shownUrl(address)} cannot be fetched: ${unreachable(error)}.`;
    return { findings: [DISCOVERY.found('discovery-unreachable', { what })] };
  }
  const clock = sampleOf(response.headers, sentAt, now());
  const sample = clock ? { clock } : {};
  const text = await response.text();
  const document = jsonOf(text);
  if (response.status !== 200 || !document) return { findings: [refused(address, response, text)], ...sample };
  const findings = [DISCOVERY.passed('discovery-reachable', `${shownUrl(address)} answers.`)];
  const issuer = issuerFinding(document.issuer, provider.issuer);
  try {
    const copy = async () => Response.json(document);
    const metadata = await discover(provider, copy);
    return {
      findings: [...findings, ...issuer],
      metadata: provider.profile === 'fapi2' ? byFapi2(metadata) : metadata,
      ...sample,
    };
  } catch (error) {
    const isAboutIssuer = error instanceof ConfigError || issuer.some(({ severity }) => severity === 'fault');
    const { reason } = asGateError(error).details;
    const unusable = DISCOVERY.found('metadata-unusable', { what: `The gate refuses the metadata: ${reason}.` });
    return { findings: [...findings, ...issuer, ...(isAboutIssuer ? [] : [unusable])], ...sample };
  }
}

function jsonOf(text: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function refused(address: string, { status, headers }: Response, text: string): Finding {
  const to = headers.get('location');
  const led = to && URL.canParse(to, address) ? `, a redirect to ${shownUrl(new URL(to, address).href)}` : '';
  const kind = status === 200 ? `200 with no JSON object (${text.length} characters)` : `${status}${led}`;
  return DISCOVERY.found('discovery-refused', { what: `${shownUrl(address)} answers ${kind}.` });
}

/** OIDC Discovery §4.3, with the reason why the two differ. */
function issuerFinding(issuer: unknown, expected: string): Finding[] {
  if (issuer === expected) return [DISCOVERY.passed('issuer-equal', `The document names ${expected} to the letter.`)];
  if (typeof issuer !== 'string' || !URL.canParse(issuer))
    return [DISCOVERY.found('issuer-differs', { what: 'The document names no issuer.' })];
  const differ = `The document names ${shown(issuer)}, and SSO_ISSUER is ${shown(expected)}`;
  const mend = `SSO_ISSUER=${shown(issuer)}`;
  if (isSameUrl(issuer, expected)) return [DISCOVERY.found('issuer-spelling', { what: `${differ}.`, mend })];
  if (isSameUrl(issuer, `${expected}/`) || isSameUrl(`${issuer}/`, expected))
    return [DISCOVERY.found('issuer-slash', { what: `${differ}: a slash at the end is the difference.`, mend })];
  if (issuer.includes(TENANT) && !expected.includes(TENANT))
    return [
      DISCOVERY.found('issuer-tenant', { what: `${differ}.`, mend: `${mend} and SSO_TENANTS=<tenant ids, or *>` }),
    ];
  return [
    DISCOVERY.found('issuer-differs', { what: `${differ}.`, mend: `${mend}, if it is the provider that is meant.` }),
  ];
}
