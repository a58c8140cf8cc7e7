import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { createWorld, type World } from '../world/world';

/** `/vault` in the rules of the world: `acr` = MFA, signed in within 300 seconds, asked of Redis every time. */
const MFA = 'urn:sso:loa:mfa';
let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const asked = (location: string | null | undefined) => {
  const { searchParams } = new URL(world.resolve(location));
  return { acr_values: searchParams.get('acr_values'), max_age: searchParams.get('max_age') };
};
const signIns = () => world.events('signed_in').length;
const refusals = () => world.events('access_refused').map(({ rule, why }) => `${rule} ${why}`);

describe('a page that asks for a stronger sign-in', () => {
  it('sends a document to the provider with acr_values and max_age, and shows the page after one trip', async () => {
    const browser = await world.signedIn('/dashboard');
    const { response, hops } = await browser.navigate('/vault?door=2');
    expect(hops.map(({ status }) => status)).toEqual([303, 303, 303, 200]);
    expect(asked(hops[0]?.headers.get('location'))).toEqual({ acr_values: MFA, max_age: '300' });
    expect(await response.text()).toBe("the site's page /vault");
    expect(hops.at(-1)?.url).toBe(`${world.site}/vault?door=2`);
    expect(refusals()).toEqual(['/* no_session', '/vault/* step_up']);
  });

  it('costs a browser without a session one trip, not two', async () => {
    const { hops } = await world.browser().navigate('/vault');
    expect(hops.map(({ status }) => status)).toEqual([303, 303, 303, 200]);
    expect(asked(hops[0]?.headers.get('location'))).toEqual({ acr_values: MFA, max_age: '300' });
  });

  it('lets the stronger session through again, and asks once more when the sign-in is too old', async () => {
    const browser = await world.signedIn('/vault');
    world.pass(290);
    expect((await browser.navigate('/vault')).hops).toHaveLength(1);
    world.pass(20);
    expect((await browser.navigate('/dashboard')).hops).toHaveLength(1); // other pages do not mind
    const { hops } = await browser.navigate('/vault');
    expect(hops.map(({ status }) => status)).toEqual([303, 303, 303, 200]);
    expect(signIns()).toBe(2);
  });

  it('keeps what the sign-in was worth when the tokens are renewed', async () => {
    const browser = await world.signedIn('/vault');
    world.provider.lies.idToken = (claims) => ({ ...claims, acr: 'urn:sso:loa:password', auth_time: claims.iat });
    world.pass(1000); // access token over, and the sign-in too old
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
    expect((await browser.fetch('/vault')).status).toBe(401); // a renewal is no proof of a person
    expect(world.events('renewal')).toHaveLength(1);
  });

  it('asks Redis on every request, and is 503 when it does not answer', async () => {
    const browser = await world.signedIn('/vault');
    expect(await world.cost(() => browser.navigate('/vault'))).toEqual({ redis: 1, provider: 0 });
    world.redis.fault = () => Promise.reject(new TypeError('fetch failed'));
    expect((await browser.navigate('/vault')).response.status).toBe(503);
    expect((await browser.navigate('/dashboard')).response.status).toBe(200);
  });
});

describe('a browser that keeps no session', () => {
  it('finds the stronger sign-in behind the button of the page that ends its round', async () => {
    const browser = world.browser();
    for (let trip = 0; trip < 3; trip += 1) {
      await browser.navigate('/vault');
      browser.cookies.delete('__Host-Http-session');
    }
    const html = await (await browser.navigate('/vault')).response.text();
    expect(html).toContain('LOGIN_LOOP');
    expect(html.replaceAll('&amp;', '&')).toContain(
      `/auth/login?returnTo=%2Fvault&acr_values=${encodeURIComponent(MFA)}&max_age=300`,
    );
  });
});

describe('a provider that does not give what was asked', () => {
  const refuseOnce = async (browser: Browser) => {
    const { response, hops } = await browser.navigate('/vault');
    expect(hops.map(({ status }) => status)).toEqual([303, 303, 400]);
    const body = await response.text();
    expect(body).toContain('STEP_UP_NOT_MET');
    // The page leads to the same demand, not to a sign-in that would be refused again.
    expect(body.replaceAll('&amp;', '&')).toContain(
      `/auth/login?returnTo=%2Fvault&acr_values=${encodeURIComponent(MFA)}&max_age=300`,
    );
  };

  it.each([
    ['the weaker acr', { acr: 'urn:sso:loa:password' }],
    ['no acr', { acr: undefined }],
    ['the acr in a list', { acr: [MFA] }],
    ['a sign-in of yesterday', { auth_time: Math.floor(Date.now() / 1000) - 86_400 }],
  ])('%s: one page, no loop, and the session that was there goes on', async (_, lie) => {
    const browser = await world.signedIn('/dashboard');
    world.provider.lies.idToken = (claims) => ({ ...claims, ...lie });
    await refuseOnce(browser);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    await world.isolate.settled();
    expect(world.events('tokens_revoked')).toEqual([]); // the session that goes on may hang on the same grant
  });

  it('as often as the person likes to ask: the loop guard is for browsers that keep no session', async () => {
    const browser = await world.signedIn('/dashboard');
    world.provider.lies.idToken = (claims) => ({ ...claims, acr: 'urn:sso:loa:password' });
    for (let time = 0; time < 5; time += 1) await refuseOnce(browser);
  });

  it('has a clock that is a little behind: one trip, no loop', async () => {
    const browser = await world.signedIn('/dashboard');
    world.provider.lies.idToken = (claims) => ({ ...claims, auth_time: Number(claims.auth_time) - 315 });
    const { hops } = await browser.navigate('/vault');
    expect(hops.map(({ status }) => status)).toEqual([303, 303, 303, 200]);
    world.pass(40);
    expect((await browser.fetch('/vault')).status).toBe(401); // the tolerance is for the way back, not for good
  });

  it.each([
    ['tomorrow', Math.floor(Date.now() / 1000) + 86_400],
    ['in milliseconds', Date.now()],
    ['as text', 'now'],
  ])('says that the sign-in was %s: refused, or it would be recent for ever', async (_, auth_time) => {
    const browser = await world.signedIn('/dashboard');
    world.provider.lies.idToken = (claims) => ({ ...claims, auth_time });
    const { response } = await browser.navigate('/vault');
    expect(response.status).toBe(502);
    expect(await response.text()).toContain('ID_TOKEN_INVALID');
  });

  it('says that it cannot (OpenID Connect Unmet Authentication Requirements 1.0): the same page', async () => {
    const browser = await world.signedIn('/dashboard');
    world.provider.refusal = { error: 'unmet_authentication_requirements' };
    await refuseOnce(browser);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('what is no document', () => {
  const loginUrl = `/auth/login?returnTo=%2Fboard&acr_values=${encodeURIComponent(MFA)}&max_age=300`;
  const from = { referer: 'https://nowhere.test/' };

  it('gets 401 with the challenge of RFC 9470 and the way to the stronger sign-in', async () => {
    const browser = await world.signedIn('/dashboard');
    const response = await browser.fetch('/vault/gold', { headers: { referer: `${world.site}/board` } });
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer error="insufficient_user_authentication", acr_values="${MFA}", max_age="300"`,
    );
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(await response.json()).toMatchObject({ code: 'STEP_UP_REQUIRED', status: 401, loginUrl });
    expect(response.headers.getSetCookie()).toEqual([]);
    const { hops } = await browser.navigate(loginUrl);
    expect(hops.at(-1)?.url).toBe(`${world.site}/board`);
    expect((await browser.fetch('/vault/gold')).status).toBe(200);
  });

  it('is an action, and the browser goes to the stronger sign-in and comes back', async () => {
    const browser = await world.signedIn('/dashboard');
    const response = await browser.fetch('/vault', { method: 'POST', headers: { 'next-action': '7f' } });
    expect(response.status).toBe(303);
    expect(response.headers.get('x-action-redirect')).toBe(
      `/auth/login?returnTo=%2Fvault&acr_values=${encodeURIComponent(MFA)}&max_age=300;push`,
    );
  });

  it('is a form: 303 to the stronger sign-in', async () => {
    const browser = await world.signedIn('/dashboard');
    const { response } = await browser.post('/vault', { redirect: 'manual', headers: from });
    expect(response.status).toBe(303);
    const { pathname, searchParams } = new URL(world.resolve(response.headers.get('location')));
    expect([pathname, searchParams.get('returnTo')]).toEqual(['/auth/login', '/']);
    expect(asked(response.headers.get('location'))).toEqual({ acr_values: MFA, max_age: '300' });
  });

  it('is refused for good when the role is missing, whatever the sign-in', async () => {
    const browser = await world.signedIn('/dashboard');
    const response = await browser.fetch('/admin');
    expect(response.status).toBe(403);
    expect(response.headers.get('www-authenticate')).toBeNull();
    const text = await response.text();
    expect(text).not.toContain('admin'); // the rule is named in the event, never in the answer
    expect(refusals().at(-1)).toBe('/admin/* not_met');
  });
});

describe('SSO_CLOCK_TOLERANCE_SECONDS', () => {
  const seconds = () => Math.floor(Date.now() / 1000);
  const behind = (by: number) => (claims: Record<string, unknown>) => ({
    ...claims,
    ...Object.fromEntries(['iat', 'nbf', 'exp', 'auth_time'].map((name) => [name, Number(claims[name]) - by])),
  });

  it.each([
    ['behind', 290],
    ['ahead', -290],
  ])('of 300 lets in what a provider says whose clock is so much %s, and rules too', async (_, by) => {
    world = await createWorld({ env: { SSO_CLOCK_TOLERANCE_SECONDS: '300' } });
    world.provider.lies.idToken = behind(by);
    const browser = world.browser();
    const { hops } = await browser.navigate('/vault');
    expect(hops.map(({ status }) => status)).toEqual([303, 303, 303, 200]);
    world.pass(100);
    expect((await browser.navigate('/vault')).hops).toHaveLength(1);
    world.pass(801);
    expect((await browser.fetch('/api/me')).status).toBe(200);
    expect(world.events('renewal')).toEqual([expect.objectContaining({ outcome: 'refreshed' })]);
  });

  it.each([
    ['a second ahead', () => ({ iat: seconds() + 2 }), 502],
    ['over since a second', () => ({ exp: seconds() - 1 }), 502],
    ['right', () => ({}), 200],
  ])('of 0 lets in nothing but what is right: a clock that is %s', async (_, change, status) => {
    world = await createWorld({ env: { SSO_CLOCK_TOLERANCE_SECONDS: '0' } });
    world.provider.lies.idToken = (claims) => ({ ...claims, ...change() });
    expect((await world.browser().navigate('/dashboard')).response.status).toBe(status);
  });
});
