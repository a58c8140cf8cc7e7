/**
 * `node local/prepare.mjs programs unit e2e sites` installs what these steps of `npm test` need of programs, and `builds` in its
 * place builds the sites of the stories. Both have the lowest priority, and take what other work leaves of the machine. What they
 * could not do, the step itself does, and says why. Node's own modules only.
 */
import { constants, setPriority } from 'node:os';
import { ensureChromium, ensureNginx, ensureRedis } from './setup.mjs';
import { ensureStoryBuild } from './story-site.mjs';
import { ensureVercelBuild } from './vercel.mjs';

const [what, ...steps] = process.argv.slice(2);
const isFor = (/** @type {readonly string[]} */ ...names) => names.some((name) => steps.includes(name));

setPriority(constants.priority.PRIORITY_LOW);
process.once('SIGTERM', () => process.exit(143)); // by which a build under way ends as well

if (what === 'programs') {
  if (isFor('unit', 'processes', 'e2e', 'sites')) ensureRedis();
  if (isFor('sites')) ensureNginx();
  if (isFor('e2e', 'sites')) await ensureChromium();
}
if (what === 'builds') {
  const stories = isFor('unit', 'sites') ? /** @type {const} */ (['middleware', 'proxy']) : [];
  const built = stories.map((convention) => ensureStoryBuild(convention, console.log));
  if (isFor('unit')) await ensureVercelBuild(console.log); // whose command line lets them go on
  await Promise.all(built);
}
