/** Where Next ends a body when nothing else is configured: 10 MB. */
export const DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024;

/**
 * Written by `limitBody` to a request whose body it withholds, whatever limit the gate was built with; written by a client,
 * it refuses that client's request.
 */
export const OVERSIZED = 'x-gatehouse-oversized';
