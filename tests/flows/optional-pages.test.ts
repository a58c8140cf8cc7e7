import { beforeEach, describe, expect, it } from 'vitest';
import { createDeps, type Deps } from '../../lib/context';
import type { LogEvent } from '../../lib/events';
import { createGate } from '../../lib/gate';
import { createWorld, type World } from '../world/world';

let world: World;
beforeEach(async () => {
  world = await createWorld();
});

/** The answer to a request for the start page, with some parts of the isolate replaced. */
async function startPage(instead: (real: Omit<Deps, 'log'>) => Partial<Deps>) {
  const cookie = `__Host-Http-session=${(await world.signedIn()).cookies.get('__Host-Http-session')?.value}`;
  const events: LogEvent[] = [];
  const log = (event: LogEvent) => void events.push(event);
  const real = createDeps(world.env);
  const gate = createGate({ load: () => ({ ...real, ...instead(real) }), log });
  const request = new Request(`${world.site}/`, { headers: { cookie } });
  return { answer: await gate(request, { pathname: '/', waitUntil() {} }), events };
}

describe('an optional page', () => {
  it('is an error page when our own code fails, and not a stranger’s page without a word', async () => {
    const { answer, events } = await startPage(({ endedSessions }) => ({
      endedSessions: {
        ...endedSessions,
        hasEnded() {
          throw new TypeError('a defect');
        },
      },
    }));
    expect(answer).toBeInstanceOf(Response);
    expect((answer as Response).status).toBe(500);
    expect(events).toContainEqual(expect.objectContaining({ event: 'problem', code: 'INTERNAL', cause: 'TypeError' }));
  });
});
