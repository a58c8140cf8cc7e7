import { expect, it } from 'vitest';
import { createDeps } from '../../lib/context';
import type { LogEvent } from '../../lib/events';
import { createGate } from '../../lib/gate';
import { defineRules } from '../../lib/policy/rules';
import { createWorld } from '../world/world';

const rules = defineRules([
  { path: '/bills', methods: ['GET'], allow: 'public' },
  { path: '/bills', methods: ['POST', 'PUT'], allow: { roles: ['editor'] } },
  { path: '/bills', allow: { roles: ['admin'] } },
]);

it('the event of a refusal tells apart rules that share a path', async () => {
  const world = await createWorld();
  const events: LogEvent[] = [];
  const log = (event: LogEvent) => void events.push(event);
  const gate = createGate({ load: () => ({ ...createDeps(world.env), rules }), log });
  for (const [path, method] of [
    ['/bills', 'PUT'],
    ['/bills', 'DELETE'],
    ['/other', 'GET'],
  ] as const)
    await gate(new Request(world.site + path, { method }), { waitUntil: () => {} });
  const refusals = events.flatMap((event) => (event.event === 'access_refused' ? [event.rule] : []));
  expect(refusals).toEqual(['POST PUT /bills', '/bills', '/*']);
});
