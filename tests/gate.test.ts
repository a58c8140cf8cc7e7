import { describe, expect, it } from 'vitest';
import { createDeps } from '../lib/context';
import type { LogEvent } from '../lib/events';
import { createGate } from '../lib/gate';
import { defineRules } from '../lib/policy/rules';
import { createWorld } from './world/world';

const surroundings = { waitUntil: () => {} };

describe('the gate', () => {
  it('logs the cause of a failure by its name, and never what it says', async () => {
    const logged: LogEvent[] = [];
    const load = () => {
      throw new TypeError('planted-message');
    };
    const gate = createGate({ load, log: (event) => logged.push(event) });
    expect(await gate(new Request('https://site.test/'), surroundings)).toMatchObject({ status: 500 });
    expect(logged).toEqual([expect.objectContaining({ event: 'problem', code: 'INTERNAL', cause: 'TypeError' })]);
    expect(JSON.stringify(logged)).not.toContain('planted');
  });

  it('keeps what is below /auth/ to itself, but for the paths that a rule names there', async () => {
    const { env, site } = await createWorld();
    const rules = defineRules([
      { path: '/*', allow: 'public' },
      { path: '/auth/help', allow: 'public' },
    ]);
    const gate = createGate({ load: () => ({ ...createDeps(env), rules }), log: () => {} });
    const ask = (path: string) => gate(new Request(site + path), surroundings);
    expect(await ask('/auth/nothing')).toMatchObject({ status: 404 });
    expect(await ask('/auth/help')).toMatchObject({ continue: true });
  });

  it.each([
    '/docs/open?nxtPslug=closed',
    '/?nxtP',
    '/?a=1&%6extIslug=x',
    '/docs/[slug]',
    '/docs/[...slug]',
    '/docs/%5B%5B...slug%5D%5D',
    '/docs/%5Bslug%5D.action',
    '/docs/[slug].segments/_tree.segment',
    '/_next/data/build/docs/[slug].json',
    '/_next/image?url=%2Fdocs%2F%5Bslug%5D&w=64&q=75',
    '/_next/image?url=%2Fdocs%2Fopen%3FnxtPslug%3Dclosed&w=64&q=75',
    '/auth/session?nxtPslug=x',
  ])('refuses what a router in front of Next would read as another page, also on a public path: %s', async (path) => {
    const { env, site } = await createWorld();
    const rules = defineRules([
      { path: '/docs/closed', allow: { roles: ['admin'] } },
      { path: '/*', allow: 'public' },
    ]);
    const gate = createGate({ load: () => ({ ...createDeps(env), rules }), log: () => {} });
    expect(await gate(new Request(site + path), surroundings)).toMatchObject({ status: 400 });
  });

  it.each(['/docs/closed.action', '/docs/closed.prefetch', '/docs/closed.prefetch.rsc'])(
    'guards what a platform in front of Next keeps of a page as it guards the page: %s',
    async (path) => {
      const { env, site } = await createWorld();
      const rules = defineRules([
        { path: '/docs/closed', allow: { roles: ['admin'] } },
        { path: '/*', allow: 'public' },
      ]);
      const gate = createGate({ load: () => ({ ...createDeps(env), rules }), log: () => {} });
      expect(await gate(new Request(site + path), surroundings)).toMatchObject({ status: 401 });
    },
  );

  it('lets names with a bracket in them through, and the files of a build that are called after routes', async () => {
    const { env, site } = await createWorld();
    const rules = defineRules([{ path: '/*', allow: 'public' }]);
    const gate = createGate({ load: () => ({ ...createDeps(env), rules }), log: () => {} });
    for (const path of ['/files/report[1].pdf', '/cdn/_next/static/chunks/app/docs/%5Bslug%5D/page.js', '/?q=[nxtP]'])
      expect(await gate(new Request(site + path), surroundings)).toMatchObject({ continue: true });
  });

  it.each([
    ['its announced length is over the limit of the build', { 'content-length': '1001' }, 1_000, 413],
    ['its announced length is the limit', { 'content-length': '1000' }, 1_000, 404],
    ['its announced length is over 10 MB and nothing is configured', { 'content-length': '10485761' }, undefined, 413],
    ['its announced length is 10 MB and nothing is configured', { 'content-length': '10485760' }, undefined, 404],
    ['the Node process has withheld its body', { 'x-gatehouse-oversized': '1' }, 1_000, 413],
    ['it announces no length', { 'transfer-encoding': 'chunked' }, 1_000, 404],
  ])('answers a request when %s: %j, limit %s, status %d', async (_, headers, maxBodyBytes, status) => {
    const { env, site } = await createWorld();
    const gate = createGate({ load: () => createDeps(env), log: () => {}, maxBodyBytes });
    const answer = await gate(new Request(`${site}/auth/nothing`, { method: 'POST', headers }), surroundings);
    expect(answer).toMatchObject({ status });
  });

  it('answers a body that is too large with a page to a form and with problem JSON to a script', async () => {
    const { env, site } = await createWorld();
    const logged: LogEvent[] = [];
    const gate = createGate({ load: () => createDeps(env), log: (event) => logged.push(event) });
    const ask = async (headers: Record<string, string>) => {
      const request = new Request(`${site}/dashboard`, {
        method: 'POST',
        headers: { 'content-length': '99999999', ...headers },
      });
      return (await gate(request, surroundings)) as Response;
    };
    const asPage = await ask({ 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' });
    expect(await asPage.text()).toContain('What was sent is larger than this site accepts.');
    const asData = await ask({});
    expect(await asData.json()).toMatchObject({
      status: 413,
      code: 'BODY_TOO_LARGE',
      ref: asData.headers.get('x-request-id'),
    });
    expect(logged.filter(({ event }) => event === 'problem')).toEqual([
      expect.objectContaining({ code: 'BODY_TOO_LARGE', ref: asPage.headers.get('x-request-id') }), // the next is a repeat
    ]);
  });
});
