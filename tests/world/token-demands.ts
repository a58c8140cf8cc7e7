import { createDeps, type Deps } from '../../lib/context';
import { type Access, accessToken, type TokenDemand } from '../../lib/renewal/access-token';
import { openSession } from '../../lib/session/session-cookie';
import type { Session } from '../../lib/types/session';
import type { Browser } from './browser';
import { pendingWork } from './isolate';
import type { World } from './world';

const NAME = '__Host-Http-session';

/** An isolate that asks for access tokens, without the requests that make it ask. */
export interface Demanding {
  readonly deps: Deps;
  readonly session: Session;
  /** The same isolate with the session that an answer came with. */
  ask(demand?: TokenDemand, session?: Session): Promise<Access>;
  settled(): Promise<void>;
}

/** A cold isolate with the session that a browser has. */
export async function demandsOf(world: World, browser: Browser): Promise<Demanding> {
  const { waitUntil, settled } = pendingWork();
  const log: Deps['log'] = (event) => world.logs.push(JSON.stringify(event));
  const deps: Deps = { ...createDeps(world.env), log };
  const { session } = await openSession(`${NAME}=${browser.cookies.get(NAME)?.value}`, deps);
  if (!session) throw new Error('the browser has no session');
  return {
    deps,
    session,
    settled,
    ask: (demand = {}, of = session) => accessToken(of, demand, { ref: 'ref', startedAt: Date.now(), waitUntil }, deps),
  };
}

/** The token of an answer, or what it is in place of one. */
export const tokenIn = (access: Access): string =>
  access.kind === 'token' ? nameOf(access.token.accessToken) : access.kind;

/** `test-at-2-…` → `at-2`. */
export const nameOf = (token: string): string => token.split('-').slice(1, 3).join('-');
