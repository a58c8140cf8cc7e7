import { expect, it } from 'vitest';
import { retryAfterSeconds } from '../../lib/protocol/failure';

const NOW = Date.parse('2026-01-01T00:00:00Z');

// RFC 9110 §10.2.3
it.each([
  [null, 5],
  ['', 5],
  ['soon', 5],
  ['7', 7],
  [' 7 ', 7],
  ['0', 1],
  ['3600', 3600],
  ['86400', 3600],
  ['Thu, 01 Jan 2026 00:00:20 GMT', 20],
  ['Wed, 31 Dec 2025 23:59:00 GMT', 1],
  ['Fri, 02 Jan 2026 00:00:00 GMT', 3600],
])('Retry-After: %s is a wait of %d seconds', (value, seconds) => {
  expect(retryAfterSeconds(new Headers(value === null ? {} : { 'retry-after': value }), NOW)).toBe(seconds);
});
