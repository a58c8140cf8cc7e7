import { describe, expect, it } from 'vitest';
import { isOwnIssuer } from '../../lib/policy/issuer';

const PLAIN = 'https://op.test/realms/a';
const TEMPLATE = 'https://login.test/{tenantid}/v2.0';
const [A, B] = ['11111111-aaaa-4aaa-8aaa-111111111111', '22222222-bbbb-4bbb-8bbb-222222222222'];

describe('the issuer that another site names', () => {
  it.each([
    [PLAIN, true],
    [`${PLAIN}/`, false],
    ['https://op.test/realms', false],
    ['https://OP.test/realms/a', false],
    ['http://op.test/realms/a', false],
    ['https://op.test/realms/%61', false],
    ['', false],
  ])('is compared as a text: %s is %s', (iss, expected) => {
    expect(isOwnIssuer(iss, { issuer: PLAIN, tenants: [] })).toBe(expected);
  });

  it.each<[tenants: string, iss: string, expected: boolean]>([
    [`${A},${B}`, TEMPLATE, true],
    [`${A},${B}`, `https://login.test/${B}/v2.0`, true],
    [A, `https://login.test/${B}/v2.0`, false],
    [A, `https://login.test/${A.toUpperCase()}/v2.0`, false],
    ['*', TEMPLATE, true],
    ['*', `https://login.test/${B}/v2.0`, true],
    ['*', 'https://login.test/*/v2.0', false],
    ['*', 'https://login.test/a/b/v2.0', false],
    ['*', 'https://login.test//v2.0', false],
    ['*', 'https://login.test/v2.0', false],
    ['*', `https://login.test/${B}/v2.0/`, false],
    ['*', `https://evil.test/${B}/v2.0`, false],
    ['*', `https://login.test/${B}\n/v2.0`, false],
  ])('with the tenants %s: %s is %s', (tenants, iss, expected) => {
    expect(isOwnIssuer(iss, { issuer: TEMPLATE, tenants: tenants.split(',') })).toBe(expected);
  });

  it('may end with the tenant', () => {
    const settings = { issuer: 'https://login.test/{tenantid}', tenants: ['*'] };
    expect(isOwnIssuer('https://login.test/a', settings)).toBe(true);
    expect(isOwnIssuer('https://login.test/a/b', settings)).toBe(false);
  });
});
