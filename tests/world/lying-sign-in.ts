import type { Lies, ProviderOptions } from './provider';
import { createWorld, type World } from './world';

interface Options {
  /** More of the query of `/auth/login`. */
  readonly extras?: string;
  readonly provider?: ProviderOptions;
  readonly env?: Readonly<Record<string, string>>;
}

/** One sign-in with a provider that lies, from the first page to the last answer. */
export async function signInWith(lie: (lies: Lies, world: World) => void, { extras = '', ...options }: Options = {}) {
  const world = await createWorld(options);
  const browser = world.browser();
  const { hops } = await browser.navigate(`/auth/login?returnTo=/dashboard${extras}`, { redirect: 'manual' });
  const back = await world.provider.signIn(hops[0]?.headers.get('location') ?? '');
  lie(world.provider.lies, world);
  const { response } = await browser.navigate(back, { redirect: 'manual' });
  await world.isolate.settled();
  return { world, browser, response, body: await response.text() };
}
