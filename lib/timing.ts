/**
 * Seconds by which two clocks may differ: the provider's and ours, or those of an isolate and Redis. RFC 7519 §4.1.4: a small
 * leeway, no more than a few minutes.
 */
export const CLOCK_TOLERANCE_SECONDS = 30;
