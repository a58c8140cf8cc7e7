import type { PublicSession } from '../types/session.ts';
import type { Page } from './page.ts';

/**
 * Whether an answer of the server differs from the last one that any tab of this browser got, as after a sign-in that has just come
 * back from the provider. `localStorage` remembers for it when the session ends; it holds no person, and nothing without a session.
 */
export function isNews(page: Page, name: string, session: PublicSession | null): boolean {
  const ends = session?.idleExpiresAt ?? '';
  try {
    const storage = page.localStorage;
    if ((storage[name] ?? '') === ends) return false;
    storage[name] = ends;
    return true;
  } catch {
    return false; // the browser forbids it
  }
}
