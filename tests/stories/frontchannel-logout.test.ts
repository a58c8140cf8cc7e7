import { beforeEach, describe, expect, it } from 'vitest';
import { readSettings } from '../../lib/configuration';
import { createSealer } from '../../lib/crypto/seal';
import { createIndexKeys } from '../../lib/store/index-keys';
import type { Browser } from '../world/browser';
import { counted, toEarlyInMinute } from '../world/counted';
import { endedSessions, isSignedIn, providerSession, through } from '../world/logout';
import { REDIS_FAULTS } from '../world/redis';
import { KEYS } from '../world/redis-keys';
import { createWorld, type World, type WorldOptions } from '../world/world';

const PATH = '/auth/frontchannel-logout';

let world: World;
const begin = async (options: WorldOptions = {}) => {
  world = await createWorld({ ...options, env: { SSO_FRONTCHANNEL: 'on', ...options.env } });
};
beforeEach(() => begin());

const addressFor = (parameters: Readonly<Record<string, string>>) => `${PATH}?${new URLSearchParams(parameters)}`;
const of = (browser: Browser) => ({ iss: world.provider.issuer, sid: providerSession(browser) });
/** The frame of a page of the provider, in some browser. */
const frame = (url: string, browser = world.browser(), headers: Record<string, string> = {}) =>
  browser.embed(url, { as: 'iframe', origin: world.provider.issuer, headers });
const directives = (response: Response) =>
  Object.fromEntries(
    (response.headers.get('content-security-policy') ?? '').split('; ').map((text) => text.split(/ (.*)/).slice(0, 2)),
  ) as Record<string, string>;

describe('a frame of the provider (OpenID Connect Front-Channel Logout 1.0 §2)', () => {
  it('ends the session of iss and sid without its cookie, and no other; the tokens are revoked behind the answer', async () => {
    const [phone, laptop] = [await world.signedIn(), await world.signedIn()];
    const response = await frame(addressFor(of(phone)), phone);
    expect(response.status).toBe(200);
    expect(response.headers.getSetCookie()).toEqual([]); // a frame of another site carries no Lax cookie
    await world.isolate.settled();
    expect([await isSignedIn(phone), await isSignedIn(laptop)]).toEqual([false, true]);
    expect(world.provider.calls('revocation')).toMatchObject([{ token: { id: 'rt-1' }, status: 200 }]);
    expect(world.events('sessions_ended')).toMatchObject([{ cause: 'frontchannel_logout', sessions: 1 }]);
    expect(world.events('tokens_revoked')).toMatchObject([{ why: 'ended_elsewhere' }]);
  });

  it('ends it in another isolate within SESSION_CHECK_SECONDS', async () => {
    const browser = await world.signedIn();
    const elsewhere = await world.anotherIsolate();
    const there = through(elsewhere, browser, world);
    expect(await isSignedIn(there)).toBe(true);
    await elsewhere.settled();
    expect((await frame(addressFor(of(browser)))).status).toBe(200);
    world.pass(31);
    expect(await isSignedIn(there)).toBe(false);
  });

  it('is shown by pages of the provider alone, and kept by no cache', async () => {
    const response = await frame(addressFor(of(await world.signedIn())));
    const policy = directives(response);
    expect(policy['frame-ancestors']).toBe(world.provider.issuer);
    expect(policy['default-src']).toBe("'none'");
    expect(response.headers.has('x-frame-options')).toBe(false);
    expect(response.headers.get('cache-control')).toBe('private, no-store');
    expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await response.text()).not.toContain('<script');
  });

  it('is shown by the origin of the end-session endpoint too', async () => {
    world.provider.lies.discovery = (json) => ({ ...json, end_session_endpoint: 'https://logout.op.test/end' });
    const response = await frame(addressFor({ iss: world.provider.issuer, sid: 'x' }));
    expect(directives(response)['frame-ancestors']).toBe(`${world.provider.issuer} https://logout.op.test`);
  });

  it('is shown by the issuer when the metadata cannot be had', async () => {
    world.provider.lies.refuse.discovery = true;
    const response = await frame(addressFor({ iss: world.provider.issuer, sid: 'x' }));
    expect(response.status).toBe(200);
    expect(directives(response)['frame-ancestors']).toBe(world.provider.issuer);
  });

  it('clears the cookie where the browser sends it: the provider is on the same site', async () => {
    const browser = await world.signedIn();
    const cookie = `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`;
    const response = await frame(addressFor(of(browser)), world.browser(), { cookie });
    expect(response.headers.getSetCookie()).toEqual([expect.stringMatching(/^__Host-Http-session=; .*Max-Age=0/)]);
  });

  it('leaves a cookie of another session alone', async () => {
    const [meant, other] = [await world.signedIn(), await world.signedIn()];
    const cookie = `__Host-Http-session=${other.cookies.get('__Host-Http-session')?.value}`;
    const response = await frame(addressFor(of(meant)), world.browser(), { cookie });
    expect(response.headers.getSetCookie()).toEqual([]);
    expect([await isSignedIn(meant), await isSignedIn(other)]).toEqual([false, true]);
  });

  it('answers 200 for a sid that is unknown, and for one that has ended', async () => {
    const browser = await world.signedIn();
    const once = await frame(addressFor(of(browser)));
    const again = await frame(addressFor(of(browser)));
    const unknown = await frame(addressFor({ ...of(browser), sid: 'never-seen' }));
    expect([once.status, again.status, unknown.status]).toEqual([200, 200, 200]);
    expect(endedSessions(world)).toBe(1);
  });

  it('ends a session whose tokens are over', async () => {
    const browser = await world.signedIn();
    world.pass(901);
    expect((await frame(addressFor(of(browser)))).status).toBe(200);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  });

  it('names an issuer with a path, and one of a tenant that may sign in', async () => {
    const issuer = 'https://login.test/{tenantid}/v2.0';
    await begin({ env: { SSO_ISSUER: issuer, SSO_TENANTS: 't-1' } });
    const status = async (iss: string) => (await frame(addressFor({ iss, sid: 'x' }))).status;
    expect(await status('https://login.test/t-1/v2.0')).toBe(200);
    expect(await status('https://login.test/t-2/v2.0')).toBe(400);
  });
});

describe('what a frame of the provider does not send is a 400 that changes nothing', () => {
  type Row = [title: string, query: (iss: string, sid: string) => string];
  const rows: Row[] = [
    ['nothing', () => ''],
    ['no iss', (_, sid) => `sid=${sid}`],
    ['no sid', (iss) => `iss=${iss}`],
    ['an empty iss', (_, sid) => `iss=&sid=${sid}`],
    ['an empty sid', (iss) => `iss=${iss}&sid=`],
    ['iss twice', (iss, sid) => `iss=${iss}&iss=${iss}&sid=${sid}`],
    ['sid twice', (iss, sid) => `iss=${iss}&sid=${sid}&sid=${sid}`],
    ['iss of another provider', (_, sid) => `iss=https://evil.test&sid=${sid}`],
    ['iss below the issuer', (iss, sid) => `iss=${iss}/evil&sid=${sid}`],
    ['iss that is no URL', (_, sid) => `iss=op&sid=${sid}`],
    ['a sid with control characters', (iss) => `iss=${iss}&sid=a%0ab`],
    ['a sid of 10 KB', (iss) => `iss=${iss}&sid=${'s'.repeat(10_240)}`],
  ];

  it.each(rows)('%s', async (_, query) => {
    const browser = await world.signedIn();
    const cost = await world.cost(async () => {
      const response = await frame(`${PATH}?${query(world.provider.issuer, providerSession(browser))}`);
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ code: 'BAD_REQUEST' });
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    expect(await isSignedIn(browser)).toBe(true);
  });

  it('HEAD is a 200 without effect, and POST a 405', async () => {
    const browser = await world.signedIn();
    const url = world.site + addressFor(of(browser));
    const headers = { host: new URL(world.site).host };
    const cost = await world.cost(async () => {
      const [head, post] = [
        await world.isolate.send(new Request(url, { method: 'HEAD', headers })),
        await world.isolate.send(new Request(url, { method: 'POST', headers })),
      ];
      expect([head.status, post.status, post.headers.get('allow')]).toEqual([200, 405, 'GET, HEAD']);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('without SSO_FRONTCHANNEL=on', () => {
  it.each(['', 'off'])('(%j) there is no such route, and no call is made', async (value) => {
    await begin({ env: { SSO_FRONTCHANNEL: value } });
    const browser = await world.signedIn();
    const cost = await world.cost(async () => {
      const response = await frame(addressFor(of(browser)));
      expect([response.status, (await response.json()).code]).toEqual([404, 'NOT_FOUND']);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    expect(await isSignedIn(browser)).toBe(true);
  });
});

describe('a frame of the provider when Redis is down, or asked too often', () => {
  it.each(Object.entries(REDIS_FAULTS))('Redis %s: 503, and the next frame ends the session', async (_, fault) => {
    const browser = await world.signedIn();
    world.redis.fault = fault;
    const response = await world.skippingWaits(frame(addressFor(of(browser))));
    expect([response.status, response.headers.has('retry-after')]).toEqual([503, true]);
    world.redis.fault = null;
    expect((await frame(addressFor(of(browser)))).status).toBe(200);
    expect(await isSignedIn(browser)).toBe(false);
  });

  it('with random sids leaves nothing in Redis but the count of its address', async () => {
    const settings = readSettings(world.env);
    const keys = createIndexKeys({ settings: settings.provider, sealer: createSealer({ settings, now: Date.now }) });
    const sender = world.browser();
    for (const sid of ['random-1', 'random-2', 'random-3']) {
      expect((await frame(addressFor({ iss: world.provider.issuer, sid }), sender)).status).toBe(200);
      const name = await keys.providerSession(world.provider.issuer, sid);
      for (const kind of [KEYS.providerSession, KEYS.mark])
        expect(await world.redis.command('EXISTS', kind + name)).toBe(0);
    }
    expect(world.events('sessions_ended')).toHaveLength(1); // the others are counted
  });

  it('121 times within a minute from one address: 429, and nothing changes', async () => {
    toEarlyInMinute(world);
    const browser = await world.signedIn();
    const sender = world.browser();
    const address = addressFor({ iss: world.provider.issuer, sid: 'never-seen' });
    const refused = await counted(world, async () => {
      for (let sent = 0; sent < 120; sent += 1) expect((await frame(address, sender)).status).toBe(200);
      return frame(address, sender);
    });
    expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
    expect((await frame(addressFor(of(browser)), sender)).status).toBe(429);
    expect(await isSignedIn(browser)).toBe(true);
  });
});
