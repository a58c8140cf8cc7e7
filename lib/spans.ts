import { GateError } from './errors.ts';
import { PROBLEMS } from './problems.ts';

/**
 * Spans, through the OpenTelemetry API that the site has registered. The API is found where all its versions and copies look for
 * it, so nothing is imported, and a site without it pays for one look at a global.
 */

export type SpanName = 'gatehouse.decide' | 'gatehouse.renew' | 'gatehouse.redis' | 'gatehouse.provider';

/** Fixed texts of ours, statuses and the provider's host: never a value of a person, a token or another address. */
export type Attributes = Readonly<Record<string, string | number | undefined>>;

/** How work that has not thrown ended: more attributes, and what `error.type` is where it has failed all the same. */
export interface Ending {
  readonly attributes?: Attributes;
  readonly error?: string | undefined;
}

/** Headers by which another process continues a trace (W3C Trace Context §3). */
export type TraceHeaders = Readonly<Record<'traceparent', string>> & { readonly tracestate?: string };

/** The parts of the API that are used here, as every 1.x has them. */
interface Context {
  getValue(key: symbol): unknown;
  setValue(key: symbol, value: unknown): Context;
}
interface Span {
  spanContext(): {
    readonly traceId: string;
    readonly spanId: string;
    readonly traceFlags: number;
    readonly traceState?: { serialize(): string };
  };
  setAttributes(attributes: Attributes): unknown;
  setStatus(status: { readonly code: number }): unknown;
  end(): void;
}
interface Api {
  readonly version?: string;
  readonly trace?: {
    getTracer(name: string): { startSpan(name: string, options: object, parent?: Context): Span };
  };
  readonly context?: { active(): Context; with<Result>(context: Context, work: () => Result): Result };
}

const API = Symbol.for('opentelemetry.js.api.1');
/** The API makes its keys of descriptions by `Symbol.for`, so that copies of it share them. */
const SPAN = Symbol.for('OpenTelemetry Context Key SPAN');
/** A global of this major version has all that is used here; the API refuses a preliminary one, unless it is its own. */
const COMPATIBLE = /^1\.\d+\.\d+$/;
const CLIENT = 2; // `SpanKind`
const ERROR = 2; // `SpanStatusCode`

function registeredApi(): Api | undefined {
  const api = (globalThis as { readonly [API]?: Api })[API];
  return api?.trace && COMPATIBLE.test(api.version ?? '') ? api : undefined;
}

let observer: ((name: SpanName, milliseconds: number) => void) | undefined;

/** Hands on how long each piece of work takes, with or without OpenTelemetry. For `next dev`. */
export function observeSpans(observe: typeof observer): void {
  observer = observe;
}

/**
 * Runs work in a span, a child of the active one. Without OpenTelemetry it is called and nothing else.
 *
 * @param work is given the headers of its span, for calls of other processes
 * @param ended what the result says of the work
 */
export function inSpan<Result>(
  name: SpanName,
  attributes: Attributes,
  work: (trace?: TraceHeaders) => Result | Promise<Result>,
  ended?: (result: Result) => Ending,
): Result | Promise<Result> {
  const api = registeredApi();
  if (observer) return observed(name, () => (api ? recorded(api, name, attributes, work, ended) : work()));
  return api ? recorded(api, name, attributes, work, ended) : work();
}

async function observed<Result>(name: SpanName, work: () => Result | Promise<Result>): Promise<Result> {
  const startedAt = performance.now();
  try {
    return await work();
  } finally {
    observer?.(name, performance.now() - startedAt);
  }
}

async function recorded<Result>(
  { trace, context }: Api,
  name: SpanName,
  attributes: Attributes,
  work: (trace?: TraceHeaders) => Result | Promise<Result>,
  ended: (result: Result) => Ending = () => ({}),
): Promise<Result> {
  const parent = context?.active(); // without a manager of contexts the tracer starts a trace of its own
  const kind = name === 'gatehouse.redis' || name === 'gatehouse.provider' ? CLIENT : 0;
  const span = trace?.getTracer('next-gatehouse').startSpan(name, { kind, attributes }, parent);
  const headers = traceHeaders(span);
  try {
    const inside = span && parent?.setValue(SPAN, span);
    const result = await (context && inside ? context.with(inside, () => work(headers)) : work(headers));
    end(span, ended(result));
    return result;
  } catch (thrown) {
    end(span, failure(thrown), isFault(thrown));
    throw thrown;
  }
}

function end(span: Span | undefined, { attributes = {}, error }: Ending, isFailure = error !== undefined): void {
  span?.setAttributes({ ...attributes, ...(error !== undefined && { 'error.type': error }) });
  if (isFailure) span?.setStatus({ code: ERROR });
  span?.end();
}

/** Not `recordException`: what an error says may hold a secret. */
function failure(thrown: unknown): Ending {
  if (!(thrown instanceof GateError)) return { error: 'INTERNAL' };
  const { code, details } = thrown;
  return { error: code, attributes: details.reason === undefined ? {} : { 'gatehouse.reason': details.reason } };
}

/** A refusal of a request is an answer. */
const isFault = (thrown: unknown) => !(thrown instanceof GateError) || PROBLEMS[thrown.code].status >= 500;

/** The headers of the span that is active, for a call that has no span of its own. */
export function activeTrace(): TraceHeaders | undefined {
  return traceHeaders(registeredApi()?.context?.active().getValue(SPAN) as Span | undefined);
}

/**
 * W3C Trace Context by hand, not by the site's propagator: that may add baggage, which the site filled for its own services and
 * the provider has no business with. A span that nothing records has ids of zeros.
 */
function traceHeaders(span: Span | undefined): TraceHeaders | undefined {
  if (!span) return undefined;
  const { traceId, spanId, traceFlags, traceState } = span.spanContext();
  if (/^0*$/.test(traceId) || /^0*$/.test(spanId)) return undefined;
  const tracestate = traceState?.serialize();
  return {
    traceparent: `00-${traceId}-${spanId}-${traceFlags & 1 ? '01' : '00'}`,
    ...(tracestate && tracestate.length <= 512 && { tracestate }),
  };
}
