/** The part of a browser's window that the store needs. */
export interface Page
  extends Pick<Window, 'addEventListener' | 'clearTimeout' | 'fetch' | 'localStorage' | 'location' | 'setTimeout'> {
  readonly document: Pick<Document, 'hidden'>;
  readonly BroadcastChannel: new (name: string) => Pick<BroadcastChannel, 'close' | 'onmessage' | 'postMessage'>;
}

/**
 * What happens to a page and in the other tabs of its site. What is announced to them has no content.
 *
 * Browsers keep no page with an open channel in the back/forward cache, or drop it at the next message: it is closed there.
 *
 * @param name of the channel
 * @param awake the page has the user's attention, or a network, again
 * @param heard another tab says that the session has changed
 * @param restored the browser has taken the page out of its back/forward cache
 * @returns announces to the other tabs that the session has changed
 */
export function listenTo(page: Page, name: string, awake: () => void, heard: () => void, restored: () => void) {
  const on = (type: string, listener: (event: Event) => unknown) => page.addEventListener(type, listener);
  let channel: InstanceType<Page['BroadcastChannel']>;
  let isSigningOut = false;
  const open = () => {
    channel = new page.BroadcastChannel(name);
    channel.onmessage = heard;
  };
  const announce = () => channel.postMessage(0);
  open();
  on('focus', awake);
  on('online', awake);
  on('visibilitychange', () => page.document.hidden || awake());
  on('submit', ({ target }) => {
    isSigningOut = /\/auth\/logout$/.test((target as HTMLFormElement).action);
  });
  on('pagehide', () => {
    if (isSigningOut) announce(); // the next document has arrived by now, so the sign-out is over
    channel.close();
  });
  on('pageshow', (event) => {
    if (!(event as PageTransitionEvent).persisted) return;
    open();
    restored();
  });
  return announce;
}
