import { json } from '../responses.ts';

/**
 * `GET /auth/health`: the isolate answers requests (liveness). It asks nothing: a restart, which is what a failed liveness probe
 * leads to, mends no outage of Redis or of the provider.
 */
export const health = async (): Promise<Response> => json({ alive: true });
