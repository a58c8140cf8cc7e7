import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser, pass, sessionOf, settle } from './fake-browser';

let browser: ReturnType<typeof fakeBrowser>;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  browser = fakeBrowser();
  return () => vi.useRealTimers();
});

type Tab = ReturnType<typeof browser.tab>;
const saysThat = (session: ReturnType<typeof sessionOf> | null) => {
  browser.answer = () => ({ body: session ?? { user: null } });
};
async function twoTabs(session: ReturnType<typeof sessionOf> | null): Promise<[Tab, Tab]> {
  saysThat(session);
  const tabs: [Tab, Tab] = [browser.tab(), browser.tab()];
  for (const tab of tabs) {
    tab.mount();
    await settle();
  }
  browser.requests.length = 0;
  browser.messages.length = 0;
  return tabs;
}

describe('another tab', () => {
  it('hears of a sign-out by script, asks the server, and believes that', async () => {
    const [one, other] = await twoTabs(sessionOf('ana'));
    browser.answer = (request) => ({ body: request.startsWith('POST') ? { location: '/x' } : { user: null } });
    await one.store.actions.signOut();
    await settle();
    expect(other.state()).toEqual(['signed-out', undefined]);
    expect([other.seen.reloads, browser.requests]).toEqual([0, ['POST /auth/logout', 'GET /auth/session']]);
  });

  it('hears of a sign-out by a form, when the next document has come', async () => {
    const [one, other] = await twoTabs(sessionOf('ana'));
    saysThat(null);
    await one.submits('https://site.test/search');
    await one.happens('pagehide');
    expect(browser.messages).toEqual([]);
    await one.submits('https://site.test/auth/logout');
    expect(other.state()).toEqual(['signed-in', 'ana']);
    await one.happens('pagehide');
    expect(other.state()).toEqual(['signed-out', undefined]);
  });

  it('hears of a sign-in that has come back from the provider', async () => {
    const [, other] = await twoTabs(null);
    const ana = sessionOf('ana');
    saysThat(ana);
    browser.tab().mount();
    await settle();
    expect([other.state(), other.seen.reloads]).toEqual([['signed-in', 'ana'], 0]);
    expect(browser.requests).toHaveLength(2 + 1); // and the first tab
  });

  it('hears of a renewal, and of nothing that is no news', async () => {
    const [one, other] = await twoTabs(sessionOf('ana', 60));
    await pass(10);
    await one.happens('focus');
    expect(browser.messages).toEqual([]);
    const later = sessionOf('ana', 600);
    saysThat(later);
    await one.store.actions.staySignedIn();
    await settle();
    expect(other.store.known()?.session).toEqual(later);
    await pass(30);
    expect(browser.messages).toHaveLength(1);
  });

  it('is told nothing else: the message has no content, and the storage a time', async () => {
    const [one] = await twoTabs(null);
    expect(browser.storage).toEqual({});
    const ana = sessionOf('ana');
    saysThat(ana);
    await one.store.actions.staySignedIn();
    expect([browser.messages, browser.storage]).toEqual([[0], { gatehouse: ana.idleExpiresAt }]);
  });

  it('of a site with another base path hears nothing', async () => {
    const [one] = await twoTabs(null);
    const elsewhere = browser.tab('/base');
    elsewhere.mount();
    await settle();
    browser.requests.length = 0;
    saysThat(sessionOf('ana'));
    await one.store.actions.staySignedIn();
    await settle();
    expect(browser.requests.filter((request) => request.includes('/base'))).toEqual([]);
  });

  it('hears nothing where the browser forbids storage, and nothing fails', async () => {
    const tab = browser.tab();
    Object.defineProperty(tab.page, 'localStorage', {
      get: () => {
        throw new DOMException('denied', 'SecurityError');
      },
    });
    saysThat(sessionOf('ana'));
    tab.mount();
    await settle();
    expect([tab.state(), browser.messages]).toEqual([['signed-in', 'ana'], []]);
  });
});

describe('a document', () => {
  it.each([
    ['of another person is reloaded', 'ana', ['budi'], 1],
    ['of a person who has signed out stays', 'ana', [null], 0],
    ['stays when the same person signs in again', 'ana', [null, 'ana'], 0],
    ['is reloaded when another person signs in afterwards', 'ana', [null, 'budi'], 1],
    ['of no person stays when one signs in', null, ['ana'], 0],
  ])('%s', async (_, first, then, reloads) => {
    const tab = browser.tab();
    tab.mount(first === null ? null : sessionOf(first));
    for (const sub of then) {
      saysThat(sub === null ? null : sessionOf(sub));
      await pass(5);
      await tab.happens('focus');
    }
    expect(tab.seen.reloads).toBe(reloads);
  });

  it.each([
    ['the same person', 'ana', 'ana', 0],
    ['no person any more', 'ana', null, 1],
    ['another person', 'ana', 'budi', 1],
    ['no person, as before', null, null, 0],
  ])('out of the back/forward cache asks at once, and finds %s', async (_, first, now, reloads) => {
    const tab = browser.tab();
    tab.mount(first === null ? null : sessionOf(first));
    saysThat(now === null ? null : sessionOf(now));
    await tab.happens('pageshow', { persisted: false });
    expect(browser.requests).toEqual([]);
    await tab.happens('pagehide');
    await tab.happens('pageshow', { persisted: true });
    expect([browser.requests, tab.seen.reloads]).toEqual([['GET /auth/session'], reloads]);
  });

  it('out of the back/forward cache is reloaded as soon as the server can be asked', async () => {
    const tab = browser.tab();
    tab.mount(sessionOf('ana'));
    browser.answer = () => ({ status: 503, body: {} });
    await tab.happens('pageshow', { persisted: true });
    expect(tab.seen.reloads).toBe(0);
    saysThat(null);
    await pass(3);
    expect(tab.seen.reloads).toBe(1);
  });

  it('in the back/forward cache has no open channel, and has one again when it is back', async () => {
    const [one, other] = await twoTabs(null);
    await other.happens('pagehide');
    saysThat(sessionOf('ana'));
    await one.store.actions.staySignedIn();
    await settle();
    expect(other.state()).toEqual(['signed-out', undefined]);
    await other.happens('pageshow', { persisted: true });
    expect(other.state()).toEqual(['signed-in', 'ana']);
    saysThat(sessionOf('ana', 600));
    await one.store.actions.staySignedIn();
    await settle();
    expect(other.store.known()).toEqual(one.store.known());
  });
});
