import { randomText } from './crypto/random.ts';
import type { GateError } from './errors.ts';
import { problemPage } from './pages/problem.ts';
import { PROBLEMS } from './problems.ts';

/** The same answer with `Set-Cookie` values on it. */
export function addCookies(response: Response, cookies: readonly string[]): Response {
  for (const cookie of cookies) response.headers.append('set-cookie', cookie);
  return response;
}

/**
 * 303: the browser goes on with GET, whatever the method was; 307 and 308 would replay a POST elsewhere. A whole URL,
 * because Next fails on a relative `Location`.
 */
export const seeOther = (location: URL, cookies: readonly string[] = []): Response =>
  addCookies(new Response(null, { status: 303, headers: { location: location.href } }), cookies);

export const json = (body: unknown, cookies: readonly string[] = [], status = 200): Response =>
  addCookies(jsonText(body, status, 'application/json'), cookies);

/**
 * A page of the gate. No script, no frame, no foreign resource. There is no `form-action` on purpose: browsers apply it
 * to the redirects that follow a form too, and logout is followed by one to the provider.
 */
export function page(render: (nonce: string) => string, status = 200): Response {
  const nonce = randomText(128);
  return new Response(render(nonce), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'; base-uri 'none'; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
    },
  });
}

/**
 * A page that goes on by itself: for a browser that must not follow a redirect here, because Next makes it relative, or
 * because `form-action` of the page with the form forbids where the redirects end (CSP3 §6.4.2).
 */
export function goOn(target: URL, render: (nonce: string) => string, cookies: readonly string[] = []): Response {
  const response = page(render);
  response.headers.set('refresh', `0; url=${target.href}`);
  return addCookies(response, cookies);
}

interface ProblemContext {
  readonly ref: string;
  /** Where the site lives; see `RequestContext`. */
  readonly basePath: string;
  /** A person looks at the answer, not a program. */
  readonly asPage: boolean;
  /** Names of faulty variables with what is wrong; for `next dev` only. */
  readonly variables?: Readonly<Record<string, string>>;
}

/**
 * A failure as a page or as problem JSON (RFC 9457), with the public text of its code and nothing else. "Try again" is
 * the empty link where that can help, which loads the same address: written out, a callback's would put the code into
 * the page.
 */
export function problemAnswer(error: GateError, context: ProblemContext): Response {
  const { code, details } = error;
  const { basePath } = context;
  const loginUrl = error.attached.loginUrl ?? `${basePath}/auth/login`;
  const { status, title, sentence, recovery } = PROBLEMS[code];
  const { supportRef, hosts, note } = details;
  const more = { supportRef, note, ...(hosts && { hosts }) };
  const response = context.asPage
    ? page(
        (nonce) => problemPage({ ...context, code, nonce, loginUrl, retryUrl: error.attached.retryUrl ?? '', ...more }),
        status,
      )
    : jsonText(
        {
          title,
          status,
          code,
          detail: note ? `${sentence} ${note}` : sentence,
          ref: context.ref,
          ...(supportRef && { supportRef }),
          ...(hosts && { hosts }),
          ...(recovery === 'sign-in' && { loginUrl }),
        },
        status,
        'application/problem+json',
      );
  if (details.retryAfterSeconds) response.headers.set('retry-after', String(details.retryAfterSeconds));
  if (details.allow) response.headers.set('allow', details.allow);
  if (details.challenge) response.headers.set('www-authenticate', details.challenge);
  return addCookies(response, error.attached.cookies);
}

const jsonText = (body: unknown, status: number, type: string): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': type, 'x-content-type-options': 'nosniff' },
  });
