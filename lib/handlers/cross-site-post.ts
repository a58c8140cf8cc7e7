import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { EXPIRED_THERE } from '../protocol/authorization.ts';
import { seeOther } from '../responses.ts';
import { withDeadline } from '../timers.ts';
import { FORM_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';

/**
 * Forms that pages of other sites post. A browser sends no `SameSite=Lax` cookie with them (RFC 6265bis §5.2), so they can
 * neither find a flow nor a session. They change nothing: each turns into the GET of its path, which carries the cookies.
 */

/** What the GET of the callback reads. Further parameters, such as the name that Apple sends as `user`, stay out of the URL. */
const OF_CALLBACK = ['code', 'state', 'iss', 'error', 'error_ref', 'request_id'];
/** OIDC Core §4 */
const OF_LOGIN = ['iss', 'login_hint', 'target_link_uri'];

const MAX_FORM_BYTES = 64 * 1024;

/** OAuth 2.0 Form Post Response Mode §2 */
export async function callbackPost({ request }: RequestContext, { settings }: Deps): Promise<Response> {
  const form = await formOf(request);
  // Of the descriptions of an error, the GET reads this one; the others are free text.
  const isExpired = form.get('error_description') === EXPIRED_THERE;
  const read = isExpired ? [...OF_CALLBACK, 'error_description'] : OF_CALLBACK;
  return toGet(settings.site.callbackPath, only(read, form), settings);
}

/** OIDC Core §4: the login initiation endpoint takes GET and POST. */
export async function loginPost({ request, basePath }: RequestContext, { settings }: Deps): Promise<Response> {
  const form = await formOf(request);
  if (!form.get('iss')) throw new RequestError('BAD_REQUEST', { reason: 'iss is missing' });
  return toGet(`${basePath}/auth/login`, only(OF_LOGIN, form), settings);
}

const toGet = (path: string, parameters: URLSearchParams, { site }: Deps['settings']): Response =>
  seeOther(new URL(`${path}?${parameters}`, site.canonicalOrigin));

const only = (names: readonly string[], form: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...form].filter(([name]) => names.includes(name)));

/**
 * The form that a request brings, each parameter once (RFC 6749 §3.1).
 *
 * @throws {RequestError} `BAD_REQUEST`, `BODY_TOO_LARGE`
 */
async function formOf(request: Request): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? ''))
    throw new RequestError('BAD_REQUEST', { reason: 'the body is no form' });
  const form = new URLSearchParams(await withDeadline(textOf(request), FORM_MS, unreadable));
  const names = [...form.keys()];
  if (new Set(names).size < names.length) throw new RequestError('BAD_REQUEST', { reason: 'doubled parameter' });
  return form;
}

/** The body, read no further than its limit: it may announce no length, or a wrong one. */
async function textOf({ headers, body }: Request): Promise<string> {
  if (Number(headers.get('content-length')) > MAX_FORM_BYTES) throw new RequestError('BODY_TOO_LARGE');
  const reader = body?.getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  try {
    for (let size = 0; reader; ) {
      const { value, done } = await reader.read();
      if (done) break;
      size += value.byteLength;
      if (size > MAX_FORM_BYTES) throw new RequestError('BODY_TOO_LARGE');
      text += decoder.decode(value, { stream: true });
    }
    return text + decoder.decode();
  } catch (thrown) {
    reader?.cancel().catch(() => {}); // what is left of the body is of no use
    if (thrown instanceof RequestError) throw thrown;
    return unreadable();
  }
}

/** It is cut off, comes too slowly, or is not UTF-8. */
function unreadable(): never {
  throw new RequestError('BAD_REQUEST', { reason: 'the body cannot be read' });
}
