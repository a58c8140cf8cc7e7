import { type Answer, oauthError, ok } from './provider-answers.ts';
import { authorize, par } from './provider-authorize.ts';
import { type EndpointRequest, endpointBase, type ProviderContext } from './provider-context.ts';
import { metadata, PATHS } from './provider-discovery.ts';
import { carry, insteadOf, withFaults } from './provider-faults.ts';
import { arrived, type Endpoint, type LedgerEntry } from './provider-ledger.ts';
import type { Person } from './provider-settings.ts';
import { endSession, revocation } from './provider-sign-out.ts';
import { token } from './provider-token.ts';
import { userinfo } from './provider-userinfo.ts';

type Handler = (request: EndpointRequest, context: ProviderContext) => Answer | Response | Promise<Answer | Response>;

const HANDLERS: Readonly<Record<Endpoint, Handler>> = {
  discovery: (_, { settings }) => ok(metadata(settings)),
  jwks: (_, { keys }) => ok(keys.jwks()),
  authorization: authorize,
  par,
  token,
  userinfo,
  revocation,
  end_session: endSession,
  unknown: () => oauthError('not_found', 'no such endpoint'),
};
const POST_ONLY: readonly Endpoint[] = ['par', 'token', 'revocation'];

/**
 * Answers a request in the order that `Faults` promises: refusal, answers without the work, the work, faults of it, and
 * the way back. The ledger has its line before anything can go wrong.
 */
export async function serve(
  request: Request,
  person: Person,
  context: ProviderContext,
  ledger: LedgerEntry[],
): Promise<Response> {
  const { faults, settings } = context;
  const url = new URL(request.url);
  const endpoint = endpointAt(url, context);
  const form = new URLSearchParams(request.method === 'POST' ? await request.text() : '');
  const entry = arrived(endpoint, request, form, settings.now());
  ledger.push(entry);
  if (faults.refuse[endpoint]) {
    entry.outcome = 'refused';
    throw new TypeError('fetch failed');
  }
  const instead = await insteadOf(endpoint, form, url, faults);
  if (instead) {
    Object.assign(entry, { outcome: 'instead', status: instead.status });
    return instead;
  }
  const wrongMethod = POST_ONLY.includes(endpoint) && request.method !== 'POST';
  const truth = wrongMethod
    ? oauthError('method_not_allowed', 'POST only')
    : await HANDLERS[endpoint]({ method: request.method, url, headers: request.headers, form, person }, context);
  const answer = truth instanceof Response ? truth : withFaults(endpoint, truth, entry.grantType ?? '', faults);
  entry.outcome = truth instanceof Response ? 'replaced' : truth.outcome;
  const response = await carry(endpoint, answer, request.signal, faults);
  entry.status = response.status;
  return response;
}

/** The endpoint of this URL; those that this provider does not offer do not exist. */
function endpointAt({ origin, pathname }: URL, { settings }: ProviderContext): Endpoint {
  const missing: Endpoint[] = [];
  if (!settings.revocation) missing.push('revocation');
  if (!settings.endSession) missing.push('end_session');
  if (settings.par === 'absent') missing.push('par');
  if (settings.claimsAt === 'id_token') missing.push('userinfo');
  const names = Object.keys(PATHS) as (keyof typeof PATHS)[];
  const found = names.find((name) => endpointBase(settings) + PATHS[name] === origin + pathname);
  return found && !missing.includes(found) ? found : 'unknown';
}
