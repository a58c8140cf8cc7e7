/** More than any test makes; beyond it the oldest entry goes, so that a demo left running does not grow for ever. */
const LIMIT = 20_000;

/**
 * What the provider remembers. The library's own memory adapter holds a thousand entries, about a hundred sign-ins, and
 * drops live refresh tokens after that, which a test would take for the gate's fault.
 *
 * @returns {(model: string) => object} one adapter per kind of thing
 */
export function createStore() {
  /** @type {Map<string, { payload: Record<string, any>, expiresAt: number }>} */
  const entries = new Map();

  /** @param {string} key */
  const live = (key) => {
    const entry = entries.get(key);
    if (entry && entry.expiresAt <= Date.now()) entries.delete(key);
    return entries.get(key)?.payload;
  };
  /** @param {string} model @param {string} name @param {unknown} value */
  const keysWith = (model, name, value) =>
    [...entries.keys()].filter((key) => key.startsWith(`${model}:`) && live(key)?.[name] === value);

  return (model) => {
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
}
