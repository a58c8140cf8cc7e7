import { beforeEach, expect, it } from 'vitest';
import type { Browser } from '../world/browser';
import { createWorld, type World } from '../world/world';

const NAME = '__Host-Http-session';
let world: World;
let browser: Browser;
beforeEach(async () => {
  world = await createWorld();
  browser = await world.signedIn();
});

/** A request for an upstream of a client that can leave. */
function leaving() {
  const client = new AbortController();
  const headers = { cookie: `${NAME}=${browser.cookies.get(NAME)?.value}`, host: new URL(world.site).host };
  const request = new Request(`${world.site}/api/backend/x`, { headers, signal: client.signal });
  return { answer: world.isolate.send(request), leave: () => client.abort() };
}
const moment = () => new Promise((resolve) => setTimeout(resolve, 60));

it('a client that leaves while the token is renewed ends nothing of that, and the upstream is not asked', async () => {
  world.pass(901);
  world.provider.lies.delay.token = 200;
  const { answer, leave } = leaving();
  await moment();
  leave();
  expect((await answer).status).toBe(499);
  await world.isolate.settled();
  expect(world.events('renewal')).toMatchObject([{ outcome: 'refreshed' }]);
  expect(world.api.calls).toEqual([]);
  expect((await browser.fetch('/api/me')).status).toBe(200);
  expect(world.provider.refreshPresentations()).toHaveLength(1);
});

it.each(['before the answer', 'in the middle of it'])(
  'a client that leaves %s ends the request at the upstream',
  async (when) => {
    const silent = new ReadableStream({ start: (controller) => controller.enqueue(new TextEncoder().encode('part')) });
    world.api.answer = () => (when === 'before the answer' ? new Promise(() => {}) : new Response(silent));
    const { answer, leave } = leaving();
    await moment();
    leave();
    await answer;
    expect(world.api.calls[0]?.signal.aborted).toBe(true);
    expect([world.events('problem'), world.events('upstream_failed')]).toEqual([[], []]);
  },
);
