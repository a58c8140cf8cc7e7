import { beforeEach, describe, expect, it } from 'vitest';
import { createWorld, type World } from '../world/world';

/** `/api/backend/*` of the world goes to its API with the access token of the session. */
let world: World;
beforeEach(async () => {
  world = await createWorld();
});

const call = () => {
  const [only, ...more] = world.api.calls;
  if (!only || more.length > 0) throw new Error(`${world.api.calls.length} calls`);
  return only;
};
const problemOf = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];
const failures = () => world.events('upstream_failed').map(({ upstream, why }) => `${upstream} ${why}`);

describe('a request to an upstream', () => {
  it('goes on with the access token and without a cookie, and its answer comes back', async () => {
    const browser = await world.signedIn();
    world.api.answer = () => Response.json({ items: [1] }, { headers: { 'x-total-count': '1', server: 'x' } });
    const answer = await browser.fetch('/api/backend/items/a%20b?q=1&q=2');
    expect([answer.status, await answer.json()]).toEqual([200, { items: [1] }]);
    expect(answer.headers.get('x-total-count')).toBe('1');
    expect(answer.headers.get('server')).toBeNull();
    expect(call().url).toBe(`${world.api.base}/items/a%20b?q=1&q=2`);
    expect(call().headers.get('authorization')).toMatch(/^Bearer .+/);
    expect(call().headers.get('cookie')).toBeNull();
    expect(answer.headers.get('cache-control')).toBe('private, no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('carries a body both ways', async () => {
    const browser = await world.signedIn();
    world.api.answer = async ({ text }) => new Response(`got ${await text}`, { status: 201 });
    const headers = { 'content-type': 'text/plain', 'content-length': '5' };
    const answer = await browser.fetch('/api/backend/items', { method: 'POST', headers, body: 'hello' });
    expect([answer.status, await answer.text()]).toEqual([201, 'got hello']);
  });

  it('without a session is 401, and nothing reaches the upstream', async () => {
    const answer = await world.browser().fetch('/api/backend/items');
    expect(await problemOf(answer)).toEqual([401, 'UNAUTHENTICATED']);
    expect(world.api.calls).toEqual([]);
  });

  it('of an upstream that cannot be reached is 502, and the log has one event without its address', async () => {
    const browser = await world.signedIn();
    world.api.answer = () => Promise.reject(new TypeError('fetch failed'));
    expect(await problemOf(await browser.fetch('/api/backend/items'))).toEqual([502, 'UPSTREAM_UNREACHABLE']);
    expect(failures()).toEqual(['/api/backend/* unreachable']);
    expect(world.logs.join('\n')).not.toContain('api-');
  });

  it('of an upstream with one path is for that path, and 405 for other methods', async () => {
    const browser = await world.signedIn();
    expect((await browser.fetch('/api/status')).status).toBe(200);
    expect(call().url).toBe(world.api.base);
    const answer = await browser.fetch('/api/status', { method: 'POST' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    expect(await (await browser.fetch('/api/status/x')).text()).toBe("the site's page /api/status/x");
  });

  // RFC 3986 §3.3: servers read /admin;x as /admin, and some /admin. too.
  it.each([
    'admin',
    'admin/users',
    'admin;x=1/users',
    'ADMIN;x',
    'admin;/users',
    'admin%3Bx/users',
    'admin./users',
    'admin%20',
  ])('that a rule refuses reaches no upstream: %s', async (path) => {
    const browser = await world.signedIn();
    expect(await problemOf(await browser.fetch(`/api/backend/${path}`))).toEqual([403, 'FORBIDDEN']);
    expect(world.api.calls).toEqual([]);
  });

  it('goes on with the parameters of its segments where the rules of both readings are met', async () => {
    const browser = await world.signedIn();
    expect((await browser.fetch('/api/backend/items;v=2/7')).status).toBe(200);
    expect(call().url).toBe(`${world.api.base}/items;v=2/7`);
  });
});

describe('a request of another site', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'])(
    'with %s is refused, with a session and on a public path',
    async (method) => {
      const browser = await world.signedIn();
      for (const path of ['/api/backend/x', '/api/public/x']) {
        const answer = await browser.fetch(path, { method, headers: { origin: 'https://evil.test' } });
        expect(await problemOf(answer)).toEqual([403, 'CSRF_REJECTED']);
      }
      expect(world.api.calls).toEqual([]);
    },
  );

  it.each([
    ['no origin at all', {}, 403],
    ['an origin that is hidden, from this site', { origin: 'null', 'sec-fetch-site': 'same-origin' }, 200],
    ['an origin that is hidden, from a sandbox', { origin: 'null', 'sec-fetch-site': 'cross-site' }, 403],
  ])('with %s: a method that changes things gets %s', async (_, headers, status) => {
    const sent = new Request(`${world.site}/api/public/x`, { method: 'POST', headers });
    expect((await world.isolate.send(sent)).status).toBe(status);
  });

  it('that opens the address in a tab is refused, also where no session is needed', async () => {
    const browser = await world.signedIn();
    const foreign = { origin: 'https://evil.test' };
    expect((await browser.navigate('/api/public/x', foreign)).response.status).toBe(403);
    expect((await browser.post('/api/public/x', foreign)).response.status).toBe(403);
    expect((await browser.navigate('/api/public/x')).response.status).toBe(200); // typed into the address bar
    expect(world.api.calls).toHaveLength(1);
  });
});

it.each(['script', 'style', 'worker', 'sharedworker', 'serviceworker', 'audioworklet', 'xslt'])(
  'a %s of an upstream is refused, because a page of this site would run it as its own',
  async (dest) => {
    const browser = await world.signedIn();
    const answer = await browser.fetch('/api/backend/x.js', { headers: { 'sec-fetch-dest': dest } });
    expect(await problemOf(answer)).toEqual([400, 'BAD_REQUEST']);
    expect(world.api.calls).toEqual([]);
    const picture = await browser.fetch('/api/backend/x.png', { headers: { 'sec-fetch-dest': 'image' } });
    expect(picture.status).toBe(200);
  },
);

it('a document that had to sign in is shown the way on, because it comes from the provider as a foreign link does', async () => {
  const browser = world.browser();
  const link = { origin: world.site };
  const { response, hops } = await browser.navigate('/api/backend/report?year=1', link);
  expect(hops.map(({ status }) => status)).toEqual([303, 303, 303, 403]);
  expect(await response.text()).toContain('href="/api/backend/report?year=1"');
  expect(world.api.calls).toEqual([]);
  expect((await browser.navigate('/api/backend/report?year=1', link)).response.status).toBe(200);
});

describe('an upstream that is slow', () => {
  const never = () => new Promise<Response>(() => {});

  it('is 504 after the time of its entry, or 20 seconds, and is given up', async () => {
    const browser = await world.signedIn();
    world.api.answer = never;
    for (const [path, ms] of [
      ['/api/status', 1_000],
      ['/api/backend/x', 20_000],
    ] as const) {
      const start = Date.now();
      expect(await problemOf(await world.skippingWaits(browser.fetch(path)))).toEqual([504, 'UPSTREAM_TIMEOUT']);
      expect(Date.now() - start).toBeGreaterThanOrEqual(ms);
      expect(world.api.calls.at(-1)?.signal.aborted).toBe(true);
    }
    expect(failures()).toEqual(['/api/status timeout', '/api/backend/* timeout']);
  });

  it('with a head and nothing after it is 504 as well, because a browser is shown nothing of it', async () => {
    const browser = await world.signedIn();
    world.api.answer = () => new Response(new ReadableStream({ pull: async () => void (await never()) }));
    const start = Date.now();
    const answer = await world.skippingWaits(browser.fetch('/api/backend/x'));
    expect(await problemOf(answer)).toEqual([504, 'UPSTREAM_TIMEOUT']);
    expect(Date.now() - start).toBeLessThan(60_000);
  });

  it('may take any time in all, and is cut after 60 seconds of silence', async () => {
    const browser = await world.signedIn();
    const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
    const slow = (...pauses: number[]) => {
      const steps = pauses.values();
      const stream = new ReadableStream({
        async pull(controller) {
          const { done, value } = steps.next();
          if (done) return controller.close();
          await pause(value);
          controller.enqueue(new TextEncoder().encode('part '));
        },
      });
      world.api.answer = () => new Response(stream);
    };
    const text = async () => (await browser.fetch('/api/backend/x')).text();
    slow(0, 59_000, 59_000, 59_000);
    expect(await world.skippingWaits(text())).toBe('part part part part ');
    slow(0, 61_000, 0);
    const cut = await world.skippingWaits(text().catch((error: Error) => error.name)); // of the realm of the isolate
    expect(cut).toBe('AbortError');
    expect(failures()).toEqual(['/api/backend/* silent']);
  });
});

describe('an upload', () => {
  /** A body of 100 KB, announced as such or longer. */
  const upload = async (parts: readonly (number | Uint8Array<ArrayBuffer>)[], length: number) => {
    const { cookies } = await world.signedIn();
    const steps = parts.values();
    const body = new ReadableStream({
      async pull(controller) {
        const { done, value } = steps.next();
        if (done) return controller.close();
        if (typeof value === 'number') await new Promise((resolve) => setTimeout(resolve, value));
        else controller.enqueue(value);
      },
    });
    const headers = {
      cookie: `__Host-Http-session=${cookies.get('__Host-Http-session')?.value}`,
      origin: world.site,
      host: new URL(world.site).host,
      'content-length': String(length),
    };
    const init = { method: 'POST', headers, body, duplex: 'half' };
    const sent = new Request(`${world.site}/api/backend/x`, init as RequestInit);
    world.api.answer = async ({ text }) => new Response(String((await text)?.length));
    const answer = await world.skippingWaits(world.isolate.send(sent));
    return [answer.status, await answer.text(), await world.api.calls[0]?.text] as const;
  };
  const piece = new Uint8Array(50_000).fill(120);

  it('may take any time while bytes come, and the answer has its own after it', async () => {
    const [status, length] = await upload([piece, 50_000, piece], 100_000);
    expect([status, length]).toEqual([200, '100000']);
  });

  it.each<[string, readonly (number | Uint8Array<ArrayBuffer>)[], number, status: number]>([
    ['is shorter than announced', [piece, piece], 100_001, 400],
    ['is longer than announced', [piece, piece, piece], 100_000, 400],
    ['is silent for 60 seconds', [piece, 61_000, piece], 100_000, 504],
  ])('that %s never ends as a whole at the upstream', async (_, parts, length, status) => {
    const [answered, , text] = await upload(parts, length);
    expect([answered, text]).toEqual([status, null]);
  });
});
