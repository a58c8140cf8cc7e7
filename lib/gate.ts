import { problemAnswer } from './answers';
import { randomText } from './crypto/random';
import type { Deps } from './deps';
import { asGateError, ConfigError, type GateError, PROBLEMS, RequestError } from './errors';
import { callback } from './flows/callback';
import { login } from './flows/login';
import { confirmLogout, logout } from './flows/logout';
import { protect } from './flows/protect';
import { refresh } from './flows/refresh';
import { session } from './flows/session';
import { isBelow, type Place, readings, withHidden } from './policy/path';
import { requestKind } from './policy/request-kind';
import type { Answer, Config, Log, Visit } from './types';

type Handler = (visit: Visit, deps: Deps) => Promise<Response>;
type Methods = Readonly<Partial<Record<'GET' | 'POST', Handler>>>;

/** The routes of the gate, canonical. The callback's path is whatever the registered redirect URI says. */
const routes = (config: Pick<Config, 'callbackPath'>): Readonly<Record<string, Methods>> => ({
  '/auth/login': { GET: login },
  '/auth/session': { GET: session },
  '/auth/refresh': { POST: refresh },
  '/auth/logout': { GET: confirmLogout, POST: logout },
  [readings(config.callbackPath)?.[0] ?? config.callbackPath]: { GET: callback },
});

export interface GateOptions {
  /** Builds the desks of this isolate; may throw a `ConfigError`. */
  readonly load: () => Deps;
  /** For the failures that come before there are desks. */
  readonly log: Log;
  /** Names faulty variables in the page. For a developer's own machine. */
  readonly showVariables: boolean;
}

/**
 * @param place where the request is in the site, when that has a base path or locales: `request.url` still names them,
 *   and no rule does
 */
export type Gate = (request: Request, waitUntil: (work: Promise<unknown>) => void, place?: Place) => Promise<Answer>;

/** The front door: every request of the site comes in here, and every failure goes out through the one catch. */
export function createGate(options: GateOptions): Gate {
  const desks = loadOnce(options);
  return async (request, waitUntil, place) => {
    const visit: Visit = {
      request,
      url: new URL(request.url),
      ref: randomText(72),
      startedAt: Date.now(),
      waitUntil,
    };
    let answer: Answer;
    try {
      answer = await dispatch(visit, place ?? visit.url, desks());
    } catch (thrown) {
      answer = failed(asGateError(thrown), visit, options);
    }
    return answer instanceof Response ? finished(answer, visit) : answer;
  };
}

/** The desks, or the configuration's fault, made at the first request and kept: one isolate has one environment. */
function loadOnce({ load, log }: GateOptions): () => Deps {
  let loaded: { readonly deps: Deps } | { readonly fault: ConfigError } | undefined;
  return () => {
    try {
      loaded ??= { deps: load() };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      loaded = { fault: error };
      log({ event: 'misconfigured', variables: { ...error.variables } });
    }
    if ('fault' in loaded) throw loaded.fault;
    return loaded.deps;
  };
}

async function dispatch(visit: Visit, { pathname, locale }: Place, deps: Deps): Promise<Answer> {
  const [here, whole] = [readings(pathname), readings(visit.url.pathname)];
  if (here === null || whole === null) throw new RequestError('BAD_PATH');
  const table = routes(deps.config);
  const methods = route(table, here) ?? route(table, whole); // the registered callback has the base path in it
  if (methods) return handler(methods, visit.request.method)(visit, deps);
  const paths = withHidden(here, locale);
  if (paths === null) throw new RequestError('BAD_PATH');
  const gated = paths.some((reading) => isBelow(reading.toLowerCase(), '/auth'));
  if (gated && !deps.rules.some((rule) => paths.includes(rule.path))) throw new RequestError('NOT_FOUND');
  return protect(visit, paths, deps);
}

function route(table: Readonly<Record<string, Methods>>, [path, ...otherReadings]: readonly string[]) {
  return path !== undefined && otherReadings.length === 0 && Object.hasOwn(table, path) ? table[path] : undefined;
}

function handler(methods: Methods, method: string): Handler {
  const found = method === 'GET' || method === 'HEAD' ? methods.GET : method === 'POST' ? methods.POST : undefined;
  if (found) return found;
  const allow = [...Object.keys(methods), ...(methods.GET ? ['HEAD'] : [])].join(', ');
  throw new RequestError('METHOD_NOT_ALLOWED', { allow });
}

/** The one place where a failure becomes an answer and a log line. The line has codes and reasons of ours, no values. */
function failed(error: GateError, visit: Visit, { log, showVariables }: GateOptions): Response {
  const { code, details, actor } = error;
  const { status } = PROBLEMS[code];
  const cause = details.cause instanceof Error ? details.cause.name : undefined;
  log({ event: 'problem', ref: visit.ref, code, status, actor, reason: details.reason, cause });
  const kind = requestKind(visit.request);
  return problemAnswer(error, {
    ref: visit.ref,
    asPage: kind === 'document' || kind === 'form',
    ...(showVariables && error instanceof ConfigError && { variables: error.variables }),
  });
}

function finished(response: Response, { ref, request }: Visit): Response {
  response.headers.set('cache-control', 'private, no-store');
  response.headers.append('vary', 'Cookie');
  response.headers.set('x-request-id', ref);
  if (request.method !== 'HEAD') return response;
  return new Response(null, response);
}
