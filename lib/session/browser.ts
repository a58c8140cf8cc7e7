import { openFlows } from './login-flow.ts';
import { openSession } from './session-cookie.ts';

type Deps = Parameters<typeof openSession>[1] & {
  readonly endedSessions: { hasEnded(id: string): boolean };
};

/**
 * What names this browser in its session and its flows; undefined for one that has neither. A session that is known to have
 * ended is none: what begins now is not what its sign-out has ended.
 */
export async function browserOf(cookieHeader: string | null, deps: Deps): Promise<string | undefined> {
  if (!cookieHeader) return undefined;
  const { session } = await openSession(cookieHeader, deps);
  if (session && !deps.endedSessions.hasEnded(session.id)) return session.browser;
  return (await openFlows(cookieHeader, deps))[0]?.browser;
}
