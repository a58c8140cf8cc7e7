import { randomText } from '../crypto/random.ts';
import { validateCallback } from '../protocol/authorization.ts';
import type { Metadata } from '../protocol/discovery.ts';
import { createDpopNonces } from '../protocol/dpop.ts';
import { readRefusal } from '../protocol/failure.ts';
import { exchangeCode } from '../protocol/tokens.ts';
import type { Fetch } from '../protocol/transport.ts';
import { DOCTOR_TIMEOUT_MS } from '../timing.ts';
import type { ClientAuthMethod, ProviderSettings } from '../types/settings.ts';
import { emptyFlow } from './empty-flow.ts';
import { type Finding, findingsOf, shown } from './finding.ts';
import { type Network, unreachable } from './network.ts';

export const CLIENT = findingsOf(
  'client',
  {
    'client-refused': {
      severity: 'fault',
      what: 'The token endpoint refuses the client.',
      why: 'No sign-in succeeds, and no token can be renewed.',
      mend: 'Copy SSO_CLIENT_ID and SSO_CLIENT_SECRET from the registration at the provider, and compare SSO_CLIENT_AUTH_METHOD with it.',
    },
    'client-method': {
      severity: 'fault',
      what: 'The token endpoint refuses the client by the method that the gate chooses, and accepts it by another one.',
      why: 'No sign-in succeeds, and no token can be renewed.',
      mend: 'Set SSO_CLIENT_AUTH_METHOD to the method of the registration.',
    },
    'client-dpop': {
      severity: 'fault',
      what: 'The token endpoint refuses the DPoP proof.',
      why: 'No sign-in succeeds. Most often a clock differs, or DPoP is off for this client.',
      mend: 'Compare the clocks (below), and SSO_DPOP with the registration.',
    },
    'client-unclear': {
      severity: 'warning',
      what: 'The token endpoint gives an answer that does not tell whether the client secret is right.',
      why: 'A code that cannot be was sent: `invalid_grant` says that the client is accepted, `invalid_client` that it is not.',
      mend: 'Sign in once; the log line of a refused sign-in names the variables.',
    },
    'token-endpoint-unreachable': {
      severity: 'fault',
      what: 'The token endpoint cannot be reached.',
      why: 'No sign-in succeeds, and no token can be renewed.',
      mend: 'Let this machine reach the address, or correct `token_endpoint` at the provider.',
    },
  },
  { 'client-accepted': 'The token endpoint accepts the client.' },
);

/** What the token endpoint said: the status of its last answer and its OAuth error, or why there is none. */
interface Said {
  readonly status?: number;
  readonly error?: string | undefined;
  readonly failure?: unknown;
}

const REFUSED = ['invalid_client', 'unauthorized_client'];

/**
 * Presents a code that cannot be. RFC 6749 §5.2: the client is authenticated first, so that `invalid_grant` proves that the
 * secret is right. Nothing is spent by it.
 */
export async function checkClient(
  metadata: Metadata,
  provider: ProviderSettings,
  network: Network,
): Promise<Finding[]> {
  const said = await presentCode(metadata, provider, network);
  const { status, error, failure } = said;
  const answered = `The token endpoint answers ${status ?? ''} ${shown(error ?? 'without an OAuth error')}`;
  if (status === undefined) {
    const what = `${metadata.token_endpoint}: ${unreachable(failure)}.`;
    return [CLIENT.found('token-endpoint-unreachable', { what })];
  }
  if (error === 'invalid_grant')
    return [CLIENT.passed('client-accepted', `${answered} to a code that cannot be: it accepts the client.`)];
  if (error !== undefined && REFUSED.includes(error)) {
    const other = await otherMethod(metadata, provider, network);
    const what = `${answered}; the client was authenticated by ${methodOf(metadata, provider)}.`;
    if (!other) return [CLIENT.found('client-refused', { what })];
    return [
      CLIENT.found('client-method', {
        what: `${what} By ${other} it is accepted.`,
        mend: `SSO_CLIENT_AUTH_METHOD=${other}`,
      }),
    ];
  }
  if (error === 'invalid_dpop_proof' || error === 'use_dpop_nonce')
    return [CLIENT.found('client-dpop', { what: `${answered}.` })];
  return [CLIENT.found('client-unclear', { what: `${answered} to a code that cannot be.` })];
}

/** What the gate authenticates the client by; without a variable as discovery announces, `client_secret_post` first. */
function methodOf(metadata: Metadata, { clientSecret, clientAuthMethod }: ProviderSettings): ClientAuthMethod {
  if (!clientSecret) return 'none';
  const isPost = metadata.token_endpoint_auth_methods_supported?.includes('client_secret_post');
  return clientAuthMethod ?? (isPost ? 'client_secret_post' : 'client_secret_basic');
}

/** Of `client_secret_post` and `client_secret_basic` the one that was not used, when the provider accepts the client by it. */
async function otherMethod(metadata: Metadata, provider: ProviderSettings, network: Network) {
  const own = methodOf(metadata, provider);
  if (own !== 'client_secret_post' && own !== 'client_secret_basic') return undefined;
  const other: ClientAuthMethod = own === 'client_secret_post' ? 'client_secret_basic' : 'client_secret_post';
  const { error } = await presentCode(metadata, { ...provider, clientAuthMethod: other }, network);
  return error === 'invalid_grant' ? other : undefined;
}

async function presentCode(metadata: Metadata, provider: ProviderSettings, { fetch, now }: Network): Promise<Said> {
  let said: Said = {};
  const listening: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    const { error } = await readRefusal(response.clone());
    said = { status: response.status, error };
    return response;
  };
  try {
    const flow = emptyFlow(now());
    const parameters = new URLSearchParams({ code: `gatehouse-doctor-${randomText()}`, state: flow.state });
    if (!metadata.issuer.includes('{')) parameters.set('iss', metadata.issuer);
    const callback = validateCallback(parameters, flow.state, metadata, provider);
    const deps = { client: provider, fetch: listening, now, dpopNonces: createDpopNonces() };
    await exchangeCode(callback, flow, metadata, deps, DOCTOR_TIMEOUT_MS);
  } catch (failure) {
    return said.status === undefined ? { failure } : said;
  }
  return said;
}
