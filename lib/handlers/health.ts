import { json } from '../responses.ts';

/**
 * `GET /auth/health`: the isolate answers requests (liveness). It asks nothing, and says so of a faulty configuration too: a
 * restart, which is what a failed liveness probe leads to, mends neither that nor an outage of Redis or of the provider.
 */
export const health = async (): Promise<Response> => json({ alive: true });
