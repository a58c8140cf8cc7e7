import { describe, expect, it } from 'vitest';
import type { Browser, Visit } from '../world/browser';
import { type Profile, type Refusal, worldOf } from '../world/profile';
import { PROFILES } from '../world/profiles';
import { createWorld, type World } from '../world/world';

/** Of all providers, so that no document of the provider is over with a token. */
const TOKEN_SECONDS = 300;
const VIEWER = ['viewer'];
const ADMIN = ['viewer', 'admin'];

async function worldFor(profile: Profile, roles: readonly string[] = VIEWER): Promise<World> {
  const { provider, env } = worldOf(profile);
  const world = await createWorld({ env, provider: { ...provider, tokenSeconds: TOKEN_SECONDS } });
  profile.habits?.(world.provider);
  world.provider.person = { ...world.provider.person, roles };
  return world;
}

/** Goes to a page, through the provider where it must: also by a form that the provider's page posts by itself. */
async function open(browser: Browser, path: string, world: World): Promise<Visit> {
  const visit = await browser.navigate(path);
  const html = await visit.response.clone().text();
  const [, action] = /<form method="post" action="([^"]+)"/.exec(html) ?? [];
  const at = visit.hops.at(-1)?.url ?? '';
  if (action === undefined || at.startsWith(world.site)) return visit;
  const fields = [...html.matchAll(/name="([^"]+)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [
    name,
    value,
  ]);
  return browser.post(action.replaceAll('&amp;', '&'), {
    form: Object.fromEntries(fields) as Record<string, string>,
    origin: new URL(world.provider.issuer).origin,
  });
}

async function signedIn(world: World): Promise<Browser> {
  const browser = world.browser();
  const { response } = await open(browser, '/dashboard', world);
  expect(await response.text()).toBe("the site's page /dashboard");
  return browser;
}

const user = async (browser: Browser) =>
  ((await (await browser.fetch('/auth/session')).json()) as { user: Record<string, unknown> | null }).user;
const signIns = (world: World) => world.events('signed_in').length;

describe.each(PROFILES)('$name', (profile) => {
  const { life, refusal } = profile;
  const renews = life.renewal === 'refresh token';
  // Without an `auth_time` the provider does not answer what was asked (OIDC Core §3.1.2.1, `max_age`).
  const statesTime = life.stepUp.includes('max_age') || profile.options?.authTime === 'zero';
  const unmet = statesTime ? 'STEP_UP_NOT_MET' : 'ID_TOKEN_INVALID';

  it('signs a person in, with the claims that it has', async () => {
    const world = await worldFor(profile);
    const claims = await user(await signedIn(world));
    expect(Object.keys(claims ?? {}).sort()).toEqual(['sub', ...life.claims].sort());
  });

  it(life.roles === null ? 'opens no page by role' : 'opens a page by role', async () => {
    const world = await worldFor(profile);
    const browser = await signedIn(world);
    expect((await browser.navigate('/admin')).response.status).toBe(403);
    world.provider.person = { ...world.provider.person, roles: ADMIN };
    const admin = await signedIn(world);
    expect((await admin.navigate('/admin')).response.status).toBe(life.roles === null ? 403 : 200);
  });

  it(`keeps the session and its roles when the access token is over: ${life.renewal}`, async () => {
    const world = await worldFor(profile, ADMIN);
    const browser = await signedIn(world);
    const before = await user(browser);
    for (let lives = 1; lives <= 2; lives += 1) {
      world.pass(TOKEN_SECONDS + 60);
      expect((await browser.navigate('/dashboard')).hops).toHaveLength(1);
      expect(await user(browser)).toEqual(before);
      expect((await browser.navigate('/admin')).response.status).toBe(life.roles === null ? 403 : 200);
      expect(world.provider.refreshPresentations()).toHaveLength(renews ? lives : 0);
    }
    expect(signIns(world)).toBe(1);
    expect(world.provider.reuseEvents).toEqual([]);
  });

  it(`${renews ? 'asks for a sign-in' : 'is not even asked'} when it refuses a renewal`, async () => {
    const world = await worldFor(profile);
    const browser = await signedIn(world);
    refuseRefreshes(world, refusal);
    world.pass(TOKEN_SECONDS + 60);
    const { response } = await open(browser, '/dashboard', world);
    expect(await response.text()).toBe("the site's page /dashboard");
    expect(signIns(world)).toBe(renews ? 2 : 1);
    expect(world.events('renewal').map(({ outcome }) => outcome)).toEqual(renews ? ['ended'] : []);
  });

  it.each([
    ['max_age', '/recent', unmet],
    ['acr', '/vault', unmet],
  ] as const)(`steps up by ${life.stepUp.join(' and ') || 'nothing'}: %s`, async (kind, path, code) => {
    const world = await worldFor(profile);
    const browser = await signedIn(world);
    const { response } = await open(browser, path, world);
    const shown = await response.text();
    if (life.stepUp.includes(kind)) expect(shown).toBe(`the site's page ${path}`);
    else expect(shown).toContain(`>${code}<`);
  });

  it(`signs out: ${life.signOut.join(', ') || 'here'}`, async () => {
    const world = await worldFor(profile);
    const browser = await signedIn(world);
    const { hops } = await browser.post('/auth/logout');
    await world.isolate.settled();
    const last = new URL(hops.at(-1)?.url ?? '');
    expect(last.origin + last.pathname).toBe(`${world.site}/signed-out`);
    expect(world.provider.calls('end_session')).toHaveLength(life.signOut.includes('ends the session') ? 1 : 0);
    const revoked = world.provider.calls('revocation').map(({ token, status }) => [token?.kind, status]);
    expect(revoked).toEqual(life.signOut.includes('revokes') ? [['refresh_token', 200]] : []);
    expect(await user(browser)).toBeNull();
    expect(world.events('revocation_failed')).toEqual([]);
    await open(browser, '/dashboard', world);
    expect(signIns(world)).toBe(2);
  });
});

function refuseRefreshes({ provider }: World, { status, body }: Refusal): void {
  const honest = provider.lies.instead.token;
  provider.lies.instead.token = (form, url) => {
    if (form.get('grant_type') !== 'refresh_token') return honest?.(form, url) ?? null;
    const text = body === undefined ? null : JSON.stringify(body);
    return new Response(text, { status, headers: { 'content-type': 'application/json' } });
  };
}
