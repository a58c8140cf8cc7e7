import type { Browser } from './browser';
import type { World } from './world';

const NAME = '__Host-Http-session';

/** The session of a browser in another isolate: the cookie as it is now, and nothing that happens to it afterwards. */
export async function elsewhere(world: World, browser: Browser): Promise<Browser> {
  const other = world.browser(await world.anotherIsolate());
  other.cookies.set(NAME, browser.cookies.get(NAME)?.value ?? '');
  return other;
}
