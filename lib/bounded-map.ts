/**
 * A `Map` that holds so many entries at most and forgets the one that was written longest ago. What an isolate remembers
 * of its visitors must not grow with their number.
 */
export function createBoundedMap<Key, Value>(max: number): Map<Key, Value> {
  const map = new Map<Key, Value>();
  const set = map.set.bind(map);
  map.set = (key, value) => {
    map.delete(key); // a Map keeps insertion order: what is written again is the newest
    set(key, value);
    const [oldest] = map.keys();
    if (map.size > max && oldest !== undefined) map.delete(oldest);
    return map;
  };
  return map;
}
