import type { ServerResponse } from 'node:http';
import { createBoundedMap } from '../bounded-map.ts';
import { CACHING } from './caching.ts';

/** What the gate says of an answer that depends on the session. */
const PERSONAL = 'private, no-store';

/** The header by which the gate marks a personal answer: a page may well say `private, no-store` by itself. */
const MARK = 'cdn-cache-control';

/** A `Vary` that covers the cookie: by its name, or with everything there is. */
const COOKIE = /(^|,)\s*(cookie|\*)\s*(,|$)/i;

/**
 * What the gate has said about caching stands. Next's own handlers come after the middleware and write over it: pages of
 * the App Router replace `Vary`; `getServerSideProps`, an API route or the image optimizer replaces `Cache-Control`.
 * `headers()` of the configuration comes too early as well, and nothing else of Next comes later, so it is done where Node
 * makes the answer. `Vary` can still be added to, and nothing that the gate has not called personal is touched.
 *
 * A `Vary` with the cookie in it is sent as one line. Next appends its own as a second one, where its compression does not
 * join them: images, and every route handler in Next 16.5 canary. The two mean the same (RFC 9110 §5.3), but nginx before
 * 1.23 and other caches read one line of them only.
 *
 * Sources: RFC 9111 §4.1 (`Vary`), §5.2.2.5 (`no-store`).
 */
export function keepCacheHeaders(response: ServerResponse): void {
  const { setHeader, appendHeader, removeHeader } = response;
  let personal = false;
  let varies = false;

  const setVary = (name: string, value: Value) => {
    const { line, covers } = varyOf(String(value));
    varies ||= covers;
    return setHeader.call(response, name, varies ? line : value);
  };
  const setCaching = (name: string, value: Value) => {
    if (personal) return setHeader.call(response, name, personally(name, value));
    setHeader.call(response, name, value);
    personal = name.toLowerCase() === MARK && String(value) === PERSONAL;
    // What `headers()` of the configuration has said came before the gate.
    for (const before of personal ? response.getHeaderNames() : [])
      if (kindOf(before) === 'caching') setCaching(before, response.getHeader(before) ?? '');
    return response;
  };
  response.setHeader = (name, value) => {
    const kind = kindOf(name);
    if (kind === 'other') return setHeader.call(response, name, value);
    return kind === 'vary' ? setVary(name, value) : setCaching(name, value);
  };
  response.appendHeader = (name, value) => {
    const kind = kindOf(name);
    if (kind === 'caching' && personal) return setCaching(name, value);
    if (kind === 'vary' && (varies || COOKIE.test(String(value))))
      return setVary(name, [response.getHeader(name) ?? [], value].flat().join());
    return appendHeader.call(response, name, value);
  };
  response.removeHeader = (name) => {
    const kind = kindOf(name);
    if (kind === 'caching' && personal) return;
    if (kind === 'vary' && varies) setHeader.call(response, name, 'Cookie');
    else removeHeader.call(response, name);
  };
}

type Value = number | string | readonly string[];

/** What a site writes comes again with every answer, so that what is made of it is remembered. */
const MAX_REMEMBERED = 500;

const remembered = <Result>(make: (text: string) => Result) => {
  const known = createBoundedMap<string, Result>(MAX_REMEMBERED);
  return (text: string): Result => {
    const before = known.get(text);
    if (before !== undefined) return before;
    const result = make(text);
    known.set(text, result);
    return result;
  };
};

/** What the name of a header means here. */
const kindOf = remembered((name) => {
  const lower = name.toLowerCase();
  if (lower === 'vary') return 'vary';
  return CACHING.test(lower) ? 'caching' : 'other';
});

/** Whether a `Vary` covers the cookie; and its names in one line, each of them once, with the cookie. */
const varyOf = remembered((text) => {
  const covers = COOKIE.test(text);
  const names = (covers ? text : `${text}, Cookie`).split(/\s*,\s*/);
  const isFirst = (name: string, place: number) =>
    names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === place;
  return { covers, line: names.filter((name, place) => name !== '' && isFirst(name, place)).join(', ') };
});

/**
 * What a header about caching says on a personal answer. `no-transform` stays, for streams: Next's compression
 * would hold back the events of a stream without it (RFC 9111 §5.2.2.6).
 */
function personally(name: string, value: Value): string {
  if (/^x-accel-expires$/i.test(name)) return '0';
  return /\bno-transform\b/i.test(String(value)) ? `${PERSONAL}, no-transform` : PERSONAL;
}
