import type { Sealer } from '../crypto/seal.ts';
import { LOOP_WINDOW_SECONDS } from '../timing.ts';
import { type CookieSettings, clearCookie, cookieNames, parseCookies, setCookie } from './cookies.ts';

/** After so many callbacks the next sign-in waits for the person. */
const MAX_CALLBACKS = 3;

interface Deps {
  readonly settings: CookieSettings;
  readonly sealer: Sealer;
}

/**
 * The loop guard's count. A browser that drops our session cookie would go to the provider and back for ever, because
 * the provider signs it in without a question each time. Callbacks are counted, and not the redirects to the provider:
 * twenty tabs opened at once are twenty redirects and no loop.
 */
export async function isLooping(cookieHeader: string | null, now: number, deps: Deps): Promise<boolean> {
  return (await recentCallbacks(cookieHeader, now, deps)).length >= MAX_CALLBACKS;
}

/** The `Set-Cookie` value after one more callback. */
export async function countCallback(cookieHeader: string | null, now: number, deps: Deps): Promise<string> {
  const times = [...(await recentCallbacks(cookieHeader, now, deps)), now].slice(-MAX_CALLBACKS);
  const value = await deps.sealer.seal('trips', { times }, now + LOOP_WINDOW_SECONDS);
  return setCookie(deps.settings, cookieNames(deps.settings).trips, value, LOOP_WINDOW_SECONDS);
}

export const clearLoopGuard = ({ settings }: Pick<Deps, 'settings'>): string =>
  clearCookie(settings, cookieNames(settings).trips);

async function recentCallbacks(
  cookieHeader: string | null,
  now: number,
  { settings, sealer }: Deps,
): Promise<number[]> {
  const value = parseCookies(cookieHeader).find(([name]) => name === cookieNames(settings).trips)?.[1];
  const payload = value === undefined ? null : await sealer.open('trips', value);
  return ((payload?.times as number[] | undefined) ?? []).filter((time) => time > now - LOOP_WINDOW_SECONDS);
}
