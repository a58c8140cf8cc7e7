import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { REDIS_FAULTS } from '../world/redis';
import { inRootSpan, recordSpans, type SeenSpan } from '../world/spans';
import { createWorld, KIND, type World } from '../world/world';

const EXPIRED = 901;
const ERROR = 2;

let world: World;
let seen: ReturnType<typeof recordSpans>;
beforeEach(async () => {
  world = await createWorld();
  seen = recordSpans();
});
afterEach(() => seen.stop());

/** The spans of the gate that a piece of work adds, with what goes on behind its answer. A build has Next's own between. */
async function spansOf(work: () => Promise<unknown>): Promise<readonly SeenSpan[]> {
  const before = seen.spans.length;
  await inRootSpan(work);
  await world.isolate.settled();
  return seen.spans.slice(before).filter(({ name }) => name.startsWith('gatehouse.'));
}
const named = (spans: readonly SeenSpan[], name: string) => spans.filter((span) => span.name === `gatehouse.${name}`);
/** Names of the spans above one, the nearest first. */
function above(span: SeenSpan | undefined): readonly string[] {
  const parent = seen.spans.find(({ spanId }) => spanId === span?.parent);
  return parent ? [parent.name, ...above(parent)] : [];
}
const parentOf = (span: SeenSpan | undefined) => seen.spans.find(({ spanId }) => spanId === span?.parent)?.name;
const asHeader = ({ traceId, spanId }: SeenSpan) => `00-${traceId}-${spanId}-01`;

describe('spans, where the site has OpenTelemetry', () => {
  it('of a visit with a session that the isolate knows are one, below the server’s', async () => {
    const browser = await world.signedIn();
    await browser.navigate('/dashboard');
    const [decide, ...others] = await spansOf(() => browser.navigate('/dashboard'));
    expect(decide).toMatchObject({
      name: 'gatehouse.decide',
      kind: 0,
      attributes: { 'gatehouse.decision': 'passed' },
      status: undefined,
      ends: 1,
    });
    expect(others).toEqual([]);
    expect(above(decide).at(-1)).toBe('root');
    expect(above(decide)).toHaveLength(KIND === 'core' ? 1 : 2); // Next's own, with method and path
  });

  it('of a sign-in name each call of Redis and of the provider, by the semantic conventions', async () => {
    const spans = await spansOf(() => world.signedIn());
    expect(spans.every(({ ends }) => ends === 1)).toBe(true);
    const calls = named(spans, 'provider');
    expect(calls.map(({ attributes }) => attributes)).toEqual(
      ['discovery', 'jwks', 'token'].map((endpoint) => ({
        'gatehouse.endpoint': endpoint,
        'http.request.method': endpoint === 'token' ? 'POST' : 'GET',
        'server.address': new URL(world.provider.issuer).hostname,
        'http.response.status_code': 200,
      })),
    );
    const redis = named(spans, 'redis');
    expect(redis.length).toBeGreaterThan(2);
    for (const { attributes, kind } of redis) {
      expect(attributes).toEqual({ 'db.system.name': 'redis', 'db.operation.name': expect.stringMatching(/^[A-Z]+$/) });
      expect(kind).toBe(2); // client
    }
    expect(new Set([...calls, ...redis].map(parentOf))).toEqual(new Set(['gatehouse.decide']));
    expect(named(spans, 'decide').map(({ attributes }) => attributes)).toEqual([
      { 'gatehouse.decision': 'answered', 'http.response.status_code': 303 },
      { 'gatehouse.decision': 'answered', 'http.response.status_code': 303 },
      { 'gatehouse.decision': 'passed' },
    ]);
  });

  it('of a renewal have its outcome, and are above the calls that it makes', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    const spans = await spansOf(() => browser.fetch('/api/me'));
    const [renew, ...others] = named(spans, 'renew');
    expect(others).toEqual([]);
    expect(renew).toMatchObject({ attributes: { 'gatehouse.outcome': 'refreshed' }, status: undefined, ends: 1 });
    expect(parentOf(renew)).toBe('gatehouse.decide');
    expect(named(spans, 'provider').map(parentOf)).toEqual(['gatehouse.renew']);
    expect(named(spans, 'redis').map(parentOf).sort()).toEqual(['gatehouse.decide', 'gatehouse.renew']);
  });

  it('of a provider that cannot be reached, or refuses, are errors, and so is the renewal', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.provider.lies.refuse.token = true;
    const refused = await spansOf(() => world.skippingWaits(browser.fetch('/api/me')));
    expect(named(refused, 'provider')[0]).toMatchObject({
      attributes: { 'error.type': 'PROVIDER_UNAVAILABLE', 'gatehouse.reason': 'connection' },
      status: ERROR,
    });
    expect(named(refused, 'renew')[0]).toMatchObject({
      attributes: { 'gatehouse.outcome': 'postponed', 'error.type': 'postponed' },
      status: ERROR,
    });
    expect(named(refused, 'decide')[0]).toMatchObject({
      status: ERROR,
      attributes: { 'error.type': expect.any(String) },
    });
    delete world.provider.lies.refuse.token;
    world.provider.lies.tokenResponse = () => Response.json({ error: 'slow_down' }, { status: 429 });
    await world.passInRedis(10, browser);
    world.pass(10);
    const late = await spansOf(() => world.skippingWaits(browser.fetch('/api/me')));
    expect(named(late, 'provider')[0]).toMatchObject({
      attributes: { 'http.response.status_code': 429, 'error.type': '429' },
      status: ERROR,
    });
  });

  it('of Redis that does not answer are errors', async () => {
    const browser = await world.signedIn();
    world.pass(EXPIRED);
    world.redis.fault = REDIS_FAULTS.refused;
    const spans = await spansOf(() => world.skippingWaits(browser.fetch('/api/me')));
    for (const span of named(spans, 'redis'))
      expect(span).toMatchObject({ attributes: { 'error.type': 'STORE_UNAVAILABLE' }, status: ERROR, ends: 1 });
    expect(named(spans, 'decide')[0]).toMatchObject({
      attributes: { 'error.type': 'STORE_UNAVAILABLE' },
      status: ERROR,
    });
  });

  it('of a refused request say why, and are no errors', async () => {
    const browser = await world.signedIn();
    const [decide] = await spansOf(() => browser.fetch('/admin'));
    expect(decide).toMatchObject({ attributes: { 'error.type': 'FORBIDDEN' }, status: undefined });
  });

  it('are continued at the provider and at an upstream, in place of the trace that a client sent', async () => {
    const headers = { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`, tracestate: 'vendor=client' };
    const browser = world.browser();
    const spans = await spansOf(() => browser.navigate('/dashboard', { headers }));
    const call = named(spans, 'provider').find(({ attributes }) => attributes['gatehouse.endpoint'] === 'token');
    expect(world.provider.calls('token').map(({ trace }) => trace)).toEqual([[call && asHeader(call), null]]);
    const [decide] = await spansOf(() => browser.fetch('/api/backend/notes', { headers }));
    const [sent] = world.api.calls;
    expect(sent?.headers.get('traceparent')).toBe(decide && asHeader(decide));
    expect(sent?.headers.get('tracestate')).toBeNull();
  });

  it('are not made, and a client’s trace goes on as it came, when the site registers no tracer', async () => {
    seen.stop();
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    await world.browser().navigate('/dashboard', { headers: { traceparent } });
    expect(world.provider.calls('token').map(({ trace }) => trace)).toEqual([[traceparent, null]]);
    expect(seen.spans).toEqual([]);
  });
});
