import { beforeEach, describe, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { createWorld, type World } from '../world/world';

const FORM = 'application/x-www-form-urlencoded';
const CALLBACK = '/auth/callback';

let world: World;
beforeEach(async () => {
  world = await createWorld({ env: { SSO_RESPONSE_MODE: 'form_post' } });
});

const tokenCalls = () => world.provider.calls('token').length;
const flowsOf = (browser: Browser) => browser.cookies.all().filter(({ name }) => name.includes('oidc_flow.'));

/** A browser on the page of the provider whose form submits itself, and what is in that form. */
async function atTheForm(path = '/dashboard', who = world) {
  const browser = who.browser();
  const { response } = await browser.navigate(path, { redirect: 'manual' });
  const url = new URL(response.headers.get('location') ?? '');
  if (who.env.SSO_RESPONSE_MODE !== 'form_post') url.searchParams.set('response_mode', 'form_post'); // unasked
  const html = await (await browser.navigate(url.href)).response.text();
  const fields = [...html.matchAll(/name="(.*?)" value="(.*?)"/g)].map(([, name = '', value = '']) => [name, value]);
  return { browser, action: / action="(.*?)"/.exec(html)?.[1] ?? '', form: Object.fromEntries(fields) };
}

/** A request of a client that follows nothing. */
const post = (body: BodyInit | null, headers: Record<string, string> = { 'content-type': FORM }, path = CALLBACK) => {
  const sent = { host: new URL(world.site).host, accept: 'text/html', 'x-forwarded-for': '203.0.113.1', ...headers };
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', headers: sent, body, duplex: 'half' };
  return world.isolate.send(new Request(world.site + path, init));
};

describe('an answer of the provider by form_post', () => {
  it('turns into the callback’s GET, which has the cookies that the POST lacks, and signs in', async () => {
    const { browser, action, form } = await atTheForm('/dashboard?a=1');
    const { hops, response } = await browser.post(action, { form, origin: world.provider.issuer });
    expect(response.status).toBe(200);
    expect(hops.map(({ url, status }) => [new URL(url).pathname, status])).toEqual([
      [CALLBACK, 303],
      [CALLBACK, 303],
      ['/dashboard', 200],
    ]);
    expect(hops.at(-1)?.url).toBe(`${world.site}/dashboard?a=1`);
    expect((await browser.fetch('/api/me')).status).toBe(200);
  });

  it('spends and writes nothing by itself, and costs no call', async () => {
    const { browser, action, form } = await atTheForm();
    const cost = await world.cost(async () => {
      const { response, hops } = await browser.post(action, {
        form,
        origin: world.provider.issuer,
        redirect: 'manual',
      });
      expect(response.status).toBe(303);
      expect(hops[0]?.setCookie).toEqual([]);
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
    expect(flowsOf(browser)).toHaveLength(1);
    expect((await browser.post(action, { form, origin: world.provider.issuer })).response.status).toBe(200);
  });

  it('works below a base path', async () => {
    const below = await createWorld({ basePath: '/base', env: { SSO_RESPONSE_MODE: 'form_post' } });
    const { browser, action, form } = await atTheForm('/base/dashboard', below);
    const { response, hops } = await browser.post(action, { form, origin: below.provider.issuer });
    expect(response.status).toBe(200);
    expect(hops.map(({ url }) => new URL(url).pathname)).toEqual([
      '/base/auth/callback',
      '/base/auth/callback',
      '/base/dashboard',
    ]);
  });

  it('that is posted again goes on to the page with a session, and is refused without one', async () => {
    const { browser, action, form } = await atTheForm();
    const options = { form, origin: world.provider.issuer };
    const early = browser.clone();
    await browser.post(action, options);
    const again = await browser.post(action, options);
    expect([again.response.status, tokenCalls()]).toEqual([200, 1]);
    const replayed = await early.post(action, options);
    expect(replayed.response.status).toBe(400);
    expect(await replayed.response.text()).toContain('LOGIN_USED');
    expect(tokenCalls()).toBe(1);
  });

  it('from a browser that has no flow is the page that says why', async () => {
    const { action, form } = await atTheForm();
    const { response } = await world.browser().post(action, { form, origin: 'https://evil.test' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('LOGIN_REJECTED');
    expect(tokenCalls()).toBe(0);
  });

  it('with an error shows the page of that error', async () => {
    const { browser, action, form } = await atTheForm();
    const refused = { error: 'access_denied', error_ref: 'SSOERR-ABC1234', state: form.state };
    const { response } = await browser.post(action, { form: refused, origin: world.provider.issuer });
    const html = await response.text();
    expect([response.status, html.includes('SIGN_IN_DENIED'), html.includes('SSOERR-ABC1234')]).toEqual([
      400,
      true,
      true,
    ]);
  });

  it('with Keycloak’s word for a sign-in page that was left open too long offers another sign-in', async () => {
    const { browser, action, form } = await atTheForm();
    const expired = {
      error: 'temporarily_unavailable',
      error_description: 'authentication_expired',
      state: form.state,
    };
    const { response } = await browser.post(action, { form: expired, origin: world.provider.issuer });
    expect([response.status, (await response.text()).includes('SIGN_IN_INCOMPLETE')]).toEqual([400, true]);
  });

  it('comes from a script of another site without CORS, and the GET behind it refuses scripts', async () => {
    const { browser, action, form } = await atTheForm();
    const body = new URLSearchParams(form);
    const response = await browser.fetch(action, { method: 'POST', body, origin: 'https://evil.test' });
    expect(response.status).toBe(303);
    for (const name of response.headers.keys()) expect(name).not.toMatch(/^access-control-/);
    const location = world.resolve(response.headers.get('location'));
    expect((await browser.fetch(location, { origin: 'https://evil.test' })).status).toBe(401);
    expect(tokenCalls()).toBe(0);
    expect(flowsOf(browser)).toHaveLength(1);
  });
});

describe('the query that a form turns into', () => {
  const queryOf = async (body: string) => {
    const response = await post(body);
    expect(response.status).toBe(303);
    return new URL(world.resolve(response.headers.get('location')));
  };

  it('has what the GET reads, and nothing else', async () => {
    const user = encodeURIComponent('{"name":{"firstName":"Ayu"},"email":"ayu@example.test"}');
    const location = await queryOf(
      `code=c&state=s&iss=i&error=e&error_ref=r&request_id=q&error_description=long+text&user=${user}&id_token=t&session_state=x`,
    );
    expect(location.href).toBe(`${world.site}${CALLBACK}?code=c&state=s&iss=i&error=e&error_ref=r&request_id=q`);
  });

  it.each([
    ['a line break', 'code=a%0d%0aLocation:+https://evil.test&state=s', ['a\r\nLocation: https://evil.test', 's']],
    ['a separator', 'code=a%26state%3dother&state=s%23x', ['a&state=other', 's#x']],
    ['a sequence that is not UTF-8', 'code=%ff&state=s', ['\ufffd', 's']],
  ])('keeps %s inside the value', async (_, body, [code, state]) => {
    const location = await queryOf(body);
    expect(location.pathname).toBe(CALLBACK);
    expect([...location.searchParams]).toEqual([
      ['code', code],
      ['state', state],
    ]);
  });

  it('is none of the address that the form was posted to', async () => {
    const response = await post('state=s', { 'content-type': FORM }, `${CALLBACK}?code=planted&state=planted`);
    expect(world.resolve(response.headers.get('location'))).toBe(`${world.site}${CALLBACK}?state=s`);
  });

  it('is empty for an empty form, which finishes nothing', async () => {
    expect((await queryOf('')).search).toBe('');
  });
});

describe('a POST that is no form of a provider', () => {
  const LIMIT = 64 * 1024;
  const bytes = (length: number) => new TextEncoder().encode(`code=${'a'.repeat(length - 5)}`);
  const inParts = (whole: Uint8Array) =>
    new ReadableStream({
      start(controller) {
        for (let at = 0; at < whole.length; at += 10_000) controller.enqueue(whole.slice(at, at + 10_000));
        controller.close();
      },
    });

  it.each<[string, number, () => Promise<Response>]>([
    [
      'a body of 65 KB that announces its length',
      413,
      () => post(bytes(65 * 1024), { 'content-type': FORM, 'content-length': String(65 * 1024) }),
    ],
    ['a body of 65 KB that announces none', 413, () => post(inParts(bytes(65 * 1024)))],
    ['one byte over 64 KB', 413, () => post(bytes(LIMIT + 1))],
    [
      'a length over 64 KB that is not true',
      413,
      () => post('state=s', { 'content-type': FORM, 'content-length': '65537' }),
    ],
    ['JSON', 400, () => post('{"code":"c"}', { 'content-type': 'application/json' })],
    [
      'multipart',
      400,
      () => {
        const form = new FormData();
        form.set('code', 'c');
        return post(form, {});
      },
    ],
    ['plain text', 400, () => post('code=c', { 'content-type': 'text/plain' })],
    ['a type that only begins like a form’s', 400, () => post('code=c', { 'content-type': `${FORM}x` })],
    ['no type', 400, () => post(new Uint8Array([99]), {})],
    ['a doubled parameter', 400, () => post('code=c&state=s&code=d')],
    ['a doubled parameter that is not read', 400, () => post('code=c&state=s&user=a&user=b')],
    ['bytes that are not UTF-8', 400, () => post(new Uint8Array([99, 61, 0xff, 0xfe]))],
    ['UTF-8 that breaks off', 400, () => post(new Uint8Array([99, 61, 0xe2, 0x82]))],
  ])('%s: %d, and no call is made', async (_, status, ask) => {
    const cost = await world.cost(async () => {
      const response = await ask();
      expect(response.status).toBe(status);
      expect(response.headers.get('location')).toBeNull();
      expect(response.headers.getSetCookie()).toEqual([]);
      expect(await response.text()).toContain(status === 413 ? 'BODY_TOO_LARGE' : 'BAD_REQUEST');
    });
    expect(cost).toEqual({ redis: 0, provider: 0 });
  });

  it.each<[string, () => Promise<Response>]>([
    ['64 KB', () => post(bytes(LIMIT))],
    ['64 KB in parts', () => post(inParts(bytes(LIMIT)))],
    ['a form that names its character set', () => post('state=s', { 'content-type': `${FORM}; charset=UTF-8` })],
    ['a form whose type is in capitals', () => post('state=s', { 'content-type': FORM.toUpperCase() })],
    [
      'a text in UTF-8 that is cut between two parts',
      () => post(inParts(new TextEncoder().encode(`a=${'é'.repeat(9_999)}`))),
    ],
  ])('is not: %s', async (_, ask) => {
    expect((await ask()).status).toBe(303);
  });

  it('in a body that breaks off is a 400', async () => {
    let parts = 0;
    const broken = new ReadableStream({
      pull(controller) {
        parts += 1;
        if (parts === 1) controller.enqueue(new TextEncoder().encode('state='));
        else controller.error(new Error('cut'));
      },
    });
    expect((await post(broken)).status).toBe(400);
  });

  it('in a body that never ends is a 400 after ten seconds', async () => {
    const endless = new ReadableStream({
      start: (controller) => controller.enqueue(new TextEncoder().encode('state=')),
    });
    const response = await world.skippingWaits(post(endless));
    expect(response.status).toBe(400);
  });
});

describe('the methods of the callback', () => {
  const ask = (method: string) =>
    world.isolate.send(new Request(world.site + CALLBACK, { method, headers: { host: new URL(world.site).host } }));

  it('include POST by form_post', async () => {
    const response = await ask('PUT');
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, POST, HEAD']);
    expect((await ask('HEAD')).status).toBe(200);
  });

  it.each([{}, { SSO_RESPONSE_MODE: 'query' }])(
    'do not with %j, where a form of the provider changes nothing',
    async (env) => {
      const other = await createWorld({ env });
      const { browser, action, form } = await atTheForm('/dashboard', other);
      const { response } = await browser.post(action, { form, origin: other.provider.issuer });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(flowsOf(browser)).toHaveLength(1);
      expect(other.provider.calls('token')).toEqual([]);
    },
  );
});
