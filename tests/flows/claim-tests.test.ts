import { describe, expect, it } from 'vitest';
import { createDeps, type Deps } from '../../lib/context';
import { createGate } from '../../lib/gate';
import { defineRules } from '../../lib/policy/rules';
import type { JsonObject } from '../world/provider';
import { createWorld } from '../world/world';

const rules = defineRules([
  { path: '/team', allow: { claims: { team: { oneOf: ['red', 'blue'] } } } },
  { path: '/level', allow: { claims: { level: { oneOf: [2, 3] } } } },
  { path: '/red', allow: { claims: { team: { includes: 'red' } } } },
]);

/** The statuses of these paths for a person with these claims. */
async function statuses(said: JsonObject, paths: readonly string[]): Promise<number[]> {
  const world = await createWorld({ env: { SESSION_CLAIMS: 'name,team,level' } });
  world.provider.lies.idToken = (claims) => ({ ...claims, ...said });
  const load = (): Deps => ({ ...createDeps(world.env, rules), log: () => {} });
  const gate = createGate({ load, log: () => {} });
  const send = async (request: Request) => {
    const answer = await gate(request, { waitUntil: () => {} });
    return answer instanceof Response ? answer : new Response('the site');
  };
  const browser = world.browser({ send, settled: async () => {} });
  await browser.navigate('/dashboard');
  const found: number[] = [];
  for (const path of paths) found.push((await browser.navigate(path)).response.status);
  return found;
}

describe('a rule with oneOf', () => {
  it.each<[JsonObject, number, number]>([
    [{ team: 'red', level: 3 }, 200, 200],
    [{ team: ['green', 'blue'], level: [1, 2] }, 200, 200],
    [{ team: 'green', level: '3' }, 403, 403],
    [{ team: ['green'], level: [] }, 403, 403],
    [{ team: 'red blue', level: null }, 403, 403],
    [{}, 403, 403],
  ])('%j', async (said, team, level) => {
    expect(await statuses(said, ['/team', '/level'])).toEqual([team, level]);
  });

  it('keeps the values that it names in a list that has no room', async () => {
    const many = Array.from({ length: 800 }, (_, place) => `team-${place}-${'x'.repeat(20)}`);
    expect(await statuses({ team: [...many, 'blue', 'red'], level: 2 }, ['/team', '/red', '/level'])).toEqual([
      200, 200, 200,
    ]);
  });
});

it('a rule with includes takes the only value of a claim that other people have as a list', async () => {
  expect(await statuses({ team: 'red' }, ['/red'])).toEqual([200]);
  expect(await statuses({ team: ['blue', 'red'] }, ['/red'])).toEqual([200]);
  expect(await statuses({ team: 'blue' }, ['/red'])).toEqual([403]);
});
