import { describe, expect, it } from 'vitest';
import { route } from '../world/network';
import type { JsonObject, Lies } from '../world/provider';
import { failures, meeting, meetingWithKeys, userOf } from '../world/userinfo';
import { FAILURES } from '../world/userinfo-failures';

/** A signed answer may need other keys than those at hand. */
const failing = (userinfoAs: 'json' | 'jwt', lies: Partial<Lies>, env: Record<string, string> = {}) =>
  (userinfoAs === 'jwt' ? meetingWithKeys : meeting)({ provider: { userinfoAs }, env, lies });

describe('userinfo that answers with', () => {
  it.each(FAILURES)(
    '%s: no sign-in is lost that can do without, and the log says why',
    async (_, lies, reason, as = 'json') => {
      const env = { SESSION_CLAIMS: 'name,email' };
      const { world, browser } = await failing(as, lies, env);
      expect((await browser.navigate('/dashboard')).response.status).toBe(200);
      expect(await userOf(browser)).toEqual({ sub: 'person-1' });
      expect(world.events('userinfo_failed')).toEqual([{ event: 'userinfo_failed', ref: expect.any(String), reason }]);
      expect(world.logs.join()).not.toMatch(/Ana|person-|x{9}/);
    },
  );

  it.each(FAILURES)(
    '%s: a sign-in that lacks what a rule names is refused, and its tokens are revoked',
    async (_, lies, reason, as = 'json') => {
      const { world, browser } = await failing(as, lies);
      const { response } = await browser.navigate('/dashboard');
      const page = await response.text();
      expect([response.status, page]).toEqual([503, expect.stringContaining('PROVIDER_UNAVAILABLE')]);
      expect(page).toContain('/auth/login?returnTo=%2Fdashboard');
      expect(response.headers.get('retry-after')).toBe('5');
      await world.isolate.settled();
      expect(failures(world)).toEqual([reason]);
      expect(world.events('problem').at(-1)).toMatchObject({ reason: expect.stringContaining('SSO_USERINFO') });
      expect(world.events('tokens_revoked')).toMatchObject([{ why: 'refused' }]);
      world.provider.beHonest();
      expect((await browser.navigate('/admin')).response.status).toBe(200);
    },
  );

  it('nothing for two seconds: the sign-in goes on without it', async () => {
    const { world, browser } = await meeting({ env: { SESSION_CLAIMS: 'name' }, lies: { hang: { userinfo: true } } });
    const startedAt = Date.now();
    const { response } = await world.skippingWaits(browser.navigate('/dashboard'));
    expect(response.status).toBe(200);
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(2_000);
    expect(failures(world)).toEqual(['timeout']);
  });

  it('a JWT by a key that is not known, while the keys hang: two seconds in all', async () => {
    const env = { SESSION_CLAIMS: 'name' };
    const { world, browser } = await meeting({ provider: { userinfoAs: 'jwt' }, env });
    await browser.navigate('/dashboard'); // the keys are known after that
    Object.assign(world.provider.lies, { userinfoSigning: { otherKey: true }, hang: { jwks: true } });
    const other = world.browser();
    const startedAt = Date.now();
    const { response } = await world.skippingWaits(other.navigate('/dashboard'));
    const waitedMs = Date.now() - startedAt; // by the clocks of the world, which move to the next timer
    expect(response.status).toBe(200);
    expect(failures(world)).toEqual(['timeout']);
    expect(waitedMs).toBeLessThan(3_000);
    // The request for the keys ends by itself a second later, and is not left to the next file.
    await world.skippingWaits(new Promise((resolve) => setTimeout(resolve, 5_000)));
  });

  it('nothing, because its address is plain http: no access token is sent there', async () => {
    const { world, browser } = await meeting({ env: { SESSION_CLAIMS: 'name' } });
    const plain = world.provider.issuer.replace('https:', 'http:');
    const seen: string[] = [];
    route(plain, async ({ url }) => {
      seen.push(url);
      return Response.json({ sub: 'person-1' });
    });
    world.provider.lies.discovery = (json) => ({ ...json, userinfo_endpoint: `${plain}/userinfo` });
    await browser.navigate('/dashboard');
    expect(world.provider.calls('discovery')).toHaveLength(1);
    expect(seen).toEqual([]);
  });

  it('a failure where the ID token has what the rules name: the sign-in goes on', async () => {
    const lies = { refuse: { userinfo: true }, idToken: (claims: JsonObject) => ({ ...claims, roles: ['admin'] }) };
    const { world, browser } = await meeting({ lies });
    expect((await browser.navigate('/admin')).response.status).toBe(200);
    expect(failures(world)).toEqual(['connection']);
  });

  it('a failure where discovery does not list the claim that a rule names: the sign-in goes on', async () => {
    const { world, browser } = await meeting({
      provider: { announcesClaims: ['name'] },
      lies: { refuse: { userinfo: true } },
    });
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    expect(failures(world)).toEqual(['connection']);
  });
});
