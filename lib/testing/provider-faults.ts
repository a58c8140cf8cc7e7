import { type Answer, type JsonObject, oauthError, toResponse } from './provider-answers.ts';
import type { SigningFault } from './provider-keys.ts';
import type { Endpoint } from './provider-ledger.ts';

type PerEndpoint<T> = Partial<Record<Endpoint, T>>;

/** What a fault of the token endpoint knows of the regular answer. */
export interface TokenAnswer {
  readonly grantType: string;
  readonly status: number;
}

/**
 * What the provider does wrong. All are off at first, any may be set together, and each takes effect at once.
 *
 * The order on the wire matters to a client that must not present a refresh token twice: `refuse`, `status` and `instead`
 * stand before the work (nothing was redeemed), all others after it (the code is spent, the token rotated).
 */
export interface Faults {
  /** Another set of claims for every ID token. */
  idToken?: ((claims: JsonObject) => JsonObject) | undefined;
  idTokenSigning?: SigningFault | undefined;
  /** Another value for `id_token`, made from the signed one. */
  rawIdToken?: ((idToken: string) => unknown) | undefined;
  /** Another answer of the token endpoint, errors included. */
  tokenResponse?: ((json: JsonObject, truth: TokenAnswer) => JsonObject | Response) | undefined;
  /** Other claims at the userinfo endpoint, signed like the true ones where it signs, or another answer. */
  userinfo?: ((claims: JsonObject) => JsonObject | Response) | undefined;
  userinfoSigning?: SigningFault | undefined;
  discovery?: ((json: JsonObject) => JsonObject | Response) | undefined;
  jwks?: ((json: JsonObject) => JsonObject | Response) | undefined;
  /** Other parameters for the callback, or a page in place of the redirect, to what was asked for. */
  authorize?: ((parameters: URLSearchParams, asked: URLSearchParams) => URLSearchParams | Response) | undefined;
  /** This status without doing the work, such as 503; with an OAuth error in its body; from 500 on, and with 429, one that passes. */
  readonly status: PerEndpoint<number>;
  /** An answer given without doing the work; null goes on regularly. */
  readonly instead: PerEndpoint<(form: URLSearchParams, url: URL) => Response | null | Promise<Response | null>>;
  /** The connection ends before anything is answered; a stopped server refuses all connections. */
  readonly refuse: PerEndpoint<boolean>;
  /** The work is done on arrival, the answer is late by so many milliseconds. */
  readonly delay: PerEndpoint<number>;
  /** The work is done, the answer never comes. */
  readonly hang: PerEndpoint<boolean>;
  /** The work is done, the connection breaks half way through the body. */
  readonly cut: PerEndpoint<boolean>;
}

export const noFaults = (): Faults => ({ status: {}, instead: {}, refuse: {}, delay: {}, hang: {}, cut: {} });

/** Ends every fault. */
export function clear(faults: Faults): void {
  for (const name of Object.keys(faults) as (keyof Faults)[]) delete (faults as Partial<Faults>)[name];
  Object.assign(faults, noFaults());
}

/** What is answered without doing the work. */
export async function insteadOf(
  endpoint: Endpoint,
  form: URLSearchParams,
  url: URL,
  { status, instead }: Faults,
): Promise<Response | null | undefined> {
  const code = status[endpoint];
  if (code === undefined) return instead[endpoint]?.(form, url);
  const isPassing = code >= 500 || code === 429;
  const { json, headers } = oauthError(
    isPassing ? 'temporarily_unavailable' : 'invalid_request',
    'a fault of the test',
  );
  return toResponse({
    status: code,
    ...(json && { json }),
    ...(headers && { headers }),
    outcome: 'instead',
  });
}

/** The answer with the faults applied to it. */
export function withFaults(endpoint: Endpoint, truth: Answer, grantType: string, faults: Faults): Response {
  const { json } = truth;
  if (!json) return toResponse(truth);
  let fault: JsonObject | Response = json;
  if (endpoint === 'discovery') fault = faults.discovery?.(json) ?? json;
  if (endpoint === 'jwks') fault = faults.jwks?.(json) ?? json;
  if (endpoint === 'token') fault = faults.tokenResponse?.(json, { grantType, status: truth.status }) ?? json;
  return fault instanceof Response ? fault : toResponse({ ...truth, json: fault });
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
  faults: Faults,
): Promise<Response> {
  if (faults.hang[endpoint]) await pause(null, signal);
  const late = faults.delay[endpoint];
  if (late) await pause(late, signal);
  return faults.cut[endpoint] ? cutInHalf(response) : response;
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
