import type { Sealer } from '../crypto/seal.ts';
import { LOOP_WINDOW_SECONDS } from '../timing.ts';
import { type CookieSettings, clearCookie, cookieNames, parseCookies, setCookie } from './cookies.ts';

/** So many automatic trips, and the next one waits for the person. */
const MAX_TRIPS = 3;

interface Deps {
  readonly settings: CookieSettings;
  readonly sealer: Sealer;
}

/**
 * The loop guard's count. A browser that drops our session cookie would go to the provider and back for ever, because
 * the provider signs it in without a word each time. A callback is the proof of a whole trip, so callbacks are counted,
 * not departures: twenty tabs opened at once are twenty departures and no loop.
 */
export async function isLooping(cookieHeader: string | null, now: number, deps: Deps): Promise<boolean> {
  return (await recentTrips(cookieHeader, now, deps)).length >= MAX_TRIPS;
}

/** The `Set-Cookie` value after one more callback. */
export async function countTrip(cookieHeader: string | null, now: number, deps: Deps): Promise<string> {
  const times = [...(await recentTrips(cookieHeader, now, deps)), now].slice(-MAX_TRIPS);
  const value = await deps.sealer.seal('trips', { times }, now + LOOP_WINDOW_SECONDS);
  return setCookie(deps.settings, cookieNames(deps.settings).trips, value, LOOP_WINDOW_SECONDS);
}

export const clearTrips = ({ settings }: Pick<Deps, 'settings'>): string =>
  clearCookie(settings, cookieNames(settings).trips);

async function recentTrips(cookieHeader: string | null, now: number, { settings, sealer }: Deps): Promise<number[]> {
  const value = parseCookies(cookieHeader).find(([name]) => name === cookieNames(settings).trips)?.[1];
  const payload = value === undefined ? null : await sealer.open('trips', value);
  return ((payload?.times as number[] | undefined) ?? []).filter((time) => time > now - LOOP_WINDOW_SECONDS);
}
