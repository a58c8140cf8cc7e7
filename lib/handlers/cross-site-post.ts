import type { Deps } from '../context.ts';
import { RequestError } from '../errors.ts';
import { EXPIRED_THERE } from '../protocol/authorization.ts';
import { seeOther } from '../responses.ts';
import { FORM_MS } from '../timing.ts';
import type { RequestContext } from '../types/request.ts';
import { formOf } from './form-body.ts';

/**
 * Forms that pages of other sites post. A browser sends no `SameSite=Lax` cookie with them (RFC 6265bis §5.2), so they can
 * neither find a flow nor a session. They change nothing: each turns into the GET of its path, which carries the cookies.
 */

/** What the GET of the callback reads. Further parameters, such as the name that Apple sends as `user`, stay out of the URL. */
const OF_CALLBACK = ['code', 'state', 'iss', 'error', 'error_ref', 'request_id'];
/** OIDC Core §4 */
const OF_LOGIN = ['iss', 'login_hint', 'target_link_uri'];

/** OAuth 2.0 Form Post Response Mode §2 */
export async function callbackPost({ request }: RequestContext, { settings }: Deps): Promise<Response> {
  const form = await singleForm(request);
  // Of the descriptions of an error, the GET reads this one; the others are free text.
  const isExpired = form.get('error_description') === EXPIRED_THERE;
  const read = isExpired ? [...OF_CALLBACK, 'error_description'] : OF_CALLBACK;
  return toGet(settings.site.callbackPath, only(read, form), settings);
}

/** OIDC Core §4: the login initiation endpoint takes GET and POST. */
export async function loginPost({ request, basePath }: RequestContext, { settings }: Deps): Promise<Response> {
  const form = await singleForm(request);
  if (!form.get('iss')) throw new RequestError('BAD_REQUEST', { reason: 'iss is missing' });
  return toGet(`${basePath}/auth/login`, only(OF_LOGIN, form), settings);
}

const toGet = (path: string, parameters: URLSearchParams, { site }: Deps['settings']): Response =>
  seeOther(new URL(`${path}?${parameters}`, site.canonicalOrigin));

const only = (names: readonly string[], form: URLSearchParams): URLSearchParams =>
  new URLSearchParams([...form].filter(([name]) => names.includes(name)));

/** @throws {RequestError} `BAD_REQUEST`, `BODY_TOO_LARGE` */
async function singleForm(request: Request): Promise<URLSearchParams> {
  const form = await formOf(request, FORM_MS);
  const names = [...form.keys()];
  // RFC 6749 §3.1: each parameter once
  if (new Set(names).size < names.length) throw new RequestError('BAD_REQUEST', { reason: 'doubled parameter' });
  return form;
}
