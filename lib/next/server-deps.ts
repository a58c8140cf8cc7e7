import { after } from 'next/server';
import { createDeps, type Deps } from '../context.ts';
import type { GatehouseConfig } from '../site-configuration.ts';
import { withDeadline } from '../timers.ts';
import { REVOKE_WAIT_MS } from '../timing.ts';
import { environmentOf, logOf } from './environment.ts';

/** What the middleware works with, in the process of the pages; made at the first call, because a build has no environment. */
export function depsOf(site: GatehouseConfig): () => Deps {
  let made: Deps | undefined;
  return () => {
    if (!made) {
      const deps = createDeps(environmentOf(site));
      // The rules are the middleware's: any kept claim may be one that they look at.
      const named = new Map(deps.settings.session.claims.map((name) => [name, 'whole' as const]));
      made = { ...deps, named, log: logOf(site) };
    }
    return made;
  };
}

/** Work that goes on behind the answer. The Pages Router has no such thing, and waits for it, two seconds at most. */
export async function behindAnswer(work: readonly Promise<unknown>[]): Promise<void> {
  if (work.length === 0) return;
  const all = Promise.all(work);
  try {
    after(all);
  } catch {
    await withDeadline<unknown>(all, REVOKE_WAIT_MS, () => undefined);
  }
}
