import { randomUUID } from 'node:crypto';

const MAX_NOTES = 50;
const MAX_LENGTH = 200;
/** A note is deleted with this, all notes with a second factor that is not older. */
const SECOND_FACTOR = { acr: 'urn:sso:loa:mfa', maxAge: 300 };

/**
 * @typedef {object} Note
 * @property {string} id
 * @property {string} text
 * @property {string} createdAt
 *
 * @typedef {{ status: number, body?: unknown, headers?: Record<string, string> }} Reply
 */

/** The notes of each person, in memory. */
export function createNotes() {
  /** @type {Map<string, Note[]>} */
  const notes = new Map();
  const of = (/** @type {string} */ sub) => notes.get(sub) ?? [];
  return {
    /** @param {string} sub @returns {Reply} */
    list: (sub) => ({ status: 200, body: { notes: of(sub) } }),

    /** @param {string} sub @param {string} json @returns {Reply} */
    add(sub, json) {
      const text = textOf(json);
      if (text === undefined) return problem(422, `A note has 1 to ${MAX_LENGTH} characters.`);
      if (of(sub).length >= MAX_NOTES) return problem(409, `There are ${MAX_NOTES} notes already.`);
      const note = { id: randomUUID(), text, createdAt: new Date().toISOString() };
      notes.set(sub, [...of(sub), note]);
      return { status: 201, body: note };
    },

    /** @param {string} sub @param {string} id @returns {Reply} */
    remove(sub, id) {
      const left = of(sub).filter((note) => note.id !== id);
      if (left.length === of(sub).length) return problem(404, 'There is no such note.');
      notes.set(sub, left);
      return { status: 204 };
    },

    /**
     * What cannot be undone wants a second factor (RFC 9470 §3).
     *
     * @param {import('./token.mjs').Caller} caller @returns {Reply}
     */
    removeAll({ sub = '', acr, auth_time }) {
      const age = Date.now() / 1000 - Number(auth_time ?? 0);
      if (acr !== SECOND_FACTOR.acr || age > SECOND_FACTOR.maxAge) return STEP_UP;
      notes.delete(sub);
      return { status: 204 };
    },
  };
}

/** @param {number} status @param {string} detail @param {Record<string, string>} [headers] @returns {Reply} */
export const problem = (status, detail, headers = {}) => ({
  status,
  body: { title: detail, status },
  headers: { ...headers, 'content-type': 'application/problem+json' },
});

const STEP_UP = problem(401, 'A second factor is needed.', {
  'www-authenticate':
    'Bearer error="insufficient_user_authentication", error_description="A second factor is needed", ' +
    `acr_values="${SECOND_FACTOR.acr}", max_age="${SECOND_FACTOR.maxAge}"`,
});

/** @param {string} json */
function textOf(json) {
  try {
    const { text } = JSON.parse(json);
    const trimmed = typeof text === 'string' ? text.trim() : '';
    return trimmed !== '' && trimmed.length <= MAX_LENGTH ? trimmed : undefined;
  } catch {
    return undefined;
  }
}
