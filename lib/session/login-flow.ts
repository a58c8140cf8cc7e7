import { randomText, sha256 } from '../crypto/random.ts';
import type { Sealer } from '../crypto/seal.ts';
import { FLOW_SECONDS } from '../timing.ts';
import type { Flow, LoginExtras } from '../types/login.ts';
import { type CookieSettings, clearCookie, cookieNames, isFlowId, parseCookies, setCookie } from './cookies.ts';

const MAX_FLOWS = 5;
/** Of what a browser never holds and a client may send: an answer with a line for each of 500 would be cut off on its way. */
const MAX_DELETIONS = 20;
const MAX_FLOW_BYTES = 2048;
const MAX_ALL_FLOWS_BYTES = 4096;

interface Deps {
  readonly settings: CookieSettings;
  readonly sealer: Sealer;
}

/**
 * A new login: `state`, `nonce` and PKCE verifier are independent, 256 random bits each.
 *
 * @param now seconds since the epoch, with their fraction: flows of one second have an order too
 * @param browser of this browser's session or of another flow of it, where there is one
 */
export const createFlow = (
  returnTo: string,
  { max_age, acr_values }: LoginExtras,
  now: number,
  browser = randomText(128),
): Flow => ({
  state: randomText(),
  nonce: randomText(),
  verifier: randomText(),
  browser,
  returnTo,
  ...(max_age !== undefined && { maxAge: Number(max_age) }),
  ...(acr_values !== undefined && { acrValues: acr_values }),
  startedAt: now,
  endsAt: Math.floor(now) + FLOW_SECONDS,
});

/**
 * The `Set-Cookie` values that keep a flow, with `home` as the way back when its own is too long: its own cookie, and
 * deletions of the oldest ones when there would be more than five or more than 4 KB of them. One cookie per flow,
 * because two tabs would overwrite each other's in a shared one, and the person would be refused in the tab that
 * finishes first.
 */
export async function keepFlow(
  flow: Flow,
  cookieHeader: string | null,
  deps: Deps,
  home = '/',
): Promise<readonly string[]> {
  let own = await sealFlow(flow, deps);
  // A path can grow in sealing (JSON escapes). Better back home than a cookie that the browser may refuse.
  if (size(own) > MAX_FLOW_BYTES) own = await sealFlow({ ...flow, returnTo: home }, deps);
  const others = await agedFlows(cookieHeader, deps);
  let bytes = size(own);
  const cookies: string[] = [];
  for (const [index, { name, value, startedAt }] of others.entries()) {
    bytes += size([name, value]);
    const keep = name !== own[0] && startedAt > 0 && index < MAX_FLOWS - 1 && bytes <= MAX_ALL_FLOWS_BYTES;
    if (!keep && cookies.length < MAX_DELETIONS) cookies.push(clearCookie(deps.settings, name));
  }
  return [...cookies, setCookie(deps.settings, own[0], own[1], FLOW_SECONDS)];
}

/** The flow that a callback's `state` belongs to, in this browser; null when there is none, or it is over. */
export async function openFlow(state: string, cookieHeader: string | null, deps: Deps): Promise<Flow | null> {
  const name = await flowCookieName(state, deps);
  const values = parseCookies(cookieHeader).flatMap(([other, value]) => (other === name ? [value] : []));
  const flow = values.length === 1 && values[0] !== undefined ? await openValue(values[0], deps) : null;
  // The name is only an address. What counts is the state inside the seal.
  return flow?.state === state ? flow : null;
}

/** The flows that a browser has under way. Opens the last ten. */
export async function openFlows(cookieHeader: string | null, deps: Deps): Promise<readonly Flow[]> {
  const isOurs = isFlowName(deps.settings);
  const values = parseCookies(cookieHeader).flatMap(([name, value]) => (isOurs(name) ? [value] : []));
  const opened = await Promise.all(values.slice(-2 * MAX_FLOWS).map((value) => openValue(value, deps)));
  return opened.filter((flow) => flow !== null);
}

/** `Set-Cookie` values that make the browser forget one flow, or all that it sent. */
export const clearFlow = async (state: string, deps: Deps): Promise<string> =>
  clearCookie(deps.settings, await flowCookieName(state, deps));

export function clearAllFlows(cookieHeader: string | null, { settings }: Pick<Deps, 'settings'>): readonly string[] {
  const names = new Set(parseCookies(cookieHeader).map(([name]) => name));
  return [...names]
    .filter(isFlowName(settings))
    .slice(0, MAX_DELETIONS)
    .map((name) => clearCookie(settings, name));
}

type Pair = readonly [name: string, value: string];
const size = ([name, value]: Pair) => name.length + value.length;

/** The name of one of this gate's flow cookies; from outside it goes into a `Set-Cookie` of ours only when it is a token. */
const isFlowName = (settings: CookieSettings) => {
  const { flow } = cookieNames(settings);
  return (name: string) => name.startsWith(flow) && isFlowId(name.slice(flow.length));
};

const flowCookieName = async (state: string, { settings }: Pick<Deps, 'settings'>): Promise<string> =>
  cookieNames(settings).flow + (await sha256(state)).slice(0, 16);

async function sealFlow(flow: Flow, deps: Deps): Promise<Pair> {
  const { startedAt: iat, endsAt, ...rest } = flow;
  return [await flowCookieName(flow.state, deps), await deps.sealer.seal('flow', { ...rest, iat }, endsAt)];
}

async function openValue(value: string, { sealer }: Deps): Promise<Flow | null> {
  const payload = await sealer.open('flow', value);
  if (!payload) return null;
  const { iat, exp, ...rest } = payload;
  // Sealed by us under a key of its own, so the shape is ours.
  return { ...(rest as Omit<Flow, 'startedAt' | 'endsAt'>), startedAt: iat ?? 0, endsAt: exp ?? 0 };
}

/** The flow cookies of a request, newest first; those that do not open count as oldest. Opens the last ten. */
async function agedFlows(cookieHeader: string | null, deps: Deps) {
  const isOurs = isFlowName(deps.settings);
  const pairs = parseCookies(cookieHeader).filter(([name]) => isOurs(name));
  const aged = await Promise.all(
    pairs.map(async ([name, value], index) => ({
      name,
      value,
      startedAt: pairs.length - index <= 2 * MAX_FLOWS ? ((await openValue(value, deps))?.startedAt ?? 0) : 0,
    })),
  );
  // Of one moment, the one that the browser sends later is newer (RFC 6265 §5.4 step 2).
  return aged.reverse().sort((one, other) => other.startedAt - one.startedAt);
}
