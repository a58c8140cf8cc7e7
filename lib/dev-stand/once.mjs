/** @template T @param {() => Promise<T>} work @returns {() => Promise<T>} every call gets the one result */
export function onlyOnce(work) {
  /** @type {Promise<T> | undefined} */
  let running;
  return () => {
    running ??= work();
    return running;
  };
}
