/** What reached the API of the world. */
export interface ApiCall {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  /** Null for a body that broke off. */
  readonly text: Promise<string | null>;
  /** Ends when the gate gives the request up. */
  readonly signal: AbortSignal;
}

export type ApiAnswer = (call: ApiCall) => Response | Promise<Response>;

/** An API behind the gate's proxy: it remembers every call, and answers what a test says. */
export interface Api {
  /** The value of `BACKEND_API_URL`. */
  readonly base: string;
  readonly calls: ApiCall[];
  /** Answers from now on. */
  answer: ApiAnswer;
}

export const createApi = (origin: string): Api => ({
  base: `${origin}/v1`,
  calls: [],
  answer: () => Response.json({ ok: true }),
});

/** What the network calls. */
export async function callApi(api: Api, request: Request): Promise<Response> {
  const { method, url, headers, signal } = request;
  const call = { method, url, headers, signal, text: request.text().catch(() => null) };
  api.calls.push(call);
  return api.answer(call);
}
