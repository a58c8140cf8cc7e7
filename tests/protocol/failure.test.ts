import { describe, expect, it } from 'vitest';
import { supportRef } from '../../lib/protocol/failure';

describe('the reference of the sign-in service', () => {
  it('is shown as it is, and two are shown side by side, once each', () => {
    expect(supportRef('SSOERR-ABC1234')).toBe('SSOERR-ABC1234');
    expect(supportRef('SSOERR-ABC1234', undefined, 'req_1:2.3')).toBe('SSOERR-ABC1234 / req_1:2.3');
    expect(supportRef('same', 'same')).toBe('same');
  });

  // It can come in the query of the callback, which any client can write.
  it.each(['<b>x</b>', 'Call 555 0100 to unlock your account', 'https://evil.example/', 'x'.repeat(65), '', 7, null])(
    'is left out when it could be a message: %j',
    (candidate) => {
      expect(supportRef(candidate)).toBeUndefined();
    },
  );
});
