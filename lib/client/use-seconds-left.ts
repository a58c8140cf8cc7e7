import { useEffect, useReducer, useSyncExternalStore } from 'react';
import { store } from './browser.ts';

/**
 * The seconds that the session has left, or null: while there is more left than `most`, and where it is not known. The
 * component renders once a second while there is less.
 *
 * @param isShown false keeps the component still
 */
export function useSecondsLeft(most: number, isShown: () => boolean): number | null {
  const [, render] = useReducer((renders: number) => renders + 1, 0);
  const seconds = useSyncExternalStore(noSubscription, () => store.end.secondsLeft(most), none);
  useEffect(() => (isShown() ? store.end.tick(most, render) : undefined));
  return seconds;
}

const none = () => null;
const noSubscription = () => none;
