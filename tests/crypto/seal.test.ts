import { compactDecrypt, EncryptJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { createSealer, type Purpose } from '../../lib/crypto/seal';
import { keyOf, reseal } from '../world/reseal';

const first = 'abcdefghijklmnopqrstuvwxyz012345';
const second = 'ZYXWVUTSRQPONMLKJIHGFEDCBA543210';
const base = { issuer: 'https://op.example', clientId: 'gate', redirectUri: 'https://site.example/auth/callback' };
const NOW = 1_800_000_000;
const LATER = NOW + 60;

const sealerOf = (secrets: string[], over: Partial<typeof base> = {}, now = () => NOW * 1000) =>
  createSealer({
    settings: { session: { secrets }, provider: { name: 'default', ...base, ...over } },
    now,
  });
const sealer = sealerOf([first]);
const purposes: Purpose[] = ['session', 'flow', 'trips', 'record', 'metadata', 'hint'];
const deployment = { ...base, secret: first };

describe('a sealed value', () => {
  it('opens for its purpose, and shows nothing of its content', async () => {
    const token = await sealer.seal('session', { sub: 'planted-subject' }, LATER);
    expect(await sealer.open('session', token)).toMatchObject({ sub: 'planted-subject', exp: LATER });
    expect(
      token
        .split('.')
        .map((part) => atob(part.replace(/-/g, '+').replace(/_/g, '/')))
        .join(),
    ).not.toContain('planted');
  });

  it.each(purposes)('made for %s opens for no other purpose', async (purpose) => {
    const token = await sealer.seal(purpose, { a: 1 }, LATER);
    const opened = await Promise.all(purposes.map((other) => sealer.open(other, token)));
    expect(purposes.filter((_, index) => opened[index] !== null)).toEqual([purpose]);
  });

  it.each(purposes)('made for %s is a compact JWE that jose decrypts (RFC 7516 §7.1)', async (purpose) => {
    const token = await sealer.seal(purpose, { name: 'Ânä' }, LATER);
    const { plaintext, protectedHeader } = await compactDecrypt(token, await keyOf(purpose, deployment), {
      keyManagementAlgorithms: ['dir'],
      contentEncryptionAlgorithms: ['A256GCM'],
    });
    expect(protectedHeader).toMatchObject({ alg: 'dir', enc: 'A256GCM', typ: `gatehouse-${purpose}+jwt` });
    expect(JSON.parse(new TextDecoder().decode(plaintext))).toMatchObject({ name: 'Ânä', exp: LATER });
  });

  it('has a vector of its own each time (RFC 7518 §5.3)', async () => {
    const tokens = await Promise.all(Array.from({ length: 100 }, () => sealer.seal('session', { a: 1 }, LATER)));
    expect(new Set(tokens.map((token) => token.split('.')[2])).size).toBe(100);
  });

  it('is nothing after its end', async () => {
    let now = NOW * 1000;
    const clocked = sealerOf([first], {}, () => now);
    const token = await clocked.seal('session', {}, LATER);
    now = LATER * 1000;
    expect(await clocked.open('session', token)).toBeNull();
  });

  it.each([{ issuer: 'https://other.example' }, { clientId: 'other' }, { redirectUri: 'https://other.example/cb' }])(
    'of another deployment does not open: %o',
    async (over) => {
      const token = await sealer.seal('session', {}, LATER);
      expect(await sealerOf([first], over).open('session', token)).toBeNull();
    },
  );
});

describe.each(purposes)('the format version and the provider name of a sealed %s', (purpose) => {
  const change = async (by: (payload: Record<string, unknown>) => unknown) =>
    sealer.open(purpose, await reseal(purpose, await sealer.seal(purpose, { a: 1 }, LATER), deployment, by));

  it('are in it, and not in the payload that it opens to', async () => {
    const seen: unknown[] = [];
    const opened = await change((payload) => {
      seen.push(payload);
      return payload;
    });
    expect(seen).toEqual([{ a: 1, v: 1, p: 'default', exp: LATER }]);
    expect(opened).toEqual({ a: 1, exp: LATER });
  });

  it.each([
    ['the next version', { v: 2 }],
    ['the version before', { v: 0 }],
    ['a version that is a text', { v: '1' }],
    ['a version that is a list', { v: [1] }],
    ['no version', { v: undefined }],
    ['another provider name', { p: 'other' }],
    ['a name in another case', { p: 'Default' }],
    ['a name that is a list', { p: ['default'] }],
    ['no provider name', { p: undefined }],
    ['neither', { v: undefined, p: undefined }],
  ])('make it open to nothing: %s', async (_, over) => {
    expect(await change((payload) => ({ ...payload, ...over }))).toBeNull();
  });

  it.each([null, 1, 'text', [], true])('are missing in content that is no object: %j', async (content) => {
    expect(await change(() => content)).toBeNull();
  });

  it('cannot be overwritten by a member of the payload', async () => {
    const token = await sealer.seal(purpose, { v: 7, p: 'other', a: 1 }, LATER);
    expect(await sealer.open(purpose, token)).toEqual({ a: 1, exp: LATER });
  });
});

describe('rotation of SESSION_SECRET', () => {
  it('opens what an older entry sealed, and seals with the first', async () => {
    const old = await sealer.seal('session', { sub: 'a' }, LATER);
    const rotated = sealerOf([second, first]);
    expect(await rotated.open('session', old)).toMatchObject({ sub: 'a' });
    const fresh = await rotated.seal('session', { sub: 'b' }, LATER);
    expect(await sealerOf([second]).open('session', fresh)).toMatchObject({ sub: 'b' });
    expect(await sealer.open('session', fresh)).toBeNull();
  });
});

describe('the fingerprint of a text', () => {
  it('is the same in every isolate, and another one under another secret: no one without the secret can try all addresses', async () => {
    const print = await sealer.fingerprint('203.0.113.7');
    expect(await sealerOf([first]).fingerprint('203.0.113.7')).toBe(print);
    expect(await sealerOf([second]).fingerprint('203.0.113.7')).not.toBe(print);
  });
});

describe('a value that is not byte for byte ours', () => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

  it('is refused with any one character changed, in every position', async () => {
    const token = await sealer.seal('session', { sub: 'a' }, LATER);
    for (let index = 0; index < token.length; index += 1) {
      const at = alphabet.indexOf(token.charAt(index));
      const other = at < 0 ? 'A' : alphabet.charAt((at + 1) % 64);
      expect(
        await sealer.open('session', token.slice(0, index) + other + token.slice(index + 1)),
        `at ${index}`,
      ).toBeNull();
    }
  });

  // Three lengths of the text: its last character has no unused bits, two or four.
  it.each(['', 'a', 'aa'])(
    'is refused in each of the other spellings of a last character, though they decode to the same bytes: %j',
    async (sub) => {
      const token = await sealer.seal('session', { sub }, LATER);
      for (const end of [token.lastIndexOf('.'), token.length]) {
        const spellings = [...alphabet].map((last) => token.slice(0, end - 1) + last + token.slice(end));
        for (const spelling of spellings)
          expect((await sealer.open('session', spelling)) !== null, spelling).toBe(spelling === token);
      }
    },
  );

  it.each([-8, -4, 4, 8])(
    'is refused with its last dot moved by %i, though the bytes around it are the same',
    async (by) => {
      const token = await sealer.seal('session', { sub: '' }, LATER); // a text of whole groups of four characters
      const at = token.lastIndexOf('.');
      const all = token.slice(0, at) + token.slice(at + 1);
      expect(await sealer.open('session', `${all.slice(0, at + by)}.${all.slice(at + by)}`)).toBeNull();
    },
  );

  it('is refused when it is longer than any cookie can be, though it is ours', async () => {
    expect(await sealer.open('session', await sealer.seal('session', { sub: 'a'.repeat(9_000) }, LATER))).toBeNull();
  });

  it.each([
    ['a trailing space', (token: string) => `${token} `],
    ['an inner newline', (token: string) => `${token.slice(0, 200)}\n${token.slice(200)}`],
    ['padding', (token: string) => `${token}=`],
    ['a sixth part', (token: string) => `${token}.`],
    ['a sixth part that cannot be read', (token: string) => `${token}.A`],
    ['a missing part', (token: string) => token.slice(0, token.lastIndexOf('.'))],
    ['an encrypted key', (token: string) => token.replace('..', '.AAAA.')],
    ['nothing', () => ''],
    ['20 kB', () => `${'A'.repeat(20_000)}..A.A.A`],
    ['a JWS', () => 'eyJhbGciOiJub25lIn0.e30.'],
  ])('is refused with %s', async (_, change) => {
    expect(await sealer.open('session', change(await sealer.seal('session', { sub: 'a' }, LATER)))).toBeNull();
  });
});

describe('a JWE made with the right key but other options', () => {
  async function forge(header: Record<string, unknown>, exp: number | null) {
    const ours = await sealer.seal('session', {}, LATER);
    const own = JSON.parse(atob(ours.slice(0, ours.indexOf('.'))));
    const jwt = new EncryptJWT({ v: 1, p: 'default', sub: 'a' }).setProtectedHeader({ ...own, ...header });
    if (exp !== null) jwt.setExpirationTime(exp);
    return jwt.encrypt(await keyOf('session', deployment));
  }

  it('opens when nothing differs (so the refusals below mean something)', async () => {
    expect(await sealer.open('session', await forge({}, LATER))).toMatchObject({ sub: 'a' });
  });

  it('is refused without exp', async () => {
    expect(await sealer.open('session', await forge({}, null))).toBeNull();
  });

  it('is refused with another typ, with none, and with an unknown kid', async () => {
    expect(await sealer.open('session', await forge({ typ: 'JWT' }, LATER))).toBeNull();
    expect(await sealer.open('session', await forge({ typ: undefined }, LATER))).toBeNull();
    expect(await sealer.open('session', await forge({ kid: 'AAAAAAAA' }, LATER))).toBeNull();
  });
});
