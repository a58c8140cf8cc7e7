import { RequestError } from '../errors.ts';
import { withDeadline } from '../timers.ts';

/** Of a form that another site posts. */
const MAX_FORM_BYTES = 64 * 1024;

/**
 * The form that a request brings.
 *
 * @param withinMs it has arrived by then
 * @throws {RequestError} `BAD_REQUEST`, `BODY_TOO_LARGE`
 */
export async function formOf(request: Request, withinMs: number): Promise<URLSearchParams> {
  if (!/^application\/x-www-form-urlencoded\s*(;|$)/i.test(request.headers.get('content-type') ?? ''))
    throw new RequestError('BAD_REQUEST', { reason: 'the body is no form' });
  return new URLSearchParams(await bodyText(request, withinMs));
}

/** A body that is no form, as a text; as {@link formOf} otherwise. */
export const bodyText = (request: Request, withinMs: number): Promise<string> =>
  withDeadline(textOf(request), withinMs, unreadable);

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
