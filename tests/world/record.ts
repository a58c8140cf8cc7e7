import type { Browser } from './browser';
import { deploymentOf } from './reseal';
import { unsealAll } from './unseal';
import type { World } from './world';

/** What the record of a browser's session holds, each member by its path (`tokens.tokenType`). */
export async function recordOf(world: World, browser: Browser): Promise<ReadonlyMap<string, unknown>> {
  const sealed = String(await world.redis.command('HGET', await world.recordKey(browser), 'sealed'));
  const [record] = await unsealAll(sealed, deploymentOf(world.env));
  if (record?.purpose !== 'record') throw new Error('the session has no record');
  return record.members;
}
