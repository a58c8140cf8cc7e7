import { afterAll, beforeAll, describe } from 'vitest';
import { type Adopted, adopt, eachOf } from './adopt';
import { checkAccess, checkRules } from './check-access';
import { checkInit, checkInstallation } from './check-installation';
import { checkLimits, checkServer } from './check-server';
import { open, type Running } from './open';
import { OWN_CHECKS } from './own-checks';
import { SITES } from './sites';

const adopted = new Map<string, Adopted>();

beforeAll(
  () =>
    eachOf(SITES, 2, async (site) => {
      adopted.set(site.name, await adopt(site));
    }),
  900_000,
);

describe.each(SITES)('a site that is not ours, $what,', (site) => {
  let opened: Running;
  beforeAll(async () => {
    opened = await open(site);
    await toProtectedPage(site.name, opened);
  });
  afterAll(() => opened?.close());

  const running = () => opened;
  checkInit(() => adopted.get(site.name));
  checkInstallation(running, site);
  checkAccess(running, site);
  checkServer(running);
  if (site.addsRules) {
    checkRules(running);
    checkLimits(running);
  }
  OWN_CHECKS[site.name]?.(running);
});

/** Prints how long it took from the installation to a page for a session; two sites are built at a time. */
async function toProtectedPage(name: string, { signedIn }: Running): Promise<void> {
  const start = performance.now();
  await signedIn();
  const page = (performance.now() - start) / 1000;
  const steps = { ...adopted.get(name)?.seconds, page };
  const total = Object.values(steps).reduce((sum, one) => sum + one, 0);
  const listed = Object.entries(steps).map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`);
  console.log(`${name}: a protected page ${total.toFixed(1)} s after the start of npm install (${listed.join(', ')})`);
}
