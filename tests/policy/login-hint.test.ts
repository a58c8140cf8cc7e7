import { describe, expect, it } from 'vitest';
import { hintsAt } from '../../lib/policy/login-hint';

const claims = {
  name: 'Ana Example',
  email: 'Ana@Example.test',
  preferred_username: 'ana',
  upn: 'ana@corp.test',
  nickname: 'an',
};

describe('a login_hint', () => {
  it.each([
    ['person-1', true],
    ['Person-1', false],
    ['ana@example.TEST', true],
    ['ANA@corp.test', true],
    ['ana', true],
    ['Ana', false],
    ['Ana Example', true],
    ['an', false],
    ['bob@example.test', false],
    ['person', false],
  ])('%s is about this person: %s', (hint, expected) => {
    expect(hintsAt(hint, { sub: 'person-1', claims })).toBe(expected);
  });

  it('is compared with no claim that is not a text', () => {
    expect(hintsAt('true', { sub: 'x', claims: { email: true, name: ['true'], upn: null } })).toBe(false);
  });
});
