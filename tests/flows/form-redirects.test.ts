import { beforeEach, describe, expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

/** The answer to a form, in a site that says `SSO_FORM_REDIRECTS=page`. */
async function answerTo(path: string, cookie = ''): Promise<Response> {
  const env = { ...world.env, SSO_FORM_REDIRECTS: 'page' };
  const gate = createGate({ load: () => createDeps(env), log: () => {} });
  const headers = {
    origin: world.site,
    host: new URL(world.site).host,
    referer: `${world.site}/account?tab=1`,
    'sec-fetch-mode': 'navigate',
    'sec-fetch-dest': 'document',
    'sec-fetch-site': 'same-origin',
    cookie,
  };
  const answer = await gate(new Request(world.site + path, { method: 'POST', headers }), {
    pathname: path,
    waitUntil() {},
  });
  if (!(answer instanceof Response)) throw new Error('let through');
  return answer;
}
const targetOf = (response: Response) => response.headers.get('refresh')?.replace('0; url=', '') ?? '';

describe('a site whose form-action forbids the provider', () => {
  it('signs out by a page that goes on by itself, without a token in it', async () => {
    const browser = await world.signedIn();
    const response = await answerTo(
      '/auth/logout',
      `__Host-Http-session=${browser.cookies.get('__Host-Http-session')?.value}`,
    );
    expect([response.status, response.headers.get('location')]).toEqual([200, null]);
    expect(response.headers.getSetCookie().join()).toContain('__Host-Http-session=;');
    const target = targetOf(response);
    expect(target).toMatch(new RegExp(`^${world.site}/auth/logout\\?continue=[\\w-]{43}$`));
    const html = await response.text();
    expect(html).toContain(`href="${target}"`);
    expect(html).not.toContain('eyJ');
    const { hops } = await browser.navigate(target, { redirect: 'manual' });
    const { pathname, searchParams } = new URL(hops[0]?.headers.get('location') ?? '');
    expect([pathname, searchParams.has('id_token_hint')]).toEqual(['/connect/logout', true]);
  });

  it('asks for a sign-in after a form whose session has ended in the same way', async () => {
    const response = await answerTo('/account');
    expect([response.status, response.headers.get('location')]).toEqual([200, null]);
    expect(targetOf(response)).toBe(`${world.site}/auth/login?returnTo=%2Faccount%3Ftab%3D1`);
  });
});
