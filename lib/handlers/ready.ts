import type { Deps } from '../context.ts';
import { json } from '../responses.ts';
import type { RequestContext } from '../types/request.ts';

/**
 * `GET /auth/ready`: whether a sign-in could succeed now (readiness). Names of parts and nothing else, as any client may ask;
 * no rate limit, because its answer costs nothing within the time for which one is kept.
 */
export async function ready(context: RequestContext, { readiness, log }: Pick<Deps, 'readiness' | 'log'>) {
  const parts = await readiness.parts(context.waitUntil);
  const missing = Object.entries(parts).flatMap(([name, isAtHand]) => (isAtHand ? [] : [name]));
  if (missing.length === 0) return json({ ready: true, ...parts });
  log({ event: 'not_ready', ref: context.ref, parts: missing });
  return json({ ready: false, ...parts }, [], 503);
}
