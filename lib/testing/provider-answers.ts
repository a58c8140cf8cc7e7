/** A JSON object on its way out. */
export type JsonObject = Record<string, unknown>;

/** What an endpoint decided; it becomes a `Response` only after the faults were applied. */
export interface Answer {
  readonly status: number;
  readonly json?: JsonObject;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** `ok`, or the OAuth error. */
  readonly outcome: string;
}

const STATUS: Readonly<Record<string, number>> = {
  access_denied: 403,
  invalid_client: 401,
  method_not_allowed: 405,
  not_found: 404,
};

export const ok = (json: JsonObject, status = 200): Answer => ({ status, json, outcome: 'ok' });

/** An error body with support references, in the headers too. */
export function oauthError(error: string, description: string): Answer {
  const error_ref = `SSOERR-${crypto.randomUUID().slice(0, 7).toUpperCase()}`;
  const request_id = `req-${crypto.randomUUID().slice(0, 8)}`;
  return {
    status: STATUS[error] ?? 400,
    json: { error, error_description: description, error_ref, request_id, retryable: false, support_action: 'login' },
    headers: { 'x-error-ref': error_ref, 'x-request-id': request_id },
    outcome: error,
  };
}

/** An error that must not travel to the redirect URI, because that URI or its owner is in doubt. */
export const errorPage = (error: string, text: string): Answer => ({ status: 400, text, outcome: error });

export const redirect = (location: URL, outcome: string, cookie?: string): Answer => ({
  status: 303,
  headers: { location: location.href, ...(cookie !== undefined && { 'set-cookie': cookie }) },
  outcome,
});

/** OAuth 2.0 Form Post Response Mode §2: a page whose form submits itself. */
export function formPost(action: URL, fields: URLSearchParams, outcome: string, cookie?: string): Answer {
  const inputs = [...fields].map(([name, value]) => `<input type="hidden" name="${name}" value="${value}">`);
  const text = `<body onload="document.forms[0].submit()"><form method="post" action="${action}">${inputs.join('')}</form>`;
  return { status: 200, text, headers: { ...(cookie !== undefined && { 'set-cookie': cookie }) }, outcome };
}

export function toResponse({ status, json, text, headers }: Answer): Response {
  const body = json ? JSON.stringify(json) : (text ?? null);
  const type = json ? 'application/json' : 'text/html; charset=utf-8';
  return new Response(body, { status, headers: { 'content-type': type, 'cache-control': 'no-store', ...headers } });
}
