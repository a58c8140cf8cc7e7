import { randomText } from './crypto/random.ts';
import type { GateError } from './errors.ts';
import { pictureOf } from './pages/appearance.ts';
import type { Html } from './pages/html.ts';
import type { Frame, View } from './pages/look.ts';
import { problemPage } from './pages/problem.ts';
import { redirectPage } from './pages/redirect.ts';
import type { OnwardPhrase } from './pages/texts.ts';
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
 * A page of the gate. No script, no frame, no foreign resource; of pictures the site's logo alone. There is no `form-action` on
 * purpose: browsers apply it to the redirects that follow a form too, and logout is followed by one to the provider.
 */
export function page(view: View, render: (frame: Frame) => string, status = 200): Response {
  const nonce = randomText(128);
  const picture = pictureOf(view.appearance, view.basePath);
  const pictures = picture ? `; img-src ${picture.origins}` : '';
  return new Response(render({ ...view, nonce }), {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `default-src 'none'; style-src 'nonce-${nonce}'${pictures}; base-uri 'none'; frame-ancestors 'none'`,
      'x-content-type-options': 'nosniff',
      'cross-origin-opener-policy': 'same-origin',
      ...inLanguage(view),
    },
  });
}

/** RFC 9110 §8.5, §12.5.5 */
const inLanguage = ({ language }: View) => ({ 'content-language': language.tag, vary: 'Accept-Language' });

/**
 * A page that goes on by itself: for a browser that must not follow a redirect here, because Next makes it relative, or
 * because `form-action` of the page with the form forbids where the redirects end (CSP3 §6.4.2).
 */
export function goOn(target: URL, why: OnwardPhrase, view: View, cookies: readonly string[] = []): Response {
  const response = page(view, (frame) => redirectPage({ ...frame, url: target.href, why }));
  response.headers.set('refresh', `0; url=${target.href}`);
  return addCookies(response, cookies);
}

interface ProblemContext {
  readonly ref: string;
  readonly view: View;
  /** A person looks at the answer, not a program. */
  readonly asPage: boolean;
  /** See `ProblemPage`. */
  readonly cures?: Html | undefined;
}

/**
 * A failure as a page or as problem JSON, with the public text of its code and nothing else. "Try again" is the empty link where
 * that can help, which loads the same address: written out, a callback's would put the code into the page.
 */
export function problemAnswer(error: GateError, { ref, view, asPage, cures }: ProblemContext): Response {
  const { code, details } = error;
  const { status } = PROBLEMS[code];
  const response = asPage
    ? page(view, (frame) => problemPage({ ...frame, ...details, ...waysOf(error), ref, code, cures }), status)
    : jsonText(problemOf(error, ref, view), status, 'application/problem+json', inLanguage(view));
  return withDetails(response, error);
}

/** What the ways forward from a failure are made of. */
export const waysOf = ({ attached }: GateError) => ({ ...attached, retryUrl: attached.retryUrl ?? '' });

/**
 * A failure by RFC 9457. The texts follow the language (§3.1.3), because scripts show them to people; a program goes by the code.
 */
export function problemOf({ code, details, attached }: GateError, ref: string, { language, basePath }: View) {
  const { status, recovery } = PROBLEMS[code];
  const { problems, phrases } = language.texts;
  const [title, sentence] = problems[code];
  const { supportRef, hosts, note } = details;
  return {
    title,
    status,
    code,
    detail: note ? `${sentence} ${phrases[note]}` : sentence,
    ref,
    ...(supportRef && { supportRef }),
    ...(hosts && { hosts }),
    ...(recovery === 'sign-in' && { loginUrl: attached.loginUrl ?? `${basePath}/auth/login` }),
  };
}

/** The same answer with what a failure has in headers. */
export function withDetails(response: Response, { details, attached }: GateError): Response {
  if (details.retryAfterSeconds) response.headers.set('retry-after', String(details.retryAfterSeconds));
  if (details.allow) response.headers.set('allow', details.allow);
  if (details.challenge) response.headers.set('www-authenticate', details.challenge);
  return addCookies(response, attached.cookies);
}

const jsonText = (body: unknown, status: number, type: string, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': type, 'x-content-type-options': 'nosniff', ...headers },
  });
