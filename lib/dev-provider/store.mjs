/** More than any test makes; beyond it the oldest entry goes, so that a demo left running does not grow for ever. */
const LIMIT = 20_000;

/**
 * What the provider remembers. The library's own memory adapter holds a thousand entries, about a hundred sign-ins, and
 * drops live refresh tokens after that, which a test would take for the gate's fault.
 *
 * @param {unknown} [saved] what a store dumped before
 */
export function createStore(saved = []) {
  const entries = restored(saved);

  /** @param {string} key */
  const live = (key) => {
    const entry = entries.get(key);
    if (entry && entry.expiresAt <= Date.now()) entries.delete(key);
    return entries.get(key)?.payload;
  };
  /** @param {string} model @param {string} name @param {unknown} value */
  const keysWith = (model, name, value) =>
    [...entries.keys()].filter((key) => key.startsWith(`${model}:`) && live(key)?.[name] === value);

  /** One adapter for each kind of thing. @param {string} model */
  const adapter = (model) => {
    const keyOf = (/** @type {string} */ id) => `${model}:${id}`;
    return {
      async upsert(
        /** @type {string} */ id,
        /** @type {Record<string, any>} */ payload,
        /** @type {number} */ seconds,
      ) {
        const key = keyOf(id);
        entries.delete(key); // so that the order of the map is the order of writing
        entries.set(key, { payload, expiresAt: Date.now() + seconds * 1000 });
        const [oldest] = entries.keys();
        if (entries.size > LIMIT && oldest !== undefined) entries.delete(oldest);
      },
      async find(/** @type {string} */ id) {
        return live(keyOf(id));
      },
      async findByUid(/** @type {string} */ uid) {
        const [key] = keysWith(model, 'uid', uid);
        return key && live(key);
      },
      async consume(/** @type {string} */ id) {
        const payload = live(keyOf(id));
        if (payload) payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(/** @type {string} */ id) {
        entries.delete(keyOf(id));
      },
      async revokeByGrantId(/** @type {string} */ grantId) {
        for (const key of keysWith(model, 'grantId', grantId)) entries.delete(key);
      },
    };
  };
  return { adapter, dump: () => [...entries].filter(([, { expiresAt }]) => expiresAt > Date.now()) };
}

/** @typedef {{ payload: Record<string, any>, expiresAt: number }} Kept */

/** @param {unknown} saved entries that are none are left out @returns {Map<string, Kept>} */
function restored(saved) {
  const rows = Array.isArray(saved) ? saved : [];
  return new Map(rows.filter((row) => Array.isArray(row) && typeof row[1]?.payload === 'object'));
}
