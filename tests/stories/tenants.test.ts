import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

const OURS = '1c9f7b2e-0000-4000-8000-000000000001';
const OTHERS = '9188040d-6c67-4b5a-b112-36a304b66dad';
let world: World;
let origin: string;

/** A provider whose metadata name no tenant, and whose tokens name one (Microsoft Entra). */
async function entra(tenants: string): Promise<void> {
  origin = `https://op-${crypto.randomUUID().slice(0, 8)}.test`;
  world = await createWorld({
    provider: { issuer: `${origin}/common/v2.0` },
    env: { SSO_ISSUER: `${origin}/{tenantid}/v2.0`, SSO_TENANTS: tenants },
  });
  world.provider.lies.discovery = (json) => ({ ...json, issuer: `${origin}/{tenantid}/v2.0` });
  tokensOf(OURS);
}

const tokensOf = (tid: unknown, issuedBy: unknown = tid) => {
  world.provider.lies.idToken = (claims) => ({ ...claims, tid, iss: `${origin}/${issuedBy}/v2.0` });
};
const signIn = () => world.browser().navigate('/dashboard');
const problems = () => world.events('problem').map(({ code, reason }) => [code, reason]);

beforeEach(() => entra(OURS));

describe('an issuer for several tenants', () => {
  it('signs in and renews for a tenant of the list', async () => {
    const browser = await world.signedIn();
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    world.pass(1000);
    expect((await browser.navigate('/dashboard')).hops).toHaveLength(1);
    expect(world.provider.refreshPresentations()).toHaveLength(1);
  });

  it('refuses another tenant, and revokes what it gave', async () => {
    tokensOf(OTHERS);
    const { response } = await signIn();
    await world.isolate.settled();
    expect(response.status).toBe(400);
    expect(problems()).toEqual([['SIGN_IN_DENIED', 'tid is none of SSO_TENANTS']]);
    expect(world.provider.calls('revocation').map(({ token }) => token?.kind)).toContain('refresh_token');
  });

  it('takes every tenant with *', async () => {
    await entra('*');
    tokensOf(OTHERS);
    expect((await signIn()).response.status).toBe(200);
  });

  it.each([
    ['of another issuer than its own tenant', OURS, OTHERS, 'claim iss; see SSO_ISSUER, SSO_TENANTS'],
    ['of the issuer with the placeholder', OURS, '{tenantid}', 'claim iss; see SSO_ISSUER, SSO_TENANTS'],
    ['without a tenant', undefined, OURS, 'tid, which the issuer needs'],
  ])('refuses an ID token %s', async (_, tid, issuedBy, reason) => {
    tokensOf(tid, issuedBy);
    expect((await signIn()).response.status).toBe(502);
    expect(problems()).toEqual([['ID_TOKEN_INVALID', reason]]);
  });

  it('keeps a session in its tenant, though another one may sign in too', async () => {
    await entra('*');
    const browser = await world.signedIn();
    tokensOf(OTHERS);
    world.pass(1000);
    await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(world.events('renewal')).toEqual([
      expect.objectContaining({ outcome: 'ended', reason: 'claim iss; see SSO_ISSUER, SSO_TENANTS' }),
    ]);
  });

  it.each([
    ['another tenant of the list as before', OURS, 'refreshed'],
    ['a tenant that may not sign in', OTHERS, 'ended'],
  ])('at a renewal, for %s: %s', async (_, tid, outcome) => {
    const browser = await world.signedIn();
    tokensOf(tid);
    world.pass(1000);
    await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(world.events('renewal').map((event) => event.outcome)).toEqual([outcome]);
  });

  it.each([
    [OURS, 200],
    [OTHERS, 400],
  ])('takes the iss of the callback of a tenant that may sign in: %s %i', async (tid, status) => {
    world.provider.lies.authorize = (parameters) => {
      parameters.set('iss', `${origin}/${tid}/v2.0`);
      return parameters;
    };
    expect((await signIn()).response.status).toBe(status);
  });
});
