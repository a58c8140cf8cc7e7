import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
  type Tracer,
  trace,
} from '@opentelemetry/api';

/** A span as a tracer of a site would export it. */
export interface SeenSpan {
  readonly name: string;
  readonly kind: number | undefined;
  readonly traceId: string;
  readonly spanId: string;
  /** `spanId` of the span that it is a child of. */
  readonly parent: string | undefined;
  readonly attributes: Attributes;
  /** `SpanStatusCode`; undefined where none was set. */
  status: number | undefined;
  /** How often it was ended. */
  ends: number;
}

const hex = (bytes: number) =>
  [...crypto.getRandomValues(new Uint8Array(bytes))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** All that a span can do; Next makes spans as well, and uses more of it than the gate. */
function spanOf(seen: SeenSpan): Span {
  const span: Span = {
    spanContext: () => ({ traceId: seen.traceId, spanId: seen.spanId, traceFlags: 1 }),
    isRecording: () => seen.ends === 0,
    setAttribute: (name, value) => span.setAttributes({ [name]: value }),
    setAttributes(more) {
      Object.assign(seen.attributes, more);
      return span;
    },
    setStatus({ code }) {
      seen.status = code;
      return span;
    },
    end() {
      seen.ends += 1;
    },
    updateName: () => span,
    addEvent: () => span,
    addLink: () => span,
    addLinks: () => span,
    recordException: () => {},
  };
  return span;
}

/** What an SDK registers: a tracer that keeps its spans, and a manager of contexts. `stop` takes both away. */
export function recordSpans(): { readonly spans: SeenSpan[]; stop(): void } {
  const spans: SeenSpan[] = [];
  const storage = new AsyncLocalStorage<Context>();
  const startSpan = (name: string, { kind, attributes }: SpanOptions = {}, parent: Context = context.active()) => {
    const above = trace.getSpanContext(parent);
    const seen: SeenSpan = {
      name,
      kind,
      traceId: above?.traceId ?? hex(16),
      spanId: hex(8),
      parent: above?.spanId,
      attributes: { ...attributes },
      status: undefined,
      ends: 0,
    };
    spans.push(seen);
    return spanOf(seen);
  };
  const tracer = {
    startSpan,
    /** Next's way: options, and a context, may be left out. */
    startActiveSpan(name: string, ...rest: unknown[]) {
      const work = rest.pop() as (span: Span) => unknown;
      const [options, parent = context.active()] = rest as [SpanOptions?, Context?];
      const span = startSpan(name, options, parent);
      return context.with(trace.setSpan(parent, span), work, undefined, span);
    },
  };
  context.setGlobalContextManager({
    active: () => storage.getStore() ?? ROOT_CONTEXT,
    with: (inside, work, self, ...args) => storage.run(inside, () => work.call(self as never, ...args)),
    bind: (_, target) => target,
    enable() {
      return this;
    },
    disable() {
      return this;
    },
  });
  trace.setGlobalTracerProvider({ getTracer: () => tracer as Tracer });
  return {
    spans,
    stop() {
      trace.disable();
      context.disable();
    },
  };
}

/** Runs work as an instrumented server does: in a span of its own. */
export const inRootSpan = <Result>(work: () => Promise<Result>): Promise<Result> =>
  context.with(trace.setSpan(context.active(), trace.getTracer('server').startSpan('root')), work);
