import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser, pass, sessionOf, settle } from './fake-browser';

const START = Date.UTC(2026, 0, 1);
let browser: ReturnType<typeof fakeBrowser>;
beforeEach(() => {
  vi.useFakeTimers({ now: START });
  browser = fakeBrowser();
  return () => vi.useRealTimers();
});
const asks = () => browser.requests.filter((request) => request === 'GET /auth/session').length;

describe('what is known', () => {
  it('is asked for by no document whose components do not ask', async () => {
    const tab = browser.tab();
    await tab.happens('focus');
    expect([browser.requests, tab.store.known()]).toEqual([[], undefined]);
  });

  it('is asked for by one request, however many components mount at once', async () => {
    const ana = sessionOf('ana');
    browser.answer = () => ({ body: ana });
    const tab = browser.tab();
    tab.mount();
    tab.mount();
    expect(tab.store.known()).toBeUndefined();
    await settle();
    expect([tab.store.known(), browser.requests]).toEqual([
      { status: 'signed-in', session: ana },
      ['GET /auth/session'],
    ]);
    await pass(3600);
    expect(asks()).toBe(1);
  });

  it.each([
    [sessionOf('ana'), ['signed-in', 'ana']],
    [null, ['signed-out', undefined]],
  ])('comes with the page, and then costs no request: %j', async (initial, expected) => {
    const tab = browser.tab();
    tab.mount(); // a child mounts before its parent
    tab.mount(initial);
    tab.mount();
    await settle();
    expect([tab.state(), browser.requests]).toEqual([expected, []]);
  });

  it('is asked for within a minute all the same where a session came with the page, whose clock may be another', async () => {
    const tab = browser.tab();
    tab.mount(sessionOf('ana'));
    browser.answer = () => ({ body: sessionOf('ana') });
    await pass(59);
    expect(asks()).toBe(0);
    await pass(1);
    expect(asks()).toBe(1);
    await pass(3600);
    expect(asks()).toBe(1);
  });

  it('is signed out without a user, and stays the same object while the answer does', async () => {
    const tab = browser.tab();
    tab.mount();
    await settle();
    expect(tab.state()).toEqual(['signed-out', undefined]);
    const ana = sessionOf('ana');
    browser.answer = () => ({ body: { ...ana } });
    await pass(5);
    await tab.happens('focus');
    const first = tab.store.known()?.session;
    await pass(5);
    await tab.happens('focus');
    expect([tab.store.known()?.session === first, first, asks()]).toEqual([true, ana, 3]);
  });

  it.each<[string, () => { status?: number; body?: unknown }]>([
    ['503', () => ({ status: 503, body: {} })],
    ['429', () => ({ status: 429, body: {} })],
    ['no JSON', () => ({ body: '<!doctype html>' })],
    [
      'no network',
      () => {
        throw new TypeError('Failed to fetch');
      },
    ],
  ])('is unavailable after %s, keeps its session, and is asked for with back-off', async (_, fails) => {
    browser.answer = () => ({ body: sessionOf('ana') });
    const tab = browser.tab();
    tab.mount();
    await settle();
    browser.answer = fails;
    await pass(10);
    await tab.happens('focus');
    expect(tab.state()).toEqual(['unavailable', 'ana']);
    const before = asks();
    for (const wait of [2, 4, 8, 16, 30, 30]) {
      const count = asks();
      await pass(wait - 1);
      expect(asks()).toBe(count);
      await pass(1);
      expect(asks()).toBe(count + 1);
    }
    expect(asks()).toBe(before + 6);
    browser.answer = () => ({ body: sessionOf('ana') });
    await pass(30);
    expect(tab.state()).toEqual(['signed-in', 'ana']);
    const recovered = asks();
    await pass(3600);
    expect(asks()).toBe(recovered);
  });

  it('is asked for at the attention of the user, at most every five seconds', async () => {
    const tab = browser.tab();
    tab.mount();
    await settle();
    for (const type of ['focus', 'online', 'visibilitychange']) {
      await pass(4);
      await tab.happens(type);
      await pass(1);
      await tab.happens(type);
      await tab.happens(type);
    }
    expect(asks()).toBe(4);
    await pass(10);
    tab.document.hidden = true;
    await tab.happens('visibilitychange');
    expect(asks()).toBe(4);
    await tab.happens('focus');
    expect(asks()).toBe(5);
    await pass(10);
    tab.mount(); // knows what the others know
    await settle();
    expect(asks()).toBe(5);
  });
});

describe('actions', () => {
  it('prolong and renew the session by POST, below the base path', async () => {
    const tab = browser.tab('/base');
    tab.mount(sessionOf('ana', 60));
    const later = sessionOf('ana', 600);
    browser.answer = () => ({ body: later });
    await tab.store.actions.staySignedIn();
    expect(tab.store.known()).toEqual({ status: 'signed-in', session: later });
    await tab.store.actions.refresh();
    expect(browser.requests).toEqual(['POST /base/auth/session', 'POST /base/auth/refresh']);
  });

  it('that find no session sign out', async () => {
    const tab = browser.tab();
    tab.mount(sessionOf('ana'));
    browser.answer = () => ({ status: 401, body: { code: 'UNAUTHENTICATED' } });
    await tab.store.actions.refresh();
    expect(tab.state()).toEqual(['signed-out', undefined]);
  });

  it.each([403, 429, 503])('that fail with %d ask what holds now', async (status) => {
    const tab = browser.tab();
    tab.mount(sessionOf('ana'));
    browser.answer = (request) => (request.startsWith('POST') ? { status, body: {} } : { body: sessionOf('ana', 30) });
    await tab.store.actions.staySignedIn();
    await settle();
    expect(browser.requests).toEqual(['POST /auth/session', 'GET /auth/session']);
    expect(tab.state()).toEqual(['signed-in', 'ana']);
  });

  it('sign out, and go where the gate says', async () => {
    const tab = browser.tab();
    tab.mount(sessionOf('ana'));
    browser.answer = () => ({ body: { location: '/auth/logout?continue=x' } });
    await tab.store.actions.signOut();
    expect([browser.requests, tab.seen.locations]).toEqual([['POST /auth/logout'], ['/auth/logout?continue=x']]);
    expect(tab.state()).toEqual(['signed-out', undefined]);
  });

  it('go to the page that signs out where a script cannot', async () => {
    const tab = browser.tab('/base');
    tab.mount(sessionOf('ana'));
    browser.answer = () => ({ status: 503, body: {} });
    await tab.store.actions.signOut();
    expect(tab.seen.locations).toEqual(['/base/auth/logout']);
  });

  it('wait for each other, so that the answer of the last one holds', async () => {
    const answers: ((body: unknown) => void)[] = [];
    browser.answer = () => new Promise((resolve) => answers.push((body) => resolve({ body })));
    const tab = browser.tab();
    tab.mount(); // a question under way
    await settle();
    void tab.store.actions.staySignedIn();
    void tab.store.actions.staySignedIn();
    await pass(10);
    await tab.happens('focus');
    expect(browser.requests).toHaveLength(1);
    answers[0]?.(sessionOf('ana', 60));
    await settle();
    const last = sessionOf('ana', 600);
    answers[1]?.(last);
    await settle();
    answers[2]?.(last);
    await settle();
    expect(browser.requests).toEqual(['GET /auth/session', 'POST /auth/session', 'GET /auth/session']);
    expect(tab.store.known()?.session).toEqual(last);
  });
});
