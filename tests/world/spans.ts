import { AsyncLocalStorage } from 'node:async_hooks';
import {
  type Attributes,
  type Context,
  context,
  ROOT_CONTEXT,
  type Span,
  type SpanOptions,
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
    return {
      spanContext: () => ({ traceId: seen.traceId, spanId: seen.spanId, traceFlags: 1 }),
      setAttributes: (more: Attributes) => Object.assign(seen.attributes, more),
      setStatus(status: { code: number }) {
        seen.status = status.code;
      },
      end() {
        seen.ends += 1;
      },
    } as unknown as Span;
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
  trace.setGlobalTracerProvider({ getTracer: () => ({ startSpan }) as never });
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
