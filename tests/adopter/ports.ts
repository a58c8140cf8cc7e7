import { freePort } from '../../local/site.mjs';

/** Below what the system hands out by itself, so that a port is still free when a build has ended. */
const LAST = 32_700;

export interface Ports {
  readonly site: number;
  readonly provider: number;
  readonly redis: number;
  readonly http: number;
  readonly https: number;
}

let next = 31_000;

async function port(): Promise<number> {
  const found = await freePort(next, LAST);
  next = found + 1;
  return found;
}

/** One site after the other: two callers at once would find the same. */
export const freePorts = async (): Promise<Ports> => ({
  site: await port(),
  provider: await port(),
  redis: await port(),
  http: await port(),
  https: await port(),
});
