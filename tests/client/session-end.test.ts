import { beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeBrowser, pass, sessionOf, settle } from './fake-browser';

let browser: ReturnType<typeof fakeBrowser>;
beforeEach(() => {
  vi.useFakeTimers({ now: Date.UTC(2026, 0, 1) });
  browser = fakeBrowser();
  return () => vi.useRealTimers();
});

/** A tab with a session that ends so many seconds from now, by the clock of the server. */
async function tabWith(seconds: number, absoluteSeconds?: number) {
  const session = sessionOf('ana', seconds + browser.serverAheadMs / 1000, absoluteSeconds);
  browser.answer = () => ({ body: session });
  const tab = browser.tab();
  tab.mount();
  await settle();
  return tab;
}

/** Renders as a component does that shows the seconds; what it showed. */
function watch({ store }: Awaited<ReturnType<typeof tabWith>>, most: number) {
  const shown: (number | null)[] = [];
  let stop: (() => void) | undefined;
  const render = () => {
    stop?.();
    const seconds = store.end.secondsLeft(most);
    if (shown.at(-1) !== seconds) shown.push(seconds);
    stop = store.end.tick(most, render);
  };
  render();
  store.subscribe(render, undefined);
  return shown;
}

describe('the seconds left', () => {
  it.each([0, 3_600_000, -3_600_000])('are those of the server, whose clock is %d ms ahead', async (ahead) => {
    browser.serverAheadMs = ahead;
    const tab = await tabWith(120);
    expect(Math.abs((tab.store.end.secondsLeft(Infinity) ?? 0) - 120)).toBeLessThanOrEqual(1);
    await pass(60);
    expect(Math.abs((tab.store.end.secondsLeft(Infinity) ?? 0) - 60)).toBeLessThanOrEqual(1);
  });

  it('are those of the browser where the server names no time', async () => {
    const session = sessionOf('ana', 120);
    browser.answer = () => ({ body: session, date: null });
    const tab = browser.tab();
    tab.mount();
    await settle();
    expect(tab.store.end.secondsLeft(Infinity)).toBe(120);
  });

  it('are null without a session, and before anything is known', async () => {
    const tab = browser.tab();
    expect(tab.store.end.secondsLeft(Infinity)).toBeNull();
    tab.mount();
    await settle();
    expect([tab.store.end.secondsLeft(Infinity), tab.store.end.tick(Infinity, () => {})]).toEqual([null, undefined]);
  });

  it('change once a second, and at the end the server is asked', async () => {
    const tab = await tabWith(5);
    const shown = watch(tab, Infinity);
    await pass(3);
    expect(browser.requests).toHaveLength(1);
    browser.answer = () => ({ body: { user: null } });
    await pass(4);
    expect(shown).toEqual([5, 4, 3, 2, 1, null].slice(shown[0] === 5 ? 0 : 1));
    expect([browser.requests.length, tab.state()]).toEqual([2, ['signed-out', undefined]]);
  });

  it('do not end a session before the server says so', async () => {
    const tab = await tabWith(5);
    const later = sessionOf('ana', 605);
    browser.answer = () => ({ body: later });
    await pass(8);
    expect([tab.state(), browser.requests.length]).toEqual([['signed-in', 'ana'], 2]);
  });

  it('of a month do not overflow a timer', async () => {
    const tab = await tabWith(2_592_000, 2_592_000);
    watch(tab, 60);
    await pass(600);
    expect(browser.requests).toHaveLength(1);
  });
});

describe('the seconds left, for a component that shows the last minute', () => {
  it('are null until then, and the server is asked before they are shown', async () => {
    const tab = await tabWith(600);
    const shown = watch(tab, 60);
    await pass(530);
    expect([shown, browser.requests.length]).toEqual([[null], 1]);
    await pass(15);
    expect(browser.requests).toHaveLength(2);
    expect(shown.slice(0, 2)).toEqual([null, expect.closeTo(59, -0.5)]);
  });

  it('stay null when a visit in another tab has moved the end', async () => {
    const tab = await tabWith(600);
    const shown = watch(tab, 60);
    await pass(530);
    const later = sessionOf('ana', 600);
    browser.answer = () => ({ body: later });
    await pass(120);
    expect([shown, browser.requests.length]).toEqual([[null], 2]);
  });

  it('stay null while the server cannot be asked', async () => {
    const tab = await tabWith(600);
    const shown = watch(tab, 60);
    browser.answer = () => ({ status: 503, body: {} });
    await pass(560);
    expect([shown, tab.state()]).toEqual([[null], ['unavailable', 'ana']]);
    expect(browser.requests.length).toBeLessThan(8);
  });
});
