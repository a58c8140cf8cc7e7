import type { Deps } from '../context.ts';
import type { Session } from '../types/session.ts';
import type { Tokens } from './current-tokens.ts';
import { type RenewalContext, renewedRecord } from './renewed-record.ts';
import { withTokens } from './renewed-session.ts';

/**
 * Renews tokens that are over.
 *
 * @throws {ProviderError | StoreError} 503, when the renewal has to wait or takes too long
 */
export async function renewExpired(session: Session, context: RenewalContext, deps: Deps): Promise<Tokens> {
  const renewal = await renewedRecord(session, {}, context, deps);
  if (renewal.kind === 'held')
    return { kind: 'renewed', session: withTokens(session, renewal.generation, renewal.record, deps) };
  return { kind: renewal.kind === 'gone' ? 'gone' : 'withheld' }; // the token of the sign-in is denied in no other way
}
