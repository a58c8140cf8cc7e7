import { afterAll, beforeAll, describe } from 'vitest';
import { adopt, eachOf } from './adopt';
import { checkAccess } from './check-access';
import { checkInstallation } from './check-installation';
import { checkServer } from './check-server';
import { open, type Running } from './open';
import { OWN_CHECKS } from './own-checks';
import { SITES } from './sites';

beforeAll(() => eachOf(SITES, 2, adopt), 600_000);

describe.each(SITES)('a site that is not ours, $what,', (site) => {
  let opened: Running;
  beforeAll(async () => {
    opened = await open(site);
  });
  afterAll(() => opened?.close());

  const running = () => opened;
  checkInstallation(running);
  checkAccess(running);
  checkServer(running);
  OWN_CHECKS[site.name]?.(running);
});
