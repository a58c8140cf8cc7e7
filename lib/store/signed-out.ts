import { CLOCK_TOLERANCE_SECONDS } from '../timing.ts';

/**
 * `hasSignedOut(key, began)`: whether the browser has signed out since a flow began, both in ms. The flow's time is by the
 * clock of an isolate, which may be ahead of Redis' by so much. A flow that begins later than that is another sign-in, of a
 * browser that has kept the cookie of the session that it ended.
 */
export const HAS_SIGNED_OUT = `
local function hasSignedOut(key, began)
  local at = redis.call('GET', key)
  return at and tonumber(at) + ${CLOCK_TOLERANCE_SECONDS * 1000} >= tonumber(began)
end
`;
