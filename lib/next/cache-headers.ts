import type { ServerResponse } from 'node:http';

/** What the gate says of an answer that depends on the session. */
const PERSONAL = 'private, no-store';

/** Where caches look for what they may keep: `Cache-Control`, RFC 9213's `CDN-Cache-Control` and those of single vendors. */
const CACHING = /^((.+-)?(cache|surrogate|edge)-control|x-accel-expires)$/i;

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
  const isKept = (name: string) => personal && CACHING.test(name);
  const isVary = (name: string) => name.toLowerCase() === 'vary';

  response.setHeader = (name, value) => {
    if (isKept(name)) return setHeader.call(response, name, personally(name, value));
    if (isVary(name)) {
      const covers = COOKIE.test(String(value));
      varies ||= covers;
      return setHeader.call(response, name, varies ? inOneLine(covers ? [value] : [value, 'Cookie']) : value);
    }
    setHeader.call(response, name, value);
    // The gate's own mark: a page may well say `private, no-store` by itself, and then something else.
    if (/^cdn-cache-control$/i.test(name) && String(value) === PERSONAL) {
      personal = true;
      // What `headers()` of the configuration has said came before the gate.
      for (const before of response.getHeaderNames()) {
        if (CACHING.test(before)) response.setHeader(before, response.getHeader(before) ?? '');
      }
    }
    return response;
  };
  response.appendHeader = (name, value) => {
    if (isKept(name)) return response.setHeader(name, value);
    if (isVary(name) && (varies || COOKIE.test(String(value))))
      return response.setHeader(name, inOneLine([response.getHeader(name) ?? [], value]));
    return appendHeader.call(response, name, value);
  };
  response.removeHeader = (name) => {
    if (isKept(name)) return;
    if (varies && isVary(name)) setHeader.call(response, name, 'Cookie');
    else removeHeader.call(response, name);
  };
}

type Value = number | string | readonly string[];

/** The names in some lines, each of them once. */
function inOneLine(lines: readonly Value[]): string {
  const names = lines.flat().flatMap((line) => String(line).split(/\s*,\s*/));
  const isFirst = (name: string, place: number) =>
    names.findIndex((other) => other.toLowerCase() === name.toLowerCase()) === place;
  return names.filter((name, place) => name !== '' && isFirst(name, place)).join(', ');
}

/**
 * What a header about caching says on a personal answer. `no-transform` stays, for streams: Next's compression
 * would hold back the events of a stream without it (RFC 9111 §5.2.2.6).
 */
function personally(name: string, value: Value): string {
  if (/^x-accel-expires$/i.test(name)) return '0';
  return /\bno-transform\b/i.test(String(value)) ? `${PERSONAL}, no-transform` : PERSONAL;
}
