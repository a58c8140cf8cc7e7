import { freePort } from '../../local/site.mjs';

export interface Ports {
  readonly site: number;
  readonly provider: number;
  readonly redis: number;
  readonly http: number;
  readonly https: number;
}

export const freePorts = async (): Promise<Ports> => ({
  site: await freePort(0),
  provider: await freePort(0),
  redis: await freePort(0),
  http: await freePort(0),
  https: await freePort(0),
});
