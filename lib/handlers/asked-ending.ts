import { RequestError } from '../errors.ts';
import { FORM_MS } from '../timing.ts';
import { bodyText, formOf } from './form-body.ts';

/** Which of the person's sessions are to end: one of them, all but the one that asks, or all. */
export type AskedEnding = { readonly id: string } | 'others' | 'all';

const NAMES: readonly string[] = ['id', 'others', 'all'];

/**
 * What `POST /auth/sessions` is asked for: exactly one of the names. In a form with any value, as `<button name="others">` sends
 * none; in JSON with `true`.
 *
 * @throws {RequestError} `BAD_REQUEST`, `BODY_TOO_LARGE`
 */
export async function askedEnding(request: Request): Promise<AskedEnding> {
  const isJson = /^application\/json\s*(;|$)/i.test(request.headers.get('content-type') ?? '');
  const fields: readonly (readonly [string, unknown])[] = isJson
    ? membersOf(await bodyText(request, FORM_MS))
    : [...(await formOf(request, FORM_MS))];
  const [asked, ...more] = fields.filter(([name]) => NAMES.includes(name));
  if (!asked || more.length > 0) return refused();
  const [name, value] = asked;
  if (name === 'id') return typeof value === 'string' ? { id: value } : refused();
  return !isJson || value === true ? (name as 'others' | 'all') : refused();
}

function membersOf(text: string): [string, unknown][] {
  try {
    return Object.entries(JSON.parse(text) ?? {});
  } catch {
    return refused();
  }
}

function refused(): never {
  throw new RequestError('BAD_REQUEST', { reason: 'needs one of id, others, all' });
}
