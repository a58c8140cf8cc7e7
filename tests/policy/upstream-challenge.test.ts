import { describe, expect, it } from 'vitest';
import { hasSteppedUp, stepUpAsked } from '../../lib/policy/upstream-challenge';
import type { Session } from '../../lib/types/session';

const NEEDED = 'error="insufficient_user_authentication"';

describe('a challenge of an API (RFC 9470 §3)', () => {
  it.each<[string, string | null]>([
    ['nothing', null],
    ['another error', 'Bearer error="invalid_token", acr_values="mfa"'],
    ['no error', 'Bearer acr_values="mfa"'],
    ['another scheme', `Basic ${NEEDED}, acr_values="mfa"`],
    ['a scheme that only begins like it', `Bearers ${NEEDED}, acr_values="mfa"`],
    ['the error in another parameter', 'Bearer error_description="insufficient_user_authentication", acr_values="mfa"'],
    ['the error inside a text', `Bearer error_description="x error=insufficient_user_authentication", max_age=1x`],
    [
      'the error among the words of a text',
      `Bearer error_description="x, error=insufficient_user_authentication, max_age=1"`,
    ],
    ['no comma', `Bearer ${NEEDED} max_age=1`],
    ['a text that does not end', `Bearer ${NEEDED}, max_age=1, x="`],
    ['nothing that a sign-in could bring', `Bearer ${NEEDED}, error_description="A stronger one is needed"`],
    ['an escape', `Bearer ${NEEDED}, acr_values="m\\"fa"`],
    ['an empty list', `Bearer ${NEEDED}, acr_values=""`],
    ['two spaces', `Bearer ${NEEDED}, acr_values="a  b"`],
    ['a value beyond ASCII', `Bearer ${NEEDED}, acr_values="m\u00fcn"`],
    ['a long value', `Bearer ${NEEDED}, acr_values="${'a'.repeat(201)}"`],
    ['many values', `Bearer ${NEEDED}, acr_values="${'a '.repeat(10)}a"`],
    ['a negative age', `Bearer ${NEEDED}, max_age=-1`],
    ['an age with a fraction', `Bearer ${NEEDED}, max_age="1.5"`],
    ['an endless age', `Bearer ${NEEDED}, max_age=${'9'.repeat(10)}`],
    ['a parameter twice', `Bearer ${NEEDED}, max_age=5, max_age=500`],
    ['two challenges', `Bearer ${NEEDED}, max_age=5, DPoP ${NEEDED}, max_age=5`],
    ['3 KB', `Bearer ${NEEDED}, max_age=5, x="${'x'.repeat(3_000)}"`],
  ])('with %s asks for no sign-in', (_, challenge) => {
    expect(stepUpAsked(challenge)).toBeNull();
  });

  it.each<[string, object]>([
    [`Bearer ${NEEDED}, acr_values="urn:mfa urn:hw"`, { acr_values: 'urn:mfa urn:hw' }],
    [`Bearer ${NEEDED}, max_age="5"`, { max_age: '5' }],
    [`bearer realm="x",${NEEDED},max_age=0`, { max_age: '0' }],
    [
      `DPoP algs="ES256", ${NEEDED}, error_description="no, not this one", acr_values=mfa, max_age = 60`,
      { acr_values: 'mfa', max_age: '60' },
    ],
  ])('%s asks for %j', (challenge, expected) => {
    expect(stepUpAsked(challenge)).toEqual(expected);
  });

  it('is read in linear time', () => {
    expect(stepUpAsked(`Bearer ${'error '.repeat(300)}`)).toBeNull();
  });
});

it.each<[object, Partial<Session>, boolean]>([
  [{ acr_values: 'mfa hw' }, { acr: 'hw' }, true],
  [{ acr_values: 'mfa hw' }, { acr: 'pwd' }, false],
  [{ acr_values: 'mfa' }, {}, false],
  [{ max_age: '60' }, { authTime: 950 }, true],
  [{ max_age: '60' }, { authTime: 900 }, false],
  [{ max_age: '0' }, { authTime: 990, createdAt: 995 }, true],
  [{ max_age: '0' }, { authTime: 960, createdAt: 995 }, false],
  [{ max_age: '0' }, { authTime: 990, createdAt: 900 }, false],
  [{ max_age: '60' }, {}, false],
  [{ acr_values: 'mfa', max_age: '60' }, { acr: 'mfa', authTime: 900 }, false],
])('what %j asks for, a session with %j has: %s', (stepUp, session, expected) => {
  expect(hasSteppedUp(stepUp, { createdAt: 0, ...session } as Session, 1_000, 30)).toBe(expected);
});
