import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureNginx } from '../../local/setup.mjs';
import { freePort } from '../../local/site.mjs';
import { serve } from '../processes/wires';
import { needs } from '../setup/skipped';
import { type CachingProxy, startCachingProxy } from './nginx';
import { openSite, type Site } from './site';
import {
  cacheStatus,
  expectedStatus,
  leaks,
  leftByPeople,
  type People,
  type Row,
  shownOfOthers,
  type Visitor,
  visit,
  visitInTurn,
} from './visits';

/** Installed where that is ours to do; elsewhere this whole proof is left out. */
const nginx = ensureNginx();
const cache = needs(nginx, 'the proof with a real cache is left out, because there is no nginx on this machine');
const START_TIMEOUT_MS = 240_000; // with a build, when there is none yet

const forAll = (status: number) => ({ anonymous: status, ana: status, budi: status });
const insiders = (status: number, anonymous = 303) => ({ anonymous, ana: status, budi: status });
const gated = { kind: 'gated', load: 'document' } as const;
const data = { kind: 'gated', load: 'data' } as const;
const optimized = (path: string) => `/_next/image?url=${encodeURIComponent(path)}&w=64&q=75`;
const open = { kind: 'static', load: 'document' } as const;
const rsc = { rsc: '1' };
const prefetch = { rsc: '1', 'next-router-prefetch': '1' };
const segment = { ...prefetch, 'next-router-segment-prefetch': '/_tree' };

const ROWS: readonly Row[] = [
  { path: '/', kind: 'personal', load: 'document', status: forAll(200) },
  { path: '/', kind: 'personal', load: 'data', headers: rsc, status: forAll(200) },
  { ...gated, path: '/dashboard', status: insiders(200) },
  { ...gated, path: '/dashboard?a=1', status: insiders(200) },
  { ...gated, path: '/account', status: insiders(200) },
  { ...gated, path: '/admin', status: { anonymous: 303, ana: 403, budi: 200 } },
  { ...gated, path: '/no-such-page', status: insiders(404) },
  { ...gated, path: '/api/me', status: insiders(200) },
  { ...data, path: '/api/me', status: insiders(200, 401) },
  { ...data, path: '/admin', status: { anonymous: 401, ana: 403, budi: 200 } },
  { ...data, path: '/dashboard', headers: rsc, status: insiders(200, 401) },
  { ...data, path: '/dashboard', headers: prefetch, status: insiders(200, 401) },
  { ...data, path: '/dashboard', headers: segment, status: insiders(200, 401) },
  { ...data, path: '/dashboard?_rsc=wrong', headers: rsc, status: insiders(307, 401) },
  { ...data, path: '/account', headers: rsc, status: insiders(200, 401) },
  { ...data, path: '/dashboard.rsc', status: insiders(404, 401) },
  { ...data, path: '/dashboard.segments/_tree.segment.rsc', status: insiders(404, 401) },
  { ...data, path: '/dashboard', headers: { 'sec-purpose': 'prefetch' }, status: insiders(200, 401) },
  { ...gated, path: '/photo.png', load: 'image', status: insiders(200, 401) },
  { ...gated, path: optimized('/photo.png'), load: 'image', status: insiders(404, 401) },
  { path: '/auth/session', kind: 'personal', load: 'data', status: forAll(200) },
  { path: '/auth/logout', kind: 'personal', load: 'document', status: forAll(200) },
  { path: '/auth/refresh', kind: 'personal', load: 'document', status: forAll(405) },
  { path: '/auth/nothing', kind: 'personal', load: 'document', status: forAll(404) },
  {
    path: '/auth/callback',
    kind: 'personal',
    load: 'document',
    status: { anonymous: 400, ana: 303, budi: 303 },
    head: 200,
  },
  { path: '/not%ffutf8', kind: 'personal', load: 'document', status: forAll(400) },
  { ...open, path: '/signed-out', status: forAll(200), kept: true },
  { ...open, path: '/signed-out', load: 'data', headers: rsc, status: forAll(200), kept: true },
  { ...open, path: '/signed-out', load: 'data', headers: segment, status: forAll(200), kept: true },
  { ...open, path: '/icon.svg', load: 'image', status: forAll(200) },
  { ...open, path: '/favicon.ico', load: 'image', status: forAll(200) },
  { ...open, path: '/robots.txt', load: 'document', status: forAll(200) },
  { ...open, path: '/.well-known/photo.png', load: 'image', status: forAll(200) },
  { ...open, path: optimized('/.well-known/photo.png'), load: 'image', status: forAll(404) },
  { ...open, path: '/signed-out?_rsc=wrong', load: 'data', headers: rsc, status: forAll(307) },
  { path: '/dashboard/', kind: 'build', load: 'document', status: forAll(308) }, // Next, before the gate
];

const ORDERS: readonly (readonly Visitor[])[] = [
  ['anonymous', 'ana', 'budi', 'anonymous'],
  ['ana', 'anonymous', 'budi', 'ana'],
  ['budi', 'ana', 'anonymous', 'budi'],
];

const named = (rows: readonly Row[]) =>
  rows.map((row) => [[row.load, row.path, ...Object.keys(row.headers ?? {})].join(' '), row] as const);

describe('the site behind a cache that obeys Cache-Control and knows nothing else', cache, () => {
  let site: Site;
  let proxy: CachingProxy;
  let people: People;
  const openProxy = async () => {
    proxy = await startCachingProxy({ nginx: nginx ?? '', port: site.port, upstream: site.upstream });
  };

  beforeAll(async () => {
    site = await openSite();
    await openProxy();
    const [ana, budi] = await Promise.all([site.signIn('ana'), site.signIn('budi')]);
    const cookies = { anonymous: undefined, ana: await site.dueCookie(ana), budi: await site.dueCookie(budi) };
    people = { cookie: (visitor) => cookies[visitor], ownerOf: site.ownerOf };
    await proxy.close();
  }, START_TIMEOUT_MS);
  afterAll(() => site?.close());

  /** Next redirects an RSC request until `_rsc` is the hash of its headers, so that a cache needs to know only the URL. */
  async function addressed(row: Row): Promise<Row> {
    if (!row.headers?.rsc || row.path.includes('?_rsc=')) return row;
    const redirect = await visit(site.upstream, { ...row, path: '/signed-out?_rsc=wrong' }, 'anonymous', people);
    const { search } = new URL(redirect.headers.get('location') ?? '', site.upstream);
    return { ...row, path: row.path + search };
  }

  async function examine(row: Row, order: readonly Visitor[]) {
    const seen = await visitInTurn(proxy.url, row, order, people);
    expect([...(await leaks(row, seen, people)), ...leftByPeople(row, seen)]).toEqual([]);
    expect(seen.map(({ status }) => status)).toEqual(seen.map((one) => expectedStatus(row, one)));
    const anonymously = seen.filter(({ visitor, method }) => visitor === 'anonymous' && method === 'GET');
    if (row.kept) expect(cacheStatus(anonymously[1] as (typeof seen)[0])).toBe('HIT');
    // The cache serves what an anonymous visitor was given.
    const kept = seen.filter((one) => cacheStatus(one) === 'HIT' && one.method === 'GET');
    expect(new Set(kept.map(({ body }) => body)).size).toBe(kept.length > 0 ? 1 : 0);
    if (kept.length > 0) expect(kept[0]?.body).toBe((await visit(site.upstream, row, 'anonymous', people)).body);
  }

  describe.each(ORDERS)('visited by %s, %s, %s and %s', (...order) => {
    beforeAll(openProxy);
    afterAll(() => proxy.close());

    it.each(named(ROWS))('%s', async (_, row) => {
      await examine(await addressed(row), order);
    });

    it('a file of the build', async () => {
      await examine({ path: site.chunk, kind: 'build', load: 'data', status: forAll(200), kept: true }, order);
    });
  });

  describe('visited by all of them at once', () => {
    beforeAll(openProxy);
    afterAll(() => proxy.close());

    it.each(named(ROWS))('%s', async (_, given) => {
      const row = await addressed(given);
      const crowd = [...ORDERS, ...ORDERS].flat();
      const seen = await Promise.all(crowd.map((visitor) => visit(proxy.url, row, visitor, people)));
      expect(await leaks(row, seen, people)).toEqual([]);
      expect(seen.map(({ status }) => status)).toEqual(crowd.map((visitor) => row.status[visitor]));
    });
  });

  it('a session that is due to be prolonged is so by a visit, and not by what Next fetches ahead', async () => {
    const row = { ...data, path: '/dashboard', status: insiders(200) };
    for (const [headers, cookies] of [
      [rsc, 1],
      [prefetch, 0],
      [segment, 0],
    ] as const) {
      const seen = await visit(site.upstream, await addressed({ ...row, headers }), 'ana', people);
      expect([seen.status, seen.headers.getSetCookie().length]).toEqual([200, cookies]);
    }
  });

  describe('when the cache keeps everything and goes by `Vary` alone', () => {
    let known: People;
    beforeAll(async () => {
      proxy = await startCachingProxy({ nginx: nginx ?? '', port: site.port, upstream: site.upstream, obeys: 'Vary' });
      const [ana, budi] = await Promise.all(
        [site.signIn('ana'), site.signIn('budi')].map(async (who) => site.cookieOf(await who)),
      );
      known = { ...people, cookie: (visitor) => ({ anonymous: undefined, ana, budi })[visitor] };
    });
    afterAll(() => proxy.close());

    it.each(named(ROWS.filter(({ kind }) => kind === 'gated' || kind === 'personal')))('%s', async (_, given) => {
      const row = await addressed(given);
      for (const order of ORDERS) {
        const seen = await visitInTurn(proxy.url, row, order, known);
        expect(seen.flatMap((one) => shownOfOthers(row, one))).toEqual([]);
        expect(seen.map(({ status }) => status)).toEqual(seen.map((one) => expectedStatus(row, one)));
      }
    });

    it('and it does keep what people are shown', async () => {
      const seen = await visitInTurn(
        proxy.url,
        { ...gated, path: '/account?kept', status: insiders(200) },
        ['ana'],
        known,
      );
      expect(seen.map(cacheStatus)).toEqual(['MISS', 'HIT', 'MISS']); // the last one is a HEAD
    });
  });

  describe('when Redis is away', () => {
    beforeAll(openProxy);
    afterAll(() => proxy.close());

    it('a 503 is for the one who asked, and gone when it is over', async () => {
      const session = await site.signIn('ana');
      const expired = await site.expiredCookie(session);
      await site.redis.close();
      const row: Row = { ...gated, path: '/account', status: { anonymous: 303, ana: 503, budi: 200 } };
      const cookie = (visitor: Visitor) => (visitor === 'ana' ? expired : people.cookie(visitor));
      const seen = await visitInTurn(proxy.url, row, ['ana', 'anonymous', 'budi', 'ana'], { ...people, cookie });
      expect(seen.map(({ status }) => status)).toEqual(seen.map((one) => expectedStatus(row, one)));
      expect(await leaks(row, seen, people)).toEqual([]);
    });
  });
});

describe('the check that all of this stands on', cache, () => {
  const person = {
    cookie: (visitor: Visitor) => (visitor === 'anonymous' ? undefined : `gatehouse_session=${visitor}`),
  };
  const people: People = { ...person, ownerOf: async (header) => /^gatehouse_session=(\w+)/.exec(header)?.[1] ?? null };
  const PERSONAL: Row = { path: '/', kind: 'personal', load: 'document', status: forAll(200) };
  const PUBLIC: Row = { ...PERSONAL, kind: 'static' };
  const ORDER = ['ana', 'budi', 'anonymous'] as const;

  /** What it says about a site that greets people by name, with these headers on everything. */
  async function verdict(row: Row, headers: Readonly<Record<string, string>>, status = 200) {
    const upstream = await serve(async (request) => {
      const who = request.headers.get('cookie')?.replace('gatehouse_session=', '') ?? 'stranger';
      const filled = Object.entries(headers).map(([name, value]) => [name, value.replace('$who', who)]);
      return new Response(`Hello ${who}`, { status, headers: Object.fromEntries(filled) });
    });
    const proxy = await startCachingProxy({ nginx: nginx ?? '', port: await freePort(0), upstream: upstream.url });
    try {
      const seen = await visitInTurn(proxy.url, row, ORDER, people);
      return [...(await leaks(row, seen, people)), ...leftByPeople(row, seen)];
    } finally {
      await Promise.all([proxy.close(), upstream.close()]);
    }
  }

  it.each([
    ['s-maxage', { 'cache-control': 's-maxage=60' }, 200],
    ['max-age', { 'cache-control': 'public, max-age=60', vary: 'Cookie' }, 200],
    ['an error', { 'cache-control': 'max-age=60', vary: 'Cookie' }, 403],
    ['Expires', { expires: new Date(Date.now() + 3_600_000).toUTCString(), vary: 'Cookie' }, 200],
  ])('finds what was kept of a person: %s', async (_, headers, status) => {
    const found = await verdict(PERSONAL, headers, status);
    expect(found).toContain('budi saw ana');
    expect(found).toContain('anonymous saw ana');
    expect(found).toContain('anonymous was served from the cache');
    expect(found).toContain('ana got what a person left there');
  });

  it('finds an anonymous visitor who is let in, and the cookie of another person', async () => {
    const headers = { 'cache-control': 's-maxage=60', 'set-cookie': 'gatehouse_session=$who; Path=/' };
    const found = await verdict({ ...PERSONAL, kind: 'gated' }, headers);
    expect(found).toContain('anonymous was let in');
    expect(found).toContain('anonymous got a cookie out of the cache');
    expect(found).toContain('anonymous got ana’s session');
  });

  it('finds what could be kept and was not, what could not be kept and should, and a missing Vary', async () => {
    const careless = await verdict(PERSONAL, { 'cache-control': 'private' });
    expect(careless).toContain('anonymous got an answer to keep: "private"');
    expect(careless).toContain('anonymous got an answer that varies on ""');
    const strict = { 'cache-control': 'private, no-store', vary: 'Cookie' };
    expect(await verdict(PUBLIC, strict)).toContain('anonymous got a shared answer as "private, no-store"');
  });

  it('finds nothing where nothing is', async () => {
    expect(await verdict(PERSONAL, { 'cache-control': 'private, no-store', vary: 'Cookie' })).toEqual([]);
  });
});
