/** The upstream of `gatehouse.config.ts`. */
export const API = '/api/backend';

/** Why a request brought no result, and what the person can do about it. */
export interface Failure {
  readonly text: string;
  /** Where a sign-in leads back to this page. */
  readonly signIn?: { readonly href: string; readonly label: string };
  /** Whether the same request may succeed later. */
  readonly again?: true;
}

/** Asks the API. @throws {Refused} the API or the gate refuses, or neither answers */
export async function ask(path: string, init?: RequestInit): Promise<Response> {
  const response = await fetch(API + path, init).catch(() => {
    throw new Refused(UNREACHABLE);
  });
  if (response.ok) return response;
  throw new Refused(failureOf(response.status, await response.text().catch(() => '')));
}

export class Refused extends Error {
  constructor(readonly failure: Failure) {
    super(failure.text);
  }
}

export const failureIn = (error: unknown): Failure => (error instanceof Refused ? error.failure : UNREACHABLE);

export const UNREACHABLE: Failure = { text: 'The API does not answer. Nothing is lost.', again: true };

/** What an answer means that is no success: a problem (RFC 9457) of the gate, which has a `code`, or of the API. */
export function failureOf(status: number, body: string): Failure {
  const { code, loginUrl: href = '/auth/login?returnTo=/notes', title } = problemIn(body);
  // A 401 is always the gate's: no other answer may name the address of a link.
  if (status === 401 && code === 'STEP_UP_REQUIRED')
    return { text: 'This needs a second factor.', signIn: { href, label: 'Sign in with a second factor' } };
  if (status === 401 && code === 'UNAUTHENTICATED')
    return { text: 'You are signed out.', signIn: { href, label: 'Sign in again' } };
  if (status === 401) return { text: 'The API does not accept your sign-in.' };
  if (status === 403) return { text: 'You may not do this.' };
  if (status === 413) return { text: 'That is too large.' };
  if (status >= 500 || status === 429) return UNREACHABLE;
  return { text: title ?? 'The API has refused this.' };
}

interface Problem {
  readonly code?: string;
  readonly loginUrl?: string;
  readonly title?: string;
}

function problemIn(body: string): Problem {
  try {
    return JSON.parse(body) ?? {};
  } catch {
    return {}; // of a server in between
  }
}
