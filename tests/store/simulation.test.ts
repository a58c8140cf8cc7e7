import { describe, expect, it } from 'vitest';
import { simulate } from '../../bench/simulation.mjs';
import { createEndedSessions } from '../../lib/store/ended-sessions';

const deployment = { isolates: 20, people: 2_000, seconds: 180, visitSeconds: 20, signOutsPerMinute: 40 };
const crowded = { ...deployment, people: 20_000 };

describe('a deployment of many isolates', () => {
  it('asks Redis as often for ten times the people, where a question per session is asked ten times as often', async () => {
    const list = [await simulate(deployment, createEndedSessions), await simulate(crowded, createEndedSessions)];
    const [few, many] = list.map(({ commandsPerMinute }) => commandsPerMinute);
    // Each isolate reads at most every half of SESSION_CHECK_SECONDS.
    for (const commands of [few, many]) expect(commands).toBeLessThanOrEqual(4 * deployment.isolates);
    const asked = await simulate(crowded, 'by a question per session');
    expect(asked.commandsPerMinute).toBeGreaterThan(100 * (many ?? 0));
    expect(list.map(({ refused }) => refused > 0)).toEqual([true, true]);
  });

  it.each([
    ['a busy one', crowded],
    ['one that few visit', { ...deployment, people: 100, signOutsPerMinute: 20 }],
    ['one whose replicas lag by three seconds', { ...deployment, lagMs: 3_000 }],
  ])('%s refuses an ended session everywhere within SESSION_CHECK_SECONDS', async (_, of) => {
    const { longestBeliefMs, refused } = await simulate(of, createEndedSessions);
    expect(refused).toBeGreaterThan(0);
    expect(longestBeliefMs).toBeGreaterThan(0); // or no session was visited after its end
    expect(longestBeliefMs).toBeLessThanOrEqual(30_000);
  });

  it('gives equal figures for equal seeds, and others for another one', async () => {
    const [one, two] = [
      await simulate(deployment, createEndedSessions),
      await simulate(deployment, createEndedSessions),
    ];
    expect(one).toEqual(two);
    expect(await simulate({ ...deployment, seed: 2 }, createEndedSessions)).not.toEqual(one);
  });
});
