import type { Deps } from './context.ts';
import { randomText } from './crypto/random.ts';
import { dispatch } from './dispatch.ts';
import { asGateError, ConfigError, causeOf, type GateError, RequestError } from './errors.ts';
import type { Log, LogEvent } from './events.ts';
import { isLoopback } from './loopback.ts';
import { asAsked } from './next/asked-address.ts';
import { DEFAULT_MAX_BODY_BYTES, OVERSIZED } from './next/body-size.ts';
import { requestKind } from './next/request-kind.ts';
import { ownPage } from './own-pages.ts';
import type { Html } from './pages/html.ts';
import { OWN_LOOK, viewOf } from './pages/look.ts';
import { PROBLEMS } from './problems.ts';
import { countRepeats } from './repeats.ts';
import { problemAnswer, withDetails } from './responses.ts';
import { inSpan } from './spans.ts';
import type { Answer, Continue, RequestContext } from './types/request.ts';

export interface GateOptions {
  /** Builds what this isolate works with; may throw a `ConfigError`. */
  readonly load: () => Omit<Deps, 'log'>;
  /** Takes every event, repeats counted. */
  readonly log: Log;
  /** What `next dev` adds. */
  readonly development?: Development | undefined;
  /** The largest body that the site accepts; 10 MB by default. */
  readonly maxBodyBytes?: number | undefined;
}

/** For a developer's own machine. It tells more, and decides nothing. */
export interface Development {
  /** An event with what it has of its request there. */
  readonly located: (event: LogEvent, context: RequestContext) => LogEvent;
  /** Faults of the configuration with what to write, for the page that says that there are some. */
  readonly cures: (faults: Readonly<Record<string, string>>) => Html;
  /** Throws a `ConfigError` in place of a redirect to a port where the site does not listen. */
  readonly refuseOtherPort: (answer: Answer, context: RequestContext, log: Log) => void;
}

/** How the framework sees a request. */
export interface Surroundings
  extends Pick<RequestContext, 'waitUntil'>,
    Partial<Pick<RequestContext, 'basePath' | 'pathname'>> {
  /** Where the site was built to live; `basePath` is what the framework made of this request. */
  readonly builtBasePath?: string;
  /** Of the request, on a site with locales. */
  readonly locale?: string;
  /** What is to be done with a request that may go through to the site; without it the decision is returned as it is. */
  readonly pass?: ((decision: Continue) => Promise<Response>) | undefined;
}

export type Gate = (request: Request, surroundings: Surroundings) => Promise<Response | Continue>;

/** The entry point: every request of the site comes in here, and every failure goes out through the one catch. */
export function createGate({ log: write, ...others }: GateOptions): Gate {
  const { log, sweep } = countRepeats(write, () => Date.now());
  const options = { ...others, log };
  const dependencies = loadOnce(options);
  return async (request, { basePath = '', builtBasePath = '', pathname, locale, waitUntil, pass }) => {
    // Most requests are let through, and need neither a parsed URL nor a reference.
    let url: URL | undefined;
    let ref: string | undefined;
    const context: RequestContext = {
      request,
      get url() {
        url ??= new URL(request.url);
        return url;
      },
      basePath,
      pathname: pathname ?? new URL(request.url).pathname,
      get ref() {
        ref ??= randomText(72);
        return ref;
      },
      startedAt: Date.now(),
      waitUntil,
    };
    const asked = asAsked(context, locale, builtBasePath);
    let deps: Deps | undefined;
    try {
      deps = dependencies();
      refuseOversized(request, options);
      const provider = deps.provider.traced(request.headers);
      const traced = provider === deps.provider ? deps : { ...deps, provider };
      const own = options.development ? { ...traced, log: logFor(context, options) } : traced;
      const answer = await inSpan('gatehouse.decide', NONE, () => dispatch(asked, locale, own), endingOf);
      options.development?.refuseOtherPort(answer, asked, log);
      if (answer instanceof Response) return finished(answer, context);
      if ('proxied' in answer) return identified(answer.proxied, context);
      return pass ? await pass(answer) : answer;
    } catch (thrown) {
      const front = (builtBasePath || basePath) + (locale ? `/${locale}` : '');
      return finished(await failed(asGateError(thrown), asked, options, { front, deps }), context);
    } finally {
      sweep();
    }
  };
}

const NONE = {};

/** Of the span: what was decided, and the status of an answer. Next's own span has method and path. */
function endingOf(answer: Answer) {
  if ('continue' in answer) return { attributes: { 'gatehouse.decision': 'passed' } };
  const [decision, { status }] = 'proxied' in answer ? ['proxied', answer.proxied] : ['answered', answer];
  const attributes = { 'gatehouse.decision': decision, 'http.response.status_code': status };
  return { attributes, error: status >= 500 ? String(status) : undefined };
}

/** The dependencies, or the configuration's fault, made at the first request and kept: one isolate has one environment. */
function loadOnce({ load, log }: GateOptions): () => Deps {
  let loaded: { readonly deps: Deps } | { readonly fault: ConfigError } | undefined;
  return () => {
    try {
      if (!loaded) {
        const deps = { ...load(), log };
        loaded = { deps };
        const { onVercel, trustedProxyHops, canonicalOrigin } = deps.settings.site;
        // On a loopback origin there is one client, whose count is its own.
        if (!onVercel && trustedProxyHops === 0 && !isLoopback(new URL(canonicalOrigin)))
          log({ event: 'client_address_unknown' });
      }
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      loaded = { fault: error };
      log({ event: 'misconfigured', variables: { ...error.variables } });
    }
    if ('fault' in loaded) throw loaded.fault;
    return loaded.deps;
  };
}

/** A length that is announced, before a byte of the body is read (RFC 9110 §15.5.14). */
function refuseOversized({ headers }: Request, { maxBodyBytes = DEFAULT_MAX_BODY_BYTES }: GateOptions): void {
  const length = Number(headers.get('content-length'));
  if (headers.has(OVERSIZED) || length > maxBodyBytes) throw new RequestError('BODY_TOO_LARGE');
}

/** The log of one request. */
const logFor = (context: RequestContext, { log, development }: GateOptions): Log =>
  development ? (event) => log(development.located(event, context)) : log;

/** The one place where a failure becomes an answer and a log line. The line has codes and reasons of ours, no values. */
async function failed(
  error: GateError,
  context: RequestContext,
  options: GateOptions,
  { front, deps }: { readonly front: string; readonly deps: Deps | undefined },
): Promise<Response> {
  const { code, details, actor } = error;
  const { status } = PROBLEMS[code];
  const log = logFor(context, options);
  log({ event: 'problem', ref: context.ref, code, status, actor, reason: details.reason, cause: causeOf(error) });
  const kind = requestKind(context.request);
  const own =
    kind === 'document' && deps ? await ownPage(error, context, front, deps).catch(() => undefined) : undefined;
  if (own) return withDetails(own, error);
  return problemAnswer(error, {
    ref: context.ref,
    view: viewOf(context, deps?.look ?? OWN_LOOK),
    asPage: kind === 'document' || kind === 'form',
    cures: error instanceof ConfigError ? options.development?.cures(error.variables) : undefined,
  });
}

const isPage = ({ headers }: Response) =>
  headers.get('content-type')?.startsWith('text/html') === true || headers.has('x-middleware-rewrite');

/**
 * What every answer of the gate's own carries. The gate's addresses hold states, codes and ways back, so a redirect names
 * none of them to the next host. A page names its own to this site alone, and not to none: browsers send `Origin: null` on
 * the forms of a page with `no-referrer`.
 */
function finished(response: Response, context: RequestContext): Response {
  for (const name of ['cache-control', 'cdn-cache-control']) response.headers.set(name, 'private, no-store');
  response.headers.append('vary', 'Cookie');
  return identified(response, context);
}

/** An upstream's answer too. */
function identified(response: Response, { ref, request }: RequestContext): Response {
  response.headers.set('x-request-id', ref);
  response.headers.set('referrer-policy', isPage(response) ? 'same-origin' : 'no-referrer');
  if (request.method !== 'HEAD') return response;
  return new Response(null, response);
}
