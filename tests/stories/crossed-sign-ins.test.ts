import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld({ provider: { grant: 'session' } });
});

type Browser = ReturnType<World['browser']>;
const NAME = '__Host-Http-session';
const EXPIRED = 901;

async function backFromProvider(browser: Browser, path: string): Promise<string> {
  const { hops } = await browser.navigate(path, { redirect: 'manual' });
  const there = await browser.navigate(hops[0]?.headers.get('location') ?? '', { redirect: 'manual' });
  return there.hops[0]?.headers.get('location') ?? '';
}
const revocations = () => world.provider.calls('revocation').length;

/** The tokens of the session that the browser has now can be renewed. */
async function expectRenewal(browser: Browser): Promise<void> {
  await world.isolate.settled();
  world.pass(EXPIRED);
  expect((await browser.navigate('/dashboard', { redirect: 'manual' })).response.status).toBe(200);
  expect(world.events('renewal').at(-1)).toMatchObject({ outcome: 'refreshed' });
}

describe('where the provider keeps one grant for all sign-ins of a browser', () => {
  it('a second sign-in does not kill its own tokens by giving up those of the first', async () => {
    const browser = await world.signedIn();
    await browser.navigate('/auth/login?returnTo=/dashboard');
    expect(revocations()).toBe(0);
    await expectRenewal(browser);
  });

  it('a step-up does not either', async () => {
    const browser = await world.signedIn();
    expect((await browser.navigate('/vault')).response.status).toBe(200);
    await expectRenewal(browser);
  });

  it('nor do two tabs that sign in at once', async () => {
    const browser = await world.signedIn();
    const backs = [await backFromProvider(browser, '/auth/login'), await backFromProvider(browser, '/auth/login')];
    const answers = await Promise.all(backs.map((back) => browser.navigate(back, { redirect: 'manual' })));
    expect(answers.map(({ response }) => response.status)).toEqual([303, 303]);
    await expectRenewal(browser);
  });

  it('nor does a step-up that the provider answers with too little: the session that was there goes on', async () => {
    const browser = await world.signedIn();
    world.provider.lies.idToken = (claims) => ({ ...claims, acr: 'urn:sso:loa:password' });
    expect((await browser.navigate('/vault')).response.status).toBe(400);
    world.provider.beHonest();
    await expectRenewal(browser);
  });

  it('nor does a renewal under way when the second sign-in replaces its session', async () => {
    const browser = await world.signedIn();
    world.pass(730); // due
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    world.provider.lies.instead.token = async (form) => {
      if (form.get('grant_type') === 'refresh_token') await answered;
      return null;
    };
    await browser.navigate('/dashboard');
    while (world.provider.refreshPresentations().length === 0) await pause();
    await browser.navigate('/auth/login?returnTo=/dashboard');
    answer();
    await world.isolate.settled();
    expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(['superseded']);
    expect(revocations()).toBe(0);
    await expectRenewal(browser);
  });

  it('answers 401 to the request that waits for a renewal when the second sign-in replaces its session', async () => {
    const browser = await world.signedIn();
    world.pass(901); // expired
    const other = world.browser();
    other.cookies.set(NAME, browser.cookies.get(NAME)?.value ?? '');
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    world.provider.lies.instead.token = async (form) => {
      if (form.get('grant_type') === 'refresh_token') await answered;
      return null;
    };
    const waiting = other.fetch('/api/me');
    while (world.provider.refreshPresentations().length === 0) await pause();
    await browser.navigate('/auth/login?returnTo=/dashboard');
    answer();
    expect((await waiting).status).toBe(401);
    await world.isolate.settled();
    expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(['superseded']);
  });

  it('without a sid of the provider: the same person may hang on the same grant', async () => {
    world = await createWorld({ provider: { grant: 'session', sid: 'absent' } });
    const browser = await world.signedIn();
    await browser.navigate('/auth/login?returnTo=/dashboard');
    await expectRenewal(browser);
  });
});

describe('a token set that is given up or refused', () => {
  it('is revoked when it is of another person', async () => {
    const browser = await world.signedIn();
    browser.cookies.delete('op_session');
    world.provider.person = { sub: 'person-2', name: 'Ben Example' };
    await browser.navigate('/auth/login?returnTo=/dashboard');
    await world.isolate.settled();
    expect(world.events('tokens_revoked').map(({ why }) => why)).toEqual(['replaced']);
  });

  it('is revoked when it is of another session of the same person at the provider', async () => {
    const browser = await world.signedIn();
    world.provider.lies.idToken = (claims) => ({ ...claims, sid: 'another' });
    await browser.navigate('/auth/login?returnTo=/dashboard');
    await world.isolate.settled();
    expect(world.events('tokens_revoked').map(({ why }) => why)).toEqual(['replaced']);
  });

  it.each<[title: string, lie: Record<string, unknown>]>([
    ['another person', { sub: 'person-2', iat: 1 }],
    ['another session at the provider', { sid: 'another', iat: 1 }],
  ])('is revoked when it is refused and of %s', async (_, lie) => {
    const browser = await world.signedIn();
    world.provider.lies.idToken = (claims) => ({ ...claims, ...lie });
    await browser.navigate('/auth/login?returnTo=/dashboard');
    await world.isolate.settled();
    expect(world.events('tokens_revoked').map(({ why }) => why)).toEqual(['refused']);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('is revoked when it is refused and the session of the browser has ended elsewhere', async () => {
    const browser = await world.signedIn();
    const copy = browser.clone();
    await copy.post('/auth/logout', { redirect: 'manual' });
    await world.isolate.settled();
    world.provider.lies.idToken = (claims) => ({ ...claims, iat: 1 });
    await browser.navigate('/auth/login?returnTo=/dashboard');
    await world.isolate.settled();
    expect(world.events('tokens_revoked').map(({ why }) => why)).toEqual(['signed_out', 'refused']);
  });

  it('is revoked when it is refused and cannot be read', async () => {
    const browser = await world.signedIn();
    world.provider.lies.rawIdToken = () => 'nonsense';
    await browser.navigate('/auth/login?returnTo=/dashboard');
    await world.isolate.settled();
    expect(world.events('tokens_revoked').map(({ why }) => why)).toEqual(['refused']);
  });
});

describe('a sign-out while a callback is under way', () => {
  const signOut = (browser: Browser) => browser.post('/auth/logout', { redirect: 'manual' });

  it.each([
    ['in a browser without a session', false],
    ['in a browser with a session', true],
  ])('is stronger: %s', async (_, withSession) => {
    const browser = withSession ? await world.signedIn() : world.browser();
    const back = await backFromProvider(browser, '/auth/login?returnTo=/dashboard');
    const tab = browser.clone();
    world.provider.lies.delay.token = 600;
    const late = browser.clone().navigate(back, { redirect: 'manual' });
    while (world.provider.calls('token').length <= (withSession ? 1 : 0)) await pause();
    await signOut(tab);
    const { response, hops } = await late;
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('SIGNED_OUT_MEANWHILE')]);
    expect(hops[0]?.setCookie.join()).not.toMatch(new RegExp(`${NAME}=[^;]`));
    await world.isolate.settled();
    const [granted] = world.provider.calls('token').slice(-1);
    expect(granted?.outcome).toBe('ok');
    expect(world.events('tokens_revoked').map(({ why }) => why)).toContain('signed_out');
  });

  it('ends the session also when it was stored and the answer has not arrived yet', async () => {
    const browser = world.browser();
    const back = await backFromProvider(browser, '/dashboard');
    const tab = browser.clone(); // what the browser holds until the answer arrives
    await browser.navigate(back, { redirect: 'manual' });
    await signOut(tab);
    expect((await browser.fetch('/api/me')).status).toBe(401);
    const elsewhere = world.browser(await world.anotherIsolate());
    elsewhere.cookies.set(NAME, browser.cookies.get(NAME)?.value ?? '');
    expect((await elsewhere.fetch('/api/me')).status).toBe(401);
    await world.isolate.settled();
    expect(revocations()).toBe(1);
  });

  it('also before the flow is claimed', async () => {
    const browser = world.browser();
    const back = await backFromProvider(browser, '/dashboard');
    await signOut(browser.clone());
    const { response } = await browser.navigate(back, { redirect: 'manual' });
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('SIGNED_OUT_MEANWHILE')]);
    expect(world.provider.calls('token')).toEqual([]);
  });

  /** The provider keeps this code for so long that everything else happens before. */
  const slowly = (code: string) => {
    let answer = () => {};
    const answered = new Promise<void>((resolve) => {
      answer = resolve;
    });
    world.provider.lies.instead.token = async (form) => {
      if (form.get('code') === code) await answered;
      return null;
    };
    return () => answer();
  };
  const codeOf = (url: string) => new URL(url).searchParams.get('code') ?? '';
  const arrivedAtProvider = async (calls: number) => {
    while (world.provider.calls('token').length < calls) await pause();
  };
  /** The late answer brings no session, in the browser that meanwhile has what `tab` has. */
  const expectEnded = async (late: Promise<{ response: Response }>, browser: Browser) => {
    const { response } = await late;
    expect([response.status, await response.text()]).toEqual([400, expect.stringContaining('SIGNED_OUT_MEANWHILE')]);
    expect((await browser.fetch('/api/me')).status).toBe(401);
  };

  it('also when the button was pressed twice, and the second trip has signed in before the sign-out', async () => {
    const browser = world.browser();
    const back = await backFromProvider(browser, '/dashboard');
    const answer = slowly(codeOf(back));
    const other = browser.clone();
    const late = browser.navigate(back, { redirect: 'manual' });
    await arrivedAtProvider(1);
    const twice = new URL(back);
    twice.searchParams.set('code', 'the-second-code');
    await other.navigate(twice.href);
    expect((await other.fetch('/api/me')).status).toBe(200);
    await signOut(other);
    answer();
    await expectEnded(late, other);
  });

  it('also when the page was reloaded meanwhile, in a browser with a session', async () => {
    const browser = await world.signedIn();
    const back = await backFromProvider(browser, '/auth/login?returnTo=/dashboard');
    const answer = slowly(codeOf(back));
    const other = browser.clone();
    const late = browser.navigate(back, { redirect: 'manual' });
    await arrivedAtProvider(2);
    await other.navigate(back, { redirect: 'manual' }); // takes the flow's cookie away
    await signOut(other);
    answer();
    await expectEnded(late, other);
  });

  it('also when so many pages were opened meanwhile that the flow has lost its cookie', async () => {
    const browser = world.browser();
    const back = await backFromProvider(browser, '/dashboard');
    const answer = slowly(codeOf(back));
    const other = browser.clone();
    const late = browser.navigate(back, { redirect: 'manual' });
    await arrivedAtProvider(1);
    for (let tab = 0; tab < 6; tab += 1) await other.navigate(`/page-${tab}`, { redirect: 'manual' });
    await signOut(other);
    answer();
    await expectEnded(late, other);
  });

  it('does not stand in the way of the next sign-in', async () => {
    const browser = await world.signedIn();
    await signOut(browser);
    await browser.navigate('/dashboard');
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });
});

describe('the button of the provider pressed twice: two codes of one flow', () => {
  async function twoCodes() {
    const browser = world.browser();
    const first = new URL(await backFromProvider(browser, '/account'));
    const second = new URL(first);
    second.searchParams.set('code', 'the-second-code');
    return { browser, first: first.href, second: second.href };
  }

  it('goes on to the page when the first answer has arrived', async () => {
    const { browser, first, second } = await twoCodes();
    const flow = browser.cookies.all().find(({ name }) => name.includes('oidc_flow.'));
    await browser.navigate(first, { redirect: 'manual' });
    browser.cookies.set(flow?.name ?? '', flow?.value ?? '');
    const { hops } = await browser.navigate(second, { redirect: 'manual' });
    expect([hops[0]?.status, world.resolve(hops[0]?.headers.get('location'))]).toEqual([303, `${world.site}/account`]);
  });

  it('makes another trip when the browser gave the first answer up, and ends at the page', async () => {
    const { browser, first, second } = await twoCodes();
    await browser.clone().navigate(first, { redirect: 'manual' });
    const { response, hops } = await browser.navigate(second);
    expect([response.status, hops.at(-1)?.url]).toEqual([200, `${world.site}/account`]);
    expect(world.provider.calls('token')).toHaveLength(2);
  });

  it('the first code once more is a replay', async () => {
    const { browser, first } = await twoCodes();
    const copy = browser.clone();
    await browser.navigate(first, { redirect: 'manual' });
    expect(await (await copy.navigate(first, { redirect: 'manual' })).response.text()).toContain('LOGIN_USED');
  });
});

const pause = () => new Promise((resolve) => setTimeout(resolve, 10));
