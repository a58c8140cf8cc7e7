import { BASE_PATH } from './base-path.ts';
import type { Page } from './page.ts';
import { createSessionStore } from './session-store.ts';

/** The one store of a document. On a server it is never started, and so knows no session. */
export const store = createSessionStore({
  page: globalThis as unknown as Page,
  basePath: BASE_PATH,
  now: () => Date.now(),
});
