import type { Lies } from './provider';

const json = (body: unknown) => Response.json(body);
const jwtType = { headers: { 'content-type': 'application/jwt' } };

/** What userinfo answers → what the log says. */
export const FAILURES: [what: string, lies: Partial<Lies>, reason: string, as?: 'json' | 'jwt'][] = [
  ['another sub', { userinfo: (said) => ({ ...said, sub: 'person-2' }) }, 'userinfo of another sub'],
  ['no sub', { userinfo: ({ sub: _, ...said }) => said }, 'userinfo without sub'],
  ['sub as a number', { userinfo: (said) => ({ ...said, sub: 1 }) }, 'userinfo of another sub'],
  ['sub in a list', { userinfo: (said) => ({ ...said, sub: [said.sub] }) }, 'userinfo of another sub'],
  ['401', { userinfo: () => new Response(null, { status: 401 }) }, 'userinfo answered 401; see SSO_USERINFO'],
  [
    '403 with a page',
    { userinfo: () => new Response('<h1>No', { status: 403 }) },
    'userinfo answered 403; see SSO_USERINFO',
  ],
  ['429', { userinfo: () => new Response('', { status: 429 }) }, 'userinfo answered 429'],
  [
    '503',
    { instead: { userinfo: () => new Response('', { status: 503, headers: { 'retry-after': '60' } }) } },
    'userinfo answered 503',
  ],
  [
    'a redirect',
    { userinfo: () => new Response(null, { status: 302, headers: { location: '/login' } }) },
    'userinfo answered 302; see SSO_USERINFO',
  ],
  ['204', { userinfo: () => new Response(null, { status: 204 }) }, 'userinfo answered 204; see SSO_USERINFO'],
  ['a page with 200', { userinfo: () => new Response('<h1>Welcome') }, 'userinfo is no JSON object'],
  ['a list', { userinfo: () => json([{ sub: 'person-1' }]) }, 'userinfo is no JSON object'],
  ['null', { userinfo: () => json(null) }, 'userinfo is no JSON object'],
  ['2 MB', { userinfo: () => json({ sub: 'person-1', roles: ['x'.repeat(2_000_000)] }) }, 'the answer is over 1 MB'],
  ['no connection', { refuse: { userinfo: true } }, 'connection'],
  ['half an answer', { cut: { userinfo: true } }, 'the answer broke off'],
  ['a JWT by another key', { userinfoSigning: { otherKey: true } }, 'userinfo has no valid signature', 'jwt'],
  [
    'a JWT by a key in its header',
    { userinfoSigning: { embeddedKey: true } },
    'userinfo has no valid signature',
    'jwt',
  ],
  ['a JWT with alg none', { userinfoSigning: { alg: 'none' } }, 'userinfo has no valid signature', 'jwt'],
  ['a JWT with HS256', { userinfoSigning: { hs256WithPublicKey: 'jwk' } }, 'userinfo has no valid signature', 'jwt'],
  ['a JWT by an unannounced alg', { userinfoSigning: { otherAlg: 'ES384' } }, 'userinfo has no valid signature', 'jwt'],
  ['an access token', { userinfoSigning: { typ: 'at+jwt' } }, 'userinfo has no valid signature', 'jwt'],
  [
    'a JWT of another issuer',
    { userinfo: (said) => ({ ...said, iss: 'https://evil.test' }) },
    'userinfo of another iss',
    'jwt',
  ],
  [
    'a JWT for another client',
    { userinfo: (said) => ({ ...said, aud: ['other'] }) },
    'userinfo for another aud',
    'jwt',
  ],
  ['a JWT that is over', { userinfo: (said) => ({ ...said, exp: 1 }) }, 'userinfo is over', 'jwt'],
  ['a JWT of another sub', { userinfo: (said) => ({ ...said, sub: 'person-2' }) }, 'userinfo of another sub', 'jwt'],
  [
    'a JWE',
    { userinfo: () => new Response('a.b.c.d.e', jwtType) },
    'userinfo is encrypted, or no JWT; see SSO_USERINFO',
    'jwt',
  ],
  ['a JWT of nothing', { userinfo: () => new Response('..', jwtType) }, 'userinfo has no valid signature', 'jwt'],
];
