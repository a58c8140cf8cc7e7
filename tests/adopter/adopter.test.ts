import { afterAll, beforeAll, describe } from 'vitest';
import { hasNginxWithTls } from '../caching/documented-nginx';
import { needs } from '../setup/skipped';
import { type Adopted, adopt, eachOf } from './adopt';
import { checkAccess, checkRole } from './check-access';
import { checkInBrowser, shareChromium } from './check-browser';
import { checkDoctor } from './check-doctor';
import { checkInit, checkInstallation } from './check-installation';
import { checkLimits, checkServer } from './check-server';
import { open, type Running } from './open';
import { OWN_CHECKS } from './own-checks';
import { freePorts, type Ports } from './ports';
import { opensAbout, SITES, type Site } from './sites';

const adopted = new Map<string, Adopted>();

/** What a site needs of this machine. */
const canRun = ({ server }: Site) => server !== 'server.js behind nginx' || hasNginxWithTls;
const proof = (site: Site) =>
  needs(canRun(site), `the site ${site.name} is left out, because there is no nginx or no openssl on this machine`);
beforeAll(async () => {
  const ports = new Map<Site, Ports>();
  for (const site of SITES.filter(canRun)) ports.set(site, await freePorts());
  await eachOf([...ports], 2, async ([site, its]) => {
    adopted.set(site.name, await adopt(site, its));
  });
}, 900_000);
afterAll(() => Promise.all([...adopted.values()].map(({ development }) => development.stop())));
shareChromium();

for (const site of SITES)
  describe(`a site that is not ours, ${site.what},`, proof(site), () => {
    let opened: Running;
    beforeAll(async () => {
      opened = await toProtectedPage(adopted.get(site.name) as Adopted);
    });
    afterAll(() => opened?.close());

    const running = () => opened;
    checkInit(() => adopted.get(site.name));
    checkInstallation(running, site);
    checkAccess(running);
    checkRole(running);
    checkServer(running);
    if (opensAbout(site)) checkLimits(running);
    OWN_CHECKS[site.name]?.(running);
    checkDoctor(running);
    checkInBrowser(running);
  });

/** Prints how long it took from the installation to a page for a session; two sites are built at a time. */
async function toProtectedPage(one: Adopted): Promise<Running> {
  const start = performance.now();
  const running = await open(one);
  const opened = performance.now();
  await running.signedIn();
  const last = { start: (opened - start) / 1000, page: (performance.now() - opened) / 1000 };
  const steps = { ...one.seconds, ...last };
  const total = Object.values(steps).reduce((sum, seconds) => sum + seconds, 0);
  const listed = Object.entries(steps).map(([step, seconds]) => `${step} ${seconds.toFixed(1)} s`);
  console.log(
    `${one.site.name}: a protected page ${total.toFixed(1)} s after the start of npm install (${listed.join(', ')})`,
  );
  return running;
}
