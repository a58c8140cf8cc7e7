import { beforeEach, describe, expect, it } from 'vitest';
import { REDIS_FAULTS } from '../world/redis';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const signOut = (browser: ReturnType<World['browser']>, options: { headers?: Record<string, string> } = {}) =>
  browser.post('/auth/logout', { form: {}, redirect: 'manual', ...options });
const revocations = () => world.provider.ledger.filter(({ endpoint }) => endpoint === 'revocation');

describe('signing out', () => {
  it('ends the session for every isolate, revokes the refresh token, and goes on to the provider', async () => {
    const browser = await world.signedIn();
    const elsewhere = await world.anotherIsolate({ SESSION_CHECK_SECONDS: '0' });
    const copy = world.browser(elsewhere);
    copy.cookies.set('__Host-Http-session', browser.cookies.get('__Host-Http-session')?.value ?? '');
    expect((await copy.fetch('/api/me')).status).toBe(200);

    const { hops } = await signOut(browser);
    const answer = hops[0];
    expect(answer?.status).toBe(303);
    const url = new URL(answer?.headers.get('location') ?? '');
    expect(url.origin + url.pathname).toBe(`${world.provider.issuer}/connect/logout`);
    expect([...url.searchParams.keys()].sort()).toEqual([
      'client_id',
      'id_token_hint',
      'post_logout_redirect_uri',
      'state',
    ]);
    expect(url.searchParams.get('post_logout_redirect_uri')).toBe(`${world.site}/signed-out`);
    expect(url.searchParams.get('state')).toMatch(/^[\w-]{43}$/);
    expect(browser.cookies.all().filter(({ name }) => name.startsWith('__Host-'))).toEqual([]);
    expect(revocations()).toHaveLength(1);
    expect((await copy.fetch('/api/me')).status).toBe(401);
  });

  it('leaves the person where the site wants them, and the next page asks again', async () => {
    const browser = await world.signedIn();
    const { response, hops } = await browser.post('/auth/logout', { form: {} });
    expect(response.status).toBe(200);
    expect(new URL(hops.at(-1)?.url ?? '').pathname).toBe('/signed-out');
    const again = await browser.navigate('/dashboard', { redirect: 'manual' });
    expect(again.hops[0]?.status).toBe(303);
  });

  it('leaves no `state` of the provider in the address, on a public page as on others', async () => {
    const browser = await world.signedIn();
    const { hops } = await signOut(browser);
    const state = new URL(hops[0]?.headers.get('location') ?? '').searchParams.get('state');
    for (const [returned, clean] of [
      [`/signed-out?state=${state}`, '/signed-out'],
      [`/?state=${state}`, '/'],
      [`/dashboard?tab=1&state=${state}&lang=id`, '/dashboard?tab=1&lang=id'],
      [`/?state=${state}&state=${state}&lang=id`, '/?lang=id'],
      [`/?b=2&state=CA&flag=&a=1+%26&state=${state}&b=1`, '/?b=2&state=CA&flag=&a=1+%26&b=1'],
    ]) {
      const { hops: visits } = await browser.navigate(returned ?? '', { redirect: 'manual' });
      expect([visits[0]?.status, world.resolve(visits[0]?.headers.get('location'))]).toEqual([303, world.site + clean]);
    }
    const { response, hops: all } = await browser.post('/auth/logout', { form: {} });
    expect([response.status, all.at(-1)?.url]).toEqual([200, `${world.site}/signed-out`]);
  });

  it('takes a `state` away that is its own alone, from a page that a person opens, and leads nowhere else', async () => {
    const browser = await world.signedIn();
    const { hops } = await signOut(browser);
    const state = new URL(hops[0]?.headers.get('location') ?? '').searchParams.get('state') ?? '';
    const visited = async (path: string) => (await browser.navigate(path, { redirect: 'manual' })).hops[0];
    for (const other of ['CA', state.slice(1), `${state}x`, 'x'.repeat(43)])
      expect(await visited(`/?state=${other}`)).toMatchObject({ status: 200 });
    expect(await visited(`/?another_state=${state}`)).toMatchObject({ status: 200 });
    expect((await browser.fetch(`/?state=${state}`)).status).toBe(200);
    expect(await visited(`/?q=what?state=${state}`)).toMatchObject({ status: 200 });
    const away = await visited(`${world.site}//evil.test/?state=${state}`);
    expect(new URL(away?.headers.get('location') ?? '').origin).toBe(new URL(world.provider.issuer).origin);
    expect(await visited(`/auth/unknown?state=${state}`)).toMatchObject({ status: 404 });
    const byAnotherHost = await browser.navigate(`/?state=${state}`, {
      redirect: 'manual',
      headers: { host: 'preview.test' },
    });
    expect(byAnotherHost.hops[0]?.status).toBe(200);
    expect(await world.cost(() => visited(`/?state=${state}`))).toEqual({ redis: 0, provider: 0 });
  });

  it('clears the flow cookies and the count of trips too', async () => {
    const browser = await world.signedIn();
    await browser.navigate('/auth/login', { redirect: 'manual' });
    expect(browser.cookies.all().some(({ name }) => name.startsWith('__Host-Http-oidc_flow.'))).toBe(true);
    await signOut(browser);
    expect(browser.cookies.all().filter(({ name }) => name.startsWith('__Host-'))).toEqual([]);
  });

  it('cannot be undone by a copy of the cookie, in this isolate or a cold one', async () => {
    const browser = await world.signedIn();
    const copy = browser.clone();
    await signOut(browser);
    expect((await copy.fetch('/api/me')).status).toBe(401);
    const cold = world.browser(await world.anotherIsolate());
    cold.cookies.set('__Host-Http-session', copy.cookies.get('__Host-Http-session')?.value ?? '');
    expect((await cold.fetch('/api/me')).status).toBe(401);
  });

  it('works after the access token has ended', async () => {
    const browser = await world.signedIn();
    world.pass(901);
    const { hops } = await signOut(browser);
    expect(new URL(hops[0]?.headers.get('location') ?? '').searchParams.has('id_token_hint')).toBe(true);
  });

  it('works without a session: on to the provider, with nothing to hint at', async () => {
    const { hops } = await signOut(world.browser());
    const url = new URL(hops[0]?.headers.get('location') ?? '');
    expect(url.pathname).toBe('/connect/logout');
    expect(url.searchParams.has('id_token_hint')).toBe(false);
  });
});

describe('no session is ended by accident or by another site', () => {
  it('GET shows a page with one button, and ends nothing', async () => {
    const browser = await world.signedIn();
    const { response } = await browser.navigate('/auth/logout');
    expect(response.status).toBe(200);
    const html = await response.text();
    expect(html.match(/<button/g)).toHaveLength(1);
    expect(html).toContain('<form method="post" action="/auth/logout"');
    expect(response.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it.each([
    ['another origin', { origin: 'https://evil.test' }],
    ['the null origin', { origin: 'null' }],
    ['another site without Origin', { origin: '', 'sec-fetch-site': 'cross-site' }],
    ['neither Origin nor Fetch Metadata', { origin: '', 'sec-fetch-site': '' }],
  ])('a POST from %s is refused and changes nothing', async (_, headers) => {
    const browser = await world.signedIn();
    const cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
    const sent = Object.entries({ ...headers, cookie }).filter(([, value]) => value !== '');
    const response = await world.isolate.send(
      new Request(`${world.site}/auth/logout`, { method: 'POST', headers: sent }),
    );
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({ code: 'CSRF_REJECTED' });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('signing out when something is down', () => {
  it('provider unreachable, by a script: it is sent to the site’s own page', async () => {
    const browser = await world.signedIn();
    world.provider.lies.refuse.revocation = true;
    const response = await browser.fetch('/auth/logout', { method: 'POST' });
    expect([response.status, await response.json()]).toEqual([200, { location: '/signed-out' }]);
  });

  it('provider without the endpoints: the person is signed out here all the same', async () => {
    world = await createWorld({ provider: { revocation: false, endSession: false } });
    const browser = await world.signedIn();
    const { hops } = await signOut(browser);
    expect(world.resolve(hops[0]?.headers.get('location'))).toBe(`${world.site}/signed-out`);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it('revocation failing: signed out, tried twice, and the log says so', async () => {
    const browser = await world.signedIn();
    world.provider.lies.refuse.revocation = true;
    const { hops } = await signOut(browser);
    await world.isolate.settled();
    // The browser would only meet an error at a provider that was just found unreachable.
    expect([hops[0]?.status, world.resolve(hops[0]?.headers.get('location'))]).toEqual([
      303,
      `${world.site}/signed-out`,
    ]);
    expect(world.events('revocation_failed')).toHaveLength(1);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it('revocation failing once: tried again, and done', async () => {
    const browser = await world.signedIn();
    let calls = 0;
    world.provider.lies.instead.revocation = (form) => {
      expect(form.get('token_type_hint')).toBe('refresh_token'); // RFC 7009 §2.1
      calls += 1;
      return calls === 1 ? new Response('', { status: 503 }) : null;
    };
    await signOut(browser);
    await world.isolate.settled();
    expect([calls, world.events('tokens_revoked').length]).toEqual([2, 1]);
  });

  it('revocation hanging: the person waits two seconds at most for it', async () => {
    const browser = await world.signedIn();
    world.provider.lies.hang.revocation = true;
    const { hops } = await world.skippingWaits(signOut(browser));
    expect(hops[0]?.status).toBe(303);
    expect(world.events('revocation_failed')).toEqual([]); // the second try goes on behind the answer
    await world.skippingWaits(world.isolate.settled());
    expect(world.events('revocation_failed')).toHaveLength(1);
  });

  it('provider down and never seen before: straight to the site’s own page', async () => {
    const browser = await world.signedIn();
    await world.forgetDocuments();
    const cold = world.browser(await world.anotherIsolate());
    cold.cookies.set('__Host-Http-session', browser.cookies.get('__Host-Http-session')?.value ?? '');
    for (const endpoint of ['discovery', 'revocation'] as const) world.provider.lies.refuse[endpoint] = true;
    const { hops } = await signOut(cold);
    expect(world.resolve(hops[0]?.headers.get('location'))).toBe(`${world.site}/signed-out`);
    expect((await browser.fetch('/api/me')).status).toBe(200); // this isolate asked less than 30 s ago
    world.pass(31);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it.each(Object.entries(REDIS_FAULTS))(
    'Redis %s: cookies cleared, provider reached, and the event says what is left',
    async (_, fault) => {
      const browser = await world.signedIn();
      const copy = browser.clone();
      world.redis.fault = fault;
      const { hops } = await world.skippingWaits(signOut(browser));
      expect(hops[0]?.status).toBe(303);
      expect(hops[0]?.headers.get('location')).toContain(`${world.provider.issuer}/connect/logout`);
      expect(browser.cookies.get('__Host-Http-session')).toBeUndefined();
      expect(world.events('record_not_removed')).toHaveLength(1);
      expect((await copy.fetch('/api/me')).status).toBe(401); // this isolate knows, whatever Redis holds
    },
  );
});
