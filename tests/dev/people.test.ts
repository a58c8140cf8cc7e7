import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkPeople } from '../../lib/dev-stand/check-people.mjs';
import { startDevelopment } from '../../lib/dev-stand/open.mjs';
import { openPeople } from '../../lib/dev-stand/people-file.mjs';
import { claimsOf, client } from './client';

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

const DEWI = {
  sub: 'dewi',
  name: 'Dewi <Lead>',
  given_name: 'Dewi',
  family_name: 'Lead',
  email: 'Dewi@example.test',
  picture: 'https://pictures.example/dewi.png',
  roles: ['lead', 'admin'],
  permissions: ['reports:read'],
  claims: { department: { id: 7, name: 'Sales' }, locale: 'id' },
  second_factor: false,
  about: 'leads & sells',
};
const EKO = { sub: 'eko', name: 'Eko' };

let changes = 0;

/** A people file, and the provider with it. */
async function stand(people: unknown) {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-people-'));
  closers.push(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'people.json');
  const write = (value: unknown) => {
    writeFileSync(file, typeof value === 'string' ? value : JSON.stringify(value));
    changes += 1;
    utimesSync(file, 1_000 + changes, 1_000 + changes); // two writes may fall into one tick of the clock
  };
  write(people);
  const lines: string[] = [];
  const opened = openPeople(file, (line) => lines.push(line));
  closers.push(opened.close);
  const { people: list, fault } = opened;
  const development = await startDevelopment({ appUrl: 'http://localhost:3000', people: list, fault });
  closers.push(development.close);
  const discovery = async () =>
    (await fetch(`${development.provider.issuer}/.well-known/openid-configuration`)).json() as Promise<{
      claims_supported: string[];
    }>;
  return { person: () => client(development.env), write, lines, discovery, env: development.env };
}

describe('the people of a file', () => {
  it('arrive with every claim, in the ID token or at userinfo, and discovery lists it', async () => {
    const { person, discovery } = await stand([DEWI, EKO]);
    const { signIn, userinfo } = person();
    const tokens = await signIn('dewi');
    const { second_factor: _, about: __, claims, ...standard } = DEWI;
    expect(claimsOf(tokens.id_token)).toMatchObject({ sub: 'dewi', ...claims });
    expect(await userinfo(tokens)).toEqual({ ...standard, ...claims, email_verified: true });
    expect((await discovery()).claims_supported).toEqual(expect.arrayContaining(['picture', 'department', 'locale']));
  });

  it('have no claim that is not said', async () => {
    const { person } = await stand([EKO]);
    const { signIn, userinfo } = person();
    expect(await userinfo(await signIn('eko'))).toEqual(EKO);
  });

  it('stand on the sign-in page, escaped, with the picture allowed by its origin', async () => {
    const { person, env } = await stand([DEWI, EKO]);
    const { page, policy } = await person().signIn('eko');
    expect(policy).toMatch(/; img-src data: https:\/\/pictures\.example; /);
    expect(page).toContain('<strong>Dewi &#60;Lead&#62;</strong>');
    expect(page).toContain('Dewi@example.test, leads &#38; sells, no second factor');
    expect(page).toContain('#person-0::after { background-image: url("https://pictures.example/dewi.png"); }');
    expect(page).toContain('>no role<');
    expect(env).not.toHaveProperty('SESSION_CLAIMS');
  });

  it('reach no second factor when they have none', async () => {
    const { person } = await stand([DEWI, EKO]);
    const acrOf = async (account: string) =>
      claimsOf((await person().signIn(account, {}, { second_factor: 'on' })).id_token).acr;
    expect(await acrOf('eko')).toBe('urn:sso:loa:mfa');
    expect(await acrOf('dewi')).toBe('urn:sso:loa:password');
  });

  it('are those of the file as it is now, a new claim and a removed person included', async () => {
    const { person, write, lines, discovery } = await stand([DEWI, EKO]);
    const before = person();
    const tokens = await before.signIn('dewi');
    write([{ ...EKO, claims: { tenant: 'north' } }]);
    expect(claimsOf((await person().signIn('eko')).id_token)).toMatchObject({ tenant: 'north' });
    expect((await discovery()).claims_supported).toContain('tenant');
    expect((await before.refresh(tokens.refresh_token)).error).toBe('invalid_grant');
    expect(await before.signIn('eko')).toMatchObject({ isAsked: true, page: expect.stringContaining('Choose who') });
    expect(lines).toEqual(['people.json: read again, 1 can sign in.']);
  });

  it('stay as they were while the file is faulty, and the page and the terminal say why', async () => {
    const { person, write, lines } = await stand([EKO]);
    write('[{ "sub": "eko" }]');
    const { page, error } = await person().signIn('eko');
    expect(error).toBeUndefined();
    expect(page).toContain('people.json is not used: entry 1 (eko): name is missing.');
    expect(lines).toEqual(['people.json is not used: entry 1 (eko): name is missing.']);
    write([EKO]);
    expect((await person().signIn('eko')).page).not.toContain('is not used');
  });
});

describe('a people file is refused', () => {
  it.each([
    ['that is no list', { people: [] }, 'the file must hold a list: [{ "sub": "ana", "name": "Ana Plain" }]'],
    ['that is empty', [], 'the list is empty'],
    ['with an entry that is no object', [EKO, 'dewi'], 'entry 2: must be an object with sub and name'],
    ['with an entry without sub', [{ name: 'Eko' }], 'entry 1: sub is missing'],
    ['with an empty name', [{ sub: 'eko', name: ' ' }], 'entry 1 (eko): name must be a text'],
    ['with roles as a text', [{ ...EKO, roles: 'admin' }], 'entry 1 (eko): roles must be a list of texts'],
    [
      'with a picture of no address',
      [{ ...EKO, picture: 'javascript:alert(1)' }],
      'entry 1 (eko): picture must be an address that begins with https://, http:// or data:image/',
    ],
    [
      'with second_factor as a text',
      [{ ...EKO, second_factor: 'yes' }],
      'entry 1 (eko): second_factor must be true or false',
    ],
    [
      'with a member that is not known',
      [{ ...EKO, role: 'admin' }],
      'entry 1 (eko): role is not known here; a further claim stands in claims: { "role": … }',
    ],
    [
      'with a claim of the provider',
      [{ ...EKO, claims: { acr: 'high' } }],
      'entry 1 (eko): claims.acr is stated by the provider itself',
    ],
    [
      'with a member among the claims',
      [{ ...EKO, claims: { email: 'x' } }],
      'entry 1 (eko): claims.email is a member of its own, beside claims',
    ],
    ['with a sub twice', [EKO, { sub: 'eko', name: 'Other' }], 'entry 2 (eko): sub is that of entry 1'],
    ['with sub as a member of objects', [{ ...EKO, constructor: 1 }], /constructor is not known here/],
  ])('%s', (_, value, fault) => {
    expect(checkPeople(value).faults).toEqual([typeof fault === 'string' ? fault : expect.stringMatching(fault)]);
  });

  it('at the start, with all its faults', async () => {
    const said = /people\.json cannot be used:\n {2}- entry 1 \(eko\): name is missing\n {2}- entry 2: sub is missing$/;
    await expect(stand([{ sub: 'eko' }, { name: 'Dewi' }])).rejects.toThrow(said);
    await expect(stand('[{]')).rejects.toThrow(/people\.json cannot be used:\n {2}- it is not JSON: /);
  });
});
