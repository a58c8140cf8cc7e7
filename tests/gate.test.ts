import { describe, expect, it } from 'vitest';
import { createDeps } from '../lib/deps';
import { createGate } from '../lib/gate';
import { defineRules } from '../lib/policy/rules';
import type { LogEvent } from '../lib/types';
import { createWorld } from './world/world';

const surroundings = { waitUntil: () => {} };

describe('the gate', () => {
  it('logs the cause of a failure by its name, and never what it says', async () => {
    const logged: LogEvent[] = [];
    const load = () => {
      throw new TypeError('planted-message');
    };
    const gate = createGate({ load, log: (event) => logged.push(event), showVariables: false });
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
    const gate = createGate({ load: () => ({ ...createDeps(env), rules }), log: () => {}, showVariables: false });
    const ask = (path: string) => gate(new Request(site + path), surroundings);
    expect(await ask('/auth/nothing')).toMatchObject({ status: 404 });
    expect(await ask('/auth/help')).toMatchObject({ continue: true });
  });
});
