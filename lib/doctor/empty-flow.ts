import { randomText } from '../crypto/random.ts';
import { FLOW_SECONDS } from '../timing.ts';
import type { Flow } from '../types/login.ts';

/** A flow that belongs to no browser, for a request that is never finished. @param now milliseconds since the epoch */
export function emptyFlow(now: number): Flow {
  const startedAt = Math.floor(now / 1000);
  return {
    state: randomText(),
    nonce: randomText(),
    verifier: randomText(),
    browser: randomText(),
    returnTo: '/',
    startedAt,
    endsAt: startedAt + FLOW_SECONDS,
  };
}
