import { describe, expect, it } from 'vitest';
import type { Endpoint } from '../world/provider';
import { createWorld, type World } from '../world/world';

const ID = '0af7651916cd43dd8448eb211c80319c';
const traceparent = `00-${ID}-b7ad6b7169203331-01`;
const tracestate = 'vendor=t61rcWkgMzE, other=1';
const headers = { traceparent, tracestate };
const DUE = 730;
const EXPIRED = 901;

/** The traces that calls of the provider belong to. */
const traces = (world: World, ...endpoints: Endpoint[]) =>
  endpoints.flatMap((endpoint) => world.provider.calls(endpoint).map(({ trace }) => trace));

describe('the trace of a request (W3C Trace Context)', () => {
  it('goes on to PAR, to the token endpoint and to userinfo in a sign-in', async () => {
    const world = await createWorld({ provider: { par: 'required', claimsAt: 'userinfo' } });
    await world.browser().navigate('/dashboard', { headers });
    const trace = [traceparent, tracestate];
    expect(traces(world, 'par', 'token', 'userinfo')).toEqual([trace, trace, trace]);
  });

  it('does not go on to documents that are shared by all requests', async () => {
    const world = await createWorld();
    await world.browser().navigate('/dashboard', { headers });
    expect(traces(world, 'discovery', 'jwks')).toEqual([undefined, undefined]);
  });

  it.each([
    ['that the request waits for', EXPIRED],
    ['behind its answer', DUE],
  ])('goes on to a renewal %s', async (_, seconds) => {
    const world = await createWorld();
    const browser = await world.signedIn();
    world.pass(seconds);
    expect((await browser.fetch('/api/me', { headers })).status).toBe(200);
    await world.isolate.settled();
    expect(traces(world, 'token')).toEqual([undefined, [traceparent, tracestate]]);
  });

  it('goes on to the revocation of a sign-out', async () => {
    const world = await createWorld();
    const browser = await world.signedIn();
    await browser.post('/auth/logout', { headers, redirect: 'manual' });
    await world.isolate.settled();
    expect(traces(world, 'revocation')).toEqual([[traceparent, tracestate]]);
  });

  it('is that of each request alone', async () => {
    const world = await createWorld();
    const other = traceparent.replace(ID, 'b'.repeat(32));
    const sent = [{ traceparent }, { traceparent: other }, {}];
    await Promise.all(sent.map((trace) => world.browser().navigate('/dashboard', { headers: trace })));
    const seen = traces(world, 'token').map((trace) => trace?.[0]);
    expect(seen.sort()).toEqual([traceparent, other, undefined].sort());
  });

  it.each<[string, Record<string, string>, (string | null)[] | undefined]>([
    ['without tracestate', { traceparent }, [traceparent, null]],
    ['of a later version', { traceparent: `01${traceparent.slice(2)}` }, [`01${traceparent.slice(2)}`, null]],
    ['of version ff', { traceparent: `ff${traceparent.slice(2)}`, tracestate }, undefined],
    ['with capital letters', { traceparent: traceparent.toUpperCase(), tracestate }, undefined],
    ['without a trace id', { traceparent: `00-${'0'.repeat(32)}-b7ad6b7169203331-01`, tracestate }, undefined],
    ['without a parent id', { traceparent: `00-${ID}-${'0'.repeat(16)}-01`, tracestate }, undefined],
    ['that is longer', { traceparent: `${traceparent}-more`, tracestate }, undefined],
    ['that is none', { traceparent: 'x'.repeat(4_000), tracestate }, undefined],
    ['that comes twice', { traceparent: `${traceparent}, ${traceparent}`, tracestate }, undefined],
    ['with a tracestate alone', { tracestate }, undefined],
    [
      'with a tracestate of 512 characters',
      { traceparent, tracestate: `a=${'b'.repeat(510)}` },
      [traceparent, `a=${'b'.repeat(510)}`],
    ],
    ['with a longer tracestate', { traceparent, tracestate: `a=${'b'.repeat(511)}` }, [traceparent, null]],
    ['with a tracestate outside ASCII', { traceparent, tracestate: 'a=\u00e9' }, [traceparent, null]],
  ])('%s is handed on as it is, or not at all', async (_, sent, expected) => {
    const world = await createWorld();
    await world.browser().navigate('/dashboard', { headers: sent });
    expect(traces(world, 'token')).toEqual([expected]);
  });
});
