import { describe, expect, it } from 'vitest';
import type { GateError } from '../../lib/errors';
import type { Metadata } from '../../lib/protocol/discovery';
import { isIssuer, metadataFor } from '../../lib/protocol/issuer';

const TEMPLATE = 'https://op.example/{tenantid}/v2.0';
const SOME = { tenants: ['one', 'two'] };
const ANY = { tenants: ['*'] };

describe('isIssuer', () => {
  it.each([
    ['https://op.example', 'https://op.example', SOME, true],
    ['https://op.example/', 'https://op.example', SOME, false],
    [TEMPLATE, TEMPLATE, SOME, true],
    ['https://op.example/two/v2.0', TEMPLATE, SOME, true],
    ['https://op.example/three/v2.0', TEMPLATE, SOME, false],
    ['https://op.example/three/v2.0', TEMPLATE, ANY, true],
    ['https://op.example/*/v2.0', TEMPLATE, ANY, false],
    ['https://op.example/a/b/v2.0', TEMPLATE, ANY, false],
    ['https://op.example//v2.0', TEMPLATE, ANY, false],
    ['https://evil.example/two/v2.0', TEMPLATE, ANY, false],
    ['https://op.example/two/v1.0', TEMPLATE, ANY, false],
    ['https://op.example/v2.0', TEMPLATE, ANY, false],
  ])('%s for %s with %j: %s', (text, issuer, client, expected) => {
    expect(isIssuer(text, issuer, client)).toBe(expected);
  });
});

describe('metadataFor', () => {
  const metadata = { issuer: TEMPLATE } as Metadata;
  const outcome = (claims: Record<string, unknown>, client: { tenants: string[] }) => {
    try {
      return metadataFor(claims, metadata, client).issuer;
    } catch (error) {
      return (error as GateError).code;
    }
  };

  it('is the metadata as they are for an issuer of one tenant', () => {
    const plain = { issuer: 'https://op.example' } as Metadata;
    expect(metadataFor({ tid: 'three' }, plain, SOME)).toBe(plain);
  });

  it.each([
    ['two', SOME, 'https://op.example/two/v2.0'],
    ['three', ANY, 'https://op.example/three/v2.0'],
    ['three', SOME, 'SIGN_IN_DENIED'],
    ['TWO', SOME, 'SIGN_IN_DENIED'],
    [undefined, ANY, 'ID_TOKEN_INVALID'],
    ['', ANY, 'ID_TOKEN_INVALID'],
    ['*', ANY, 'ID_TOKEN_INVALID'],
    [['two'], SOME, 'ID_TOKEN_INVALID'],
    ['../evil', ANY, 'ID_TOKEN_INVALID'],
    ['$&', ANY, 'ID_TOKEN_INVALID'],
  ])('tid %j with %j: %s', (tid, client, expected) => {
    expect(outcome({ tid }, client)).toBe(expected);
  });
});
