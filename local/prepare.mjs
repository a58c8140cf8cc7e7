/**
 * `node local/prepare.mjs programs unit e2e sites` installs what these steps of `npm test` need of programs, and `builds` in its
 * place builds the sites of the stories. Both have the lowest priority, and take what other work leaves of the machine. What they
 * could not do, the step itself does, and says why. Node's own modules only.
 */
import { constants, setPriority } from 'node:os';
import { ensureChromium, ensureNginx, ensureRedis } from './setup.mjs';
import { ensureStoryBuild } from './story-site.mjs';
import { ensureVercelBuild } from './vercel.mjs';
import { ensureCli } from './vercel-cli.mjs';

const [what, ...steps] = process.argv.slice(2);
const isFor = (/** @type {readonly string[]} */ ...names) => names.some((name) => steps.includes(name));

setPriority(constants.priority.PRIORITY_LOW);
process.once('SIGTERM', () => process.exit(143)); // by which a build under way ends as well

if (what === 'programs') {
  if (isFor('unit', 'crowds', 'e2e', 'sites')) ensureRedis();
  if (isFor('sites')) ensureNginx();
  if (isFor('unit')) await ensureCli(console.log);
  if (isFor('e2e', 'sites')) await ensureChromium();
}
if (what === 'builds')
  await Promise.all([
    isFor('unit', 'sites') && ensureStoryBuild('middleware', console.log),
    isFor('unit', 'sites') && ensureStoryBuild('proxy', console.log),
    isFor('unit') && ensureVercelBuild(console.log),
  ]);
