import { type Answer, type JsonObject, toResponse } from './provider-answers';
import type { SigningLie } from './provider-keys';
import type { Endpoint } from './provider-ledger';

type PerEndpoint<T> = Partial<Record<Endpoint, T>>;

/** What a lie about a token answer knows of the true answer. */
export interface TokenAnswer {
  readonly grantType: string;
  readonly status: number;
}

/**
 * What the provider does wrong. All are off at first, any may be set together, and each takes effect at once.
 *
 * The order on the wire matters to a client that must not present a refresh token twice: `refuse` and `instead` stand
 * before the work (nothing was redeemed), all others after it (the code is spent, the token rotated).
 */
export interface Lies {
  /** Another set of claims for every ID token. */
  idToken?: ((claims: JsonObject) => JsonObject) | undefined;
  idTokenSigning?: SigningLie | undefined;
  /** Another value for `id_token`, made from the signed one. */
  rawIdToken?: ((idToken: string) => unknown) | undefined;
  /** Another answer of the token endpoint, errors included. */
  tokenResponse?: ((json: JsonObject, truth: TokenAnswer) => JsonObject | Response) | undefined;
  /** Other claims at the userinfo endpoint, signed like the true ones where it signs, or another answer. */
  userinfo?: ((claims: JsonObject) => JsonObject | Response) | undefined;
  userinfoSigning?: SigningLie | undefined;
  discovery?: ((json: JsonObject) => JsonObject | Response) | undefined;
  jwks?: ((json: JsonObject) => JsonObject | Response) | undefined;
  /** Other parameters for the callback, or a page in place of the redirect, to what was asked for. */
  authorize?: ((parameters: URLSearchParams, asked: URLSearchParams) => URLSearchParams | Response) | undefined;
  /** An answer given without doing the work; null goes on honestly. */
  readonly instead: PerEndpoint<(form: URLSearchParams, url: URL) => Response | null | Promise<Response | null>>;
  /** No connection. */
  readonly refuse: PerEndpoint<boolean>;
  /** The work is done on arrival, the answer is late by so many milliseconds. */
  readonly delay: PerEndpoint<number>;
  /** The work is done, the answer never comes. */
  readonly hang: PerEndpoint<boolean>;
  /** The work is done, the connection breaks half way through the body. */
  readonly cut: PerEndpoint<boolean>;
}

export const noLies = (): Lies => ({ instead: {}, refuse: {}, delay: {}, hang: {}, cut: {} });

/** Takes every lie back. */
export function clear(lies: Lies): void {
  for (const name of Object.keys(lies) as (keyof Lies)[]) delete (lies as Partial<Lies>)[name];
  Object.assign(lies, noLies());
}

/** The answer with what the lies make of it. */
export function withLies(endpoint: Endpoint, truth: Answer, grantType: string, lies: Lies): Response {
  const { json } = truth;
  if (!json) return toResponse(truth);
  let lie: JsonObject | Response = json;
  if (endpoint === 'discovery') lie = lies.discovery?.(json) ?? json;
  if (endpoint === 'jwks') lie = lies.jwks?.(json) ?? json;
  if (endpoint === 'token') lie = lies.tokenResponse?.(json, { grantType, status: truth.status }) ?? json;
  return lie instanceof Response ? lie : toResponse({ ...truth, json: lie });
}

/**
 * The answer as it arrives. An abort ends the wait, as it does in the real `fetch`.
 *
 * @throws the signal's reason
 */
export async function carry(
  endpoint: Endpoint,
  response: Response,
  signal: AbortSignal,
  lies: Lies,
): Promise<Response> {
  if (lies.hang[endpoint]) await pause(null, signal);
  const late = lies.delay[endpoint];
  if (late) await pause(late, signal);
  return lies.cut[endpoint] ? cutInHalf(response) : response;
}

function pause(milliseconds: number | null, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason);
    const timer = milliseconds === null ? undefined : setTimeout(resolve, milliseconds);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener('abort', abort, { once: true });
  });
}

async function cutInHalf(response: Response): Promise<Response> {
  const whole = new TextEncoder().encode(await response.text());
  const parts = [whole.slice(0, whole.length / 2)];
  const body = new ReadableStream({
    pull(controller) {
      const part = parts.pop();
      if (part) controller.enqueue(part);
      else controller.error(new TypeError('terminated'));
    },
  });
  return new Response(body, { status: response.status, headers: response.headers });
}
