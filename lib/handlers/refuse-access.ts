import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { claimsOf } from '../policy/required-claims.ts';
import type { Rule } from '../policy/rule.ts';
import { type StepUp, stepUpOf, verdict } from '../policy/rules.ts';
import type { RequestContext } from '../types/request.ts';
import type { Session } from '../types/session.ts';
import { askToSignIn } from './ask-to-sign-in.ts';
import { type Resolved, writable } from './current-session.ts';

/**
 * The answer to a request that does not meet all of the rules; null when it does.
 *
 * @throws {RequestError} `FORBIDDEN`
 */
export function refuse(
  applicable: readonly Rule[],
  resolved: Resolved,
  context: RequestContext,
  deps: Deps,
): Promise<Response> | null {
  const { session } = resolved;
  const stepUp = stepUpOf(applicable);
  if (session === null) {
    refused('no_session', applicable[0], context, deps);
    return askToSignIn(context, resolved, stepUp ?? {}, deps, new RequestError('UNAUTHENTICATED'));
  }
  const now = Math.floor(deps.now() / 1000);
  const { clockToleranceSeconds } = deps.settings.provider;
  const unmet = (wanted: string) =>
    applicable.find((rule) => verdict(rule, session, now, clockToleranceSeconds) === wanted);
  const forbidding = unmet('forbidden');
  if (forbidding || stepUp === null) {
    const dropped = droppedOf(forbidding, session);
    refused('not_met', forbidding ?? applicable[0], context, deps, dropped);
    // The refusal may be wrong then, so it says so.
    const details =
      dropped.length > 0 ? ({ reason: 'claims did not fit into the cookie', note: 'claimsDropped' } as const) : {};
    throw new RequestError('FORBIDDEN', details).with({ cookies: writable(context, resolved) });
  }
  const demanding = unmet('step-up');
  if (!demanding) return null;
  refused('step_up', demanding, context, deps);
  const challenge = stepUpChallenge(stepUp);
  return askToSignIn(context, resolved, stepUp, deps, new RequestError('STEP_UP_REQUIRED', { challenge }));
}

/** What a rule looks at and the session's cookie has no room for. */
const droppedOf = (rule: Rule | undefined, { dropped = [] }: Session): readonly string[] =>
  typeof rule?.allow === 'object' ? claimsOf(rule.allow).filter((claim) => dropped.includes(claim)) : [];

function refused(
  why: 'no_session' | 'not_met' | 'step_up',
  rule: Rule | undefined,
  { ref }: RequestContext,
  { log }: Deps,
  droppedClaims: readonly string[] = [],
): void {
  const named = rule ? [...(rule.methods ?? []), rule.path].join(' ') : '/*';
  log({ event: 'access_refused', ref, rule: named, why, ...(droppedClaims.length > 0 && { droppedClaims }) });
}

/** RFC 9470 §3: what a program has to ask of the authorization server before it comes back. */
export function stepUpChallenge(stepUp: StepUp): string {
  const parameters = Object.entries({ error: 'insufficient_user_authentication', ...stepUp });
  return `Bearer ${parameters.map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}
