import { beforeEach, describe, expect, it } from 'vitest';
import { type CircuitBreaker, createCircuitBreaker } from '../../lib/store/circuit-breaker';

let now: number;
let breaker: CircuitBreaker<string>;
beforeEach(() => {
  now = 1_800_000_000_000;
  breaker = createCircuitBreaker(() => now);
});

describe('the circuit breaker of an isolate', () => {
  it('is closed before there is a failure', () => {
    expect(breaker.isOpen()).toBe(false);
    expect(breaker.cause()).toBeUndefined();
  });

  it.each([
    [0, true],
    [1_999, true],
    [2_000, false],
    [-3_600_000, false], // the clock was set back
  ])('%d ms after a failure is open: %s', (elapsed, isOpen) => {
    breaker.failed('refused');
    now += elapsed;
    expect(breaker.isOpen()).toBe(isOpen);
  });

  it('is open for as long as the caller says, counted from the last failure', () => {
    breaker.failed('refused');
    now += 6_000;
    breaker.failed('late');
    now += 9_999;
    expect(breaker.isOpen(10_000)).toBe(true);
    now += 1;
    expect(breaker.isOpen(10_000)).toBe(false);
  });

  it('names the last failure, also when it is closed again', () => {
    breaker.failed('refused');
    breaker.failed('late');
    now += 60_000;
    expect(breaker.cause()).toBe('late');
  });

  it('is closed by a success', () => {
    breaker.failed('refused');
    breaker.succeeded();
    expect(breaker.isOpen()).toBe(false);
    expect(breaker.cause()).toBeUndefined();
  });
});
