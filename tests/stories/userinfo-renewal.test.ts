import { describe, expect, it } from 'vitest';
import type { Lies } from '../world/provider';
import { ADMIN, asked, EXPIRED, failures, meeting, userOf } from '../world/userinfo';
import { FAILURES } from '../world/userinfo-failures';

describe('a renewal', () => {
  const thin = { claimsAt: 'both', refreshClaims: false } as const;
  const FULL = { SESSION_CLAIMS: 'name,email,roles' };

  /** Of each way to fail one: what they are is told at the sign-in. */
  const KINDS = ['another sub', '403 with a page', '503', 'no connection', 'a JWT by another key'];

  it('costs one call to the provider while its ID token has all', async () => {
    const { world, browser } = await meeting({ provider: { claimsAt: 'both' }, env: FULL });
    await browser.navigate('/admin');
    world.pass(EXPIRED);
    expect(await world.cost(() => browser.fetch('/api/me'))).toEqual({ redis: 2, provider: 1 });
    expect(await userOf(browser)).toEqual(ADMIN);
  });

  it('asks userinfo for what the first ID token had and the new one lacks, with the new access token', async () => {
    const { world, browser } = await meeting({ provider: thin, env: FULL });
    await browser.navigate('/admin');
    expect(asked(world)).toBe(0);
    for (const [round, token] of ['at-2', 'at-3'].entries()) {
      world.pass(EXPIRED);
      expect(await world.cost(() => browser.fetch('/admin'))).toEqual({ redis: 2, provider: 2 });
      expect(await userOf(browser)).toEqual(ADMIN);
      expect(world.provider.calls('userinfo')[round]).toMatchObject({ token: { id: token }, status: 200 });
    }
  });

  it.each(['name,email,roles', 'roles'])(
    'asks again for what userinfo had, and sees it taken away and given back: %s',
    async (SESSION_CLAIMS) => {
      const { world, browser } = await meeting({ env: { SESSION_CLAIMS } });
      await browser.navigate('/admin');
      for (const [roles, status] of [
        [['staff'], 403],
        [['admin'], 200],
        [undefined, 403],
        [['admin'], 200],
      ] as const) {
        const { roles: _, ...person } = ADMIN;
        world.provider.person = { ...person, ...(roles && { roles }) };
        world.pass(EXPIRED);
        expect((await browser.navigate('/admin')).response.status, String(roles)).toBe(status);
        expect((await userOf(browser)).roles).toEqual(roles);
      }
    },
  );

  it('takes a role away that neither the new ID token nor userinfo has', async () => {
    const { world, browser } = await meeting({ provider: thin, env: FULL });
    await browser.navigate('/admin');
    world.provider.person = { ...ADMIN, roles: [] };
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(await userOf(browser)).toMatchObject({ name: ADMIN.name, email: ADMIN.email });
  });

  it('without an ID token keeps the claims of the first, and asks for those of userinfo', async () => {
    const { world, browser } = await meeting({ provider: { refreshIdToken: false }, env: FULL });
    world.provider.lies.idToken = (claims) => ({ ...claims, name: 'By ID token' });
    await browser.navigate('/admin');
    world.provider.person = { ...ADMIN, name: '', roles: ['staff'] };
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(await userOf(browser)).toMatchObject({ name: 'By ID token', email: ADMIN.email, roles: ['staff'] });
    const all = await meeting({ provider: { claimsAt: 'both', refreshIdToken: false }, env: FULL });
    await all.browser.navigate('/admin');
    all.world.pass(EXPIRED);
    expect(await all.world.cost(() => all.browser.fetch('/admin'))).toEqual({ redis: 2, provider: 1 });
    expect(asked(all.world)).toBe(0);
  });

  it('asks again for a claim that discovery does not list, though the new ID token has all the others', async () => {
    const { world, browser } = await meeting({
      provider: { announcesClaims: ['name', 'email'] },
      env: { SESSION_CLAIMS: 'name,email,department' },
      lies: { userinfo: (said) => ({ ...said, department: 'sales' }) },
    });
    await browser.navigate('/dashboard');
    const { name, email } = ADMIN;
    world.provider.lies.idToken = (claims) => ({ ...claims, name, email });
    for (let round = 0; round < 2; round += 1) {
      world.pass(EXPIRED);
      expect(await userOf(browser)).toEqual({ sub: ADMIN.sub, name, email, department: 'sales' });
    }
    expect(asked(world)).toBe(3);
  });

  it('without an ID token takes a role away that userinfo says to be none, and gives it back', async () => {
    const { world, browser } = await meeting({
      provider: { claimsAt: 'both', refreshIdToken: false },
      env: { ...FULL, SSO_USERINFO: 'always' },
    });
    await browser.navigate('/admin');
    for (const [roles, status] of [
      [[], 403],
      [['admin'], 200],
      ['', 403],
    ] as const) {
      world.provider.lies.userinfo = (said) => ({ ...said, roles });
      world.pass(EXPIRED);
      expect((await browser.navigate('/admin')).response.status).toBe(status);
    }
    expect(await userOf(browser)).toMatchObject({ name: ADMIN.name, email: ADMIN.email });
  });

  it('without a userinfo endpoint, or with never: what the new ID token lacks is gone', async () => {
    for (const [claimsAt, SSO_USERINFO] of [
      ['id_token', 'auto'],
      ['both', 'never'],
    ] as const) {
      const { world, browser } = await meeting({ provider: { ...thin, claimsAt }, env: { ...FULL, SSO_USERINFO } });
      expect((await browser.navigate('/admin')).response.status).toBe(200);
      world.pass(EXPIRED);
      expect((await browser.navigate('/admin')).response.status).toBe(403);
      expect(asked(world)).toBe(0);
    }
  });

  it('loses the claims of a scope that was taken away, and userinfo is not asked', async () => {
    const { world, browser } = await meeting({ provider: { claimsAt: 'both' }, env: FULL });
    await browser.navigate('/admin');
    world.provider.withdrawnScopes.add('roles');
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(asked(world)).toBe(0);
  });

  it.each(FAILURES.filter(([what]) => KINDS.includes(what)))(
    'keeps what userinfo had while that answers with %s, and asks again',
    async (_, lies, reason, as = 'json') => {
      const { world, browser } = await meeting({ provider: { userinfoAs: as } });
      await browser.navigate('/admin');
      Object.assign(world.provider.lies, lies);
      for (let round = 1; round <= 2; round += 1) {
        world.pass(EXPIRED);
        expect((await browser.navigate('/admin')).response.status).toBe(200);
        expect(failures(world)).toHaveLength(round);
      }
      expect(new Set(failures(world))).toEqual(new Set([reason]));
      world.provider.beHonest();
      world.provider.person = { ...ADMIN, roles: ['staff'] };
      world.pass(EXPIRED);
      expect((await browser.navigate('/admin')).response.status).toBe(403);
      expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(Array(3).fill('refreshed'));
    },
  );

  it('keeps a role of the first ID token through one failure of userinfo, not through two', async () => {
    const { world, browser } = await meeting({ provider: thin, env: FULL });
    await browser.navigate('/admin');
    world.provider.lies.refuse.userinfo = true;
    for (const status of [200, 403, 403]) {
      world.pass(EXPIRED);
      expect((await browser.navigate('/admin')).response.status).toBe(status);
    }
    world.provider.beHonest(); // it is asked for until userinfo has answered
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect(await userOf(browser)).toEqual(ADMIN);
  });

  it.each<[string, Partial<Lies>]>([
    [
      'the new ID token says that there is none, and userinfo is out of reach',
      { refuse: { userinfo: true }, idToken: (claims) => ({ ...claims, roles: [] }) },
    ],
    ['the new ID token lacks it, and userinfo refuses', { userinfo: () => new Response('', { status: 403 }) }],
  ])('takes a role of the first ID token away when %s', async (_, lies) => {
    const { world, browser } = await meeting({ provider: thin, env: FULL });
    await browser.navigate('/admin');
    Object.assign(world.provider.lies, lies);
    world.pass(EXPIRED);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(failures(world)).toHaveLength(1);
  });

  it('heals a sign-in that had to do without userinfo', async () => {
    const { world, browser } = await meeting({
      env: { SESSION_CLAIMS: 'name,email' },
      lies: { refuse: { userinfo: true } },
    });
    await browser.navigate('/dashboard');
    expect(await userOf(browser)).toEqual({ sub: 'person-1' });
    world.provider.beHonest();
    world.pass(EXPIRED);
    expect(await userOf(browser)).toEqual({ sub: 'person-1', name: ADMIN.name, email: ADMIN.email });
  });

  it('is stored when userinfo hangs: two seconds later, with the claims that were known', async () => {
    const { world, browser } = await meeting();
    await browser.navigate('/admin');
    world.provider.lies.hang.userinfo = true;
    world.pass(EXPIRED);
    expect((await world.skippingWaits(browser.navigate('/admin'))).response.status).toBe(200);
    expect(failures(world)).toEqual(['timeout']);
    expect(world.events('renewal')).toMatchObject([{ outcome: 'refreshed' }]);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it('asks once for all requests that wait for it', async () => {
    const { world, browser } = await meeting();
    await browser.navigate('/admin');
    world.pass(EXPIRED);
    const statuses = await Promise.all(Array.from({ length: 20 }, async () => (await browser.fetch('/admin')).status));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect([asked(world), world.provider.refreshPresentations().length]).toEqual([2, 1]);
  });
});
