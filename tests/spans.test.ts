import { afterEach, describe, expect, it } from 'vitest';
import { inSpan } from '../lib/spans';

const API = Symbol.for('opentelemetry.js.api.1');
const site = globalThis as { [API]?: unknown };
const registered = site[API];
afterEach(() => {
  site[API] = registered;
});

/** A registered API of a version, and how many spans it was asked for. */
function register(version: unknown, more: object = {}) {
  const asked: string[] = [];
  const span = {
    spanContext: () => ({ traceId: '0'.repeat(32), spanId: '0'.repeat(16), traceFlags: 0 }),
    setAttributes: () => {},
    setStatus: () => {},
    end: () => {},
  };
  const startSpan = (name: string) => {
    asked.push(name);
    return span;
  };
  site[API] = { version, trace: { getTracer: () => ({ startSpan }) }, ...more };
  return asked;
}

describe('the registered API', () => {
  it.each([
    ['1.0.0', 1],
    ['1.9.0', 1],
    ['1.10.0', 1],
    ['1.10.0-rc.1', 0],
    ['2.0.0', 0],
    ['0.20.0', 0],
    ['', 0],
    [undefined, 0],
  ])('of version %s makes %d spans, as the API itself decides', async (version, spans) => {
    const asked = register(version);
    expect(await inSpan('gatehouse.redis', {}, () => 'done')).toBe('done');
    expect(asked).toHaveLength(spans);
  });

  it('without a tracer makes none', async () => {
    const asked = register('1.10.0', { trace: undefined });
    expect(await inSpan('gatehouse.redis', {}, () => 'done')).toBe('done');
    expect(asked).toEqual([]);
  });

  it('that records nothing gives no headers to hand on', async () => {
    register('1.10.0');
    expect(await inSpan('gatehouse.provider', {}, (trace) => trace)).toBeUndefined();
  });
});

it('work without a registered API is called at once, and its result is no promise', () => {
  site[API] = undefined;
  expect(inSpan('gatehouse.decide', {}, (trace) => [trace, 'done'])).toEqual([undefined, 'done']);
});
