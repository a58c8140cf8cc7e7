/** `npm run demo`: the site and all that it needs, on this machine. Node's own modules until the others are installed. */
import { ensureDependencies, ensureNode } from './setup.mjs';

const LOG = '.artifacts/demo.log';

try {
  ensureNode();
  ensureDependencies();
  await demo();
} catch (error) {
  console.error(`The demo did not start: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
}

async function demo() {
  const [{ appendFileSync, mkdirSync, rmSync }, { freePort }, { startStand }, { PORTS }] = await Promise.all([
    import('node:fs'),
    import('./site.mjs'),
    import('./stand.mjs'),
    import('../lib/dev-stand/ports.mjs'),
  ]);
  const wanted = Number(process.env.PORT);
  // A port that is named is meant; the usual one gives way to a program that runs there.
  const sitePort = wanted || (await freePort(3000, 3050));
  mkdirSync('.artifacts', { recursive: true });
  rmSync(LOG, { force: true });
  const siteLog = (/** @type {string} */ line) => appendFileSync(LOG, `${line}\n`);
  const [providerPort, redisPort] = await portsOf(PORTS, freePort);
  const { siteUrl } = await startStand({ sitePort, providerPort, redisPort, log: console.log, siteLog });
  console.log(`
Open ${siteUrl}

  1. Go to the dashboard: you are sent to the provider. Choose a person there; there is no password.
       Ana Plain    no role
       Budi Admin   role admin
  2. You are back at the dashboard. The account page shows what the session holds, and the devices that are signed in:
     sign in with another browser as well, and end its session from here.
  3. The admin page is for Budi; Ana is told so.
  4. The vault wants a second factor: you are asked for it once, and come back to the vault.
  5. The notes come from an API, through the gate: a list, an upload, live events. To delete all of them the API itself
     asks for the second factor.
  6. Sign out, and the provider forgets you as well.

The gate's events go to ${LOG}, one JSON object a line.
Keys, secrets and sessions were made now and go when you stop this with Ctrl-C.
`);
}

/**
 * Those of `gatehouse dev`, unless it runs for another site: then any.
 *
 * @param {{ provider: number, redis: number }} fixed
 * @param {(port: number) => Promise<number>} freePort
 */
function portsOf(fixed, freePort) {
  return Promise.all([fixed.provider, fixed.redis].map((port) => freePort(port).catch(() => freePort(0))));
}
