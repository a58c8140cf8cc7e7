import type { Browser } from './browser';
import type { JsonObject, Lies, ProviderOptions } from './provider';
import { createWorld, type World } from './world';

/** Who signs in: an administrator. */
export const ADMIN = { sub: 'person-1', name: 'Ana Example', email: 'ana@example.test', roles: ['admin'] };
/** Seconds after which an access token is over. */
export const EXPIRED = 901;

interface MeetingOptions {
  readonly provider?: ProviderOptions;
  readonly env?: Readonly<Record<string, string>>;
  readonly lies?: Partial<Lies>;
}

/** A provider with a userinfo endpoint, and a browser that has not signed in. */
export async function meeting({ provider, env = {}, lies = {} }: MeetingOptions = {}) {
  const world = await createWorld({ provider: { claimsAt: 'userinfo', ...provider }, env });
  world.provider.person = ADMIN;
  Object.assign(world.provider.lies, lies);
  return { world, browser: world.browser() };
}

/** The claim of Redis by which one isolate in a second fetches the provider's keys. */
const KEYS_CLAIM_MS = 1_100;

/**
 * The same, in a deployment that has the provider's keys since more than a second: newer ones can be fetched at once, and
 * are within the time of userinfo.
 */
export async function meetingWithKeys({ lies, ...options }: MeetingOptions) {
  const met = await meeting(options);
  await met.world.signedIn();
  await new Promise((resolve) => setTimeout(resolve, KEYS_CLAIM_MS));
  Object.assign(met.world.provider.lies, lies);
  return met;
}

/** How often userinfo was asked. */
export const asked = (world: World) => world.provider.calls('userinfo').length;
/** Why it failed, as the log says it. */
export const failures = (world: World) => world.events('userinfo_failed').map(({ reason }) => reason);
/** Whom the browser's session is about. */
export async function userOf(browser: Browser): Promise<JsonObject> {
  const body = (await (await browser.fetch('/auth/session')).json()) as { user: JsonObject };
  return body.user;
}
