/** W3C Trace Context §3.2: version, trace id, parent id and flags. A version to come may add more, of which none is known. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})[\da-f]{32}-(?!0{16})[\da-f]{16}-[\da-f]{2}$/;
/** §3.3.1: so many characters at least are handed on. */
const TRACESTATE = /^[\t\x20-\x7e]{1,512}$/;

/**
 * The trace that a request belongs to, for the requests that are made for it; undefined where there is none. It comes from any
 * client, so that nothing is handed on but what is of that form: without a valid `traceparent` no `tracestate` either (§3.3).
 */
export function traceOf(headers: Pick<Headers, 'get'>): Readonly<Record<string, string>> | undefined {
  const traceparent = headers.get('traceparent');
  if (traceparent === null || !TRACEPARENT.test(traceparent)) return undefined;
  const tracestate = headers.get('tracestate');
  return { traceparent, ...(tracestate !== null && TRACESTATE.test(tracestate) && { tracestate }) };
}
