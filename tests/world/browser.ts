import { type CookieJar, createJar } from './browser-jar';
import { type Body, cookieContext, headersOf, type Outgoing, redirected } from './browser-request';

export type { Cookie, SameSite } from './browser-cookies';
export type { CookieJar, RefusedCookie } from './browser-jar';

export interface BrowserOptions {
  /** The site that relative URLs belong to. */
  readonly origin: string;
  /** The network: who answers is decided there. */
  readonly send: (request: Request) => Promise<Response>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

/** One request of a navigation and what came back. */
export interface Hop {
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;
  readonly setCookie: readonly string[];
}

export interface Visit {
  readonly response: Response;
  readonly hops: readonly Hop[];
}

export interface RequestOptions {
  /** Stronger than the browser's own: a `Cookie` given here replaces the jar's. */
  readonly headers?: HeadersInit;
  /** Origin of the page that asks; the text `null` is an opaque one. */
  readonly origin?: string;
}

export interface NavigateOptions extends RequestOptions {
  readonly method?: string;
  /** `manual` stops at the first answer. */
  readonly redirect?: 'follow' | 'manual';
}

export interface FormOptions extends RequestOptions {
  readonly form?: Readonly<Record<string, string>>;
  readonly redirect?: 'follow' | 'manual';
}

export interface DataOptions extends RequestOptions {
  readonly method?: string;
  readonly body?: Body;
}

export interface EmbedOptions extends RequestOptions {
  readonly as: 'iframe' | 'image';
}

export interface Browser {
  readonly cookies: CookieJar;
  /** Opens a document: typed into the address bar, or by a link on a page of `origin`. */
  navigate(url: string, options?: NavigateOptions): Promise<Visit>;
  /** Submits a form on a page of `origin`, of the site itself by default. */
  post(url: string, options?: FormOptions): Promise<Visit>;
  /** A script's request from a page of `origin`, of the site itself by default. Redirects are shown, not followed. */
  fetch(url: string, options?: DataOptions): Promise<Response>;
  /** An iframe or an image in a page of `origin`, of the site itself by default. Redirects are shown, not followed. */
  embed(url: string, options: EmbedOptions): Promise<Response>;
  /** A second browser with a copy of the cookies. */
  clone(): Browser;
}

const MAX_REDIRECTS = 20;

/** A browser in front of a network: cookies, Fetch Metadata, `Origin` and redirects as a real one has them. */
export function createBrowser({ origin: site, send, now = () => Date.now() }: BrowserOptions): Browser {
  return browserWith(createJar({ origin: site, now }), site, send);
}

function browserWith(cookies: CookieJar, site: string, send: BrowserOptions['send']): Browser {
  const outgoing = (load: Outgoing['load'], url: string, { headers, ...rest }: Loading): Outgoing => ({
    load,
    url: new URL(url, site),
    method: 'GET',
    body: null,
    origin: load === 'document' ? null : site,
    extra: new Headers(headers),
    via: [],
    ...rest,
  });

  async function exchange(request: Outgoing): Promise<Response> {
    const context = cookieContext(request);
    const { url, method, body } = request;
    const headers = headersOf(request, cookies.header(context));
    // `Request` lets scripts in a real browser set no `Cookie`, `Origin` or `Sec-Fetch-*`; Node's and the edge VM's do
    const [onTheWire = ''] = url.href.split('#');
    const response = await send(new Request(onTheWire, { method, headers, body, redirect: 'manual' }));
    cookies.take(response.headers.getSetCookie(), context);
    return response;
  }

  /** Goes where the answers point to (Fetch §4.4). */
  async function travel(first: Outgoing, redirect: 'follow' | 'manual' = 'follow'): Promise<Visit> {
    const hops: Hop[] = [];
    for (let request = first; hops.length <= MAX_REDIRECTS; ) {
      const response = await exchange(request);
      const { status, headers } = response;
      hops.push({ url: request.url.href, status, headers, setCookie: headers.getSetCookie() });
      const location = headers.get('location');
      const goesOn = redirect === 'follow' && location !== null && [301, 302, 303, 307, 308].includes(status);
      if (!goesOn) return { response, hops };
      request = redirected(request, status, location);
    }
    throw new TypeError(`too many redirects: ${hops.map(({ url }) => url).join(' → ')}`);
  }

  return {
    cookies,
    navigate: (url, { redirect, ...options } = {}) => travel(outgoing('document', url, options), redirect),
    post(url, { redirect, form = {}, ...options } = {}) {
      const submitted = { method: 'POST', body: new URLSearchParams(form), origin: site };
      return travel(outgoing('document', url, { ...submitted, ...options }), redirect);
    },
    fetch: (url, options = {}) => exchange(outgoing('data', url, options)),
    embed: (url, { as, ...options }) => exchange(outgoing(as, url, options)),
    clone: () => browserWith(cookies.clone(), site, send),
  };
}

type Loading = RequestOptions & Partial<Pick<Outgoing, 'method' | 'body'>>;
