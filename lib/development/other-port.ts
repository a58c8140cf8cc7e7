import { ConfigError } from '../errors.ts';
import type { Log } from '../events.ts';
import { isLoopback } from '../loopback.ts';
import type { Answer, RequestContext } from '../types/request.ts';

interface Hosts {
  readonly seen: string;
  readonly expected: string;
}

/** The redirect of the gate to `/auth/login` on the canonical host; the handler has the same name. */
const REDIRECTED = 'hop';

/**
 * `next dev` takes another port when its own is in use, or when it is told so. A sign-in then goes to the port of `APP_URL`, where
 * nothing or another site listens, and cannot come back. The page in place of that redirect names the cure.
 *
 * @throws {ConfigError} in place of such a redirect; other answers stay as they are
 */
export function refuseOtherPort(answer: Answer, { request, basePath, ref }: RequestContext, log: Log): void {
  const location = answer instanceof Response ? answer.headers.get('location') : null;
  const target = location === null ? null : new URL(location, request.url);
  if (target?.protocol !== 'http:' || !target.searchParams.has(REDIRECTED)) return;
  const hosts = { seen: request.headers.get('host') ?? '', expected: target.host };
  if (!isOtherPort(hosts)) return;
  log({ event: 'host_mismatch', ref, ...hosts });
  throw new ConfigError({ 'APP_URL (or SSO_REDIRECT_URI)': otherPort(hosts, basePath) });
}

/** Both are hosts of this machine, and a port is all that may lead to another site. */
export function isOtherPort({ seen, expected }: Hosts): boolean {
  const [from, to] = [seen, expected].map((host) =>
    URL.canParse(`http://${host}`) ? new URL(`http://${host}`) : null,
  );
  return Boolean(from && to) && [from, to].every((url) => url && isLoopback(url)) && from?.port !== to?.port;
}

/** What is wrong, and what to do. */
export function otherPort({ seen, expected }: Hosts, basePath = ''): string {
  const port = new URL(`http://${expected}`).port || '80';
  return `leads to http://${expected}, and this is http://${seen}. Start the site there (next dev --port ${port}), or write: APP_URL=http://${seen}${basePath}`;
}
