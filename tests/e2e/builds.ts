import { ensureBuild as ensureCanary, IN_BROWSERS } from '../../local/canary.mjs';
import { ensureBuild } from '../../local/site.mjs';

/** Everything is built before there are workers, which would race for it. */
export default async function builds(): Promise<void> {
  await ensureBuild(console.log);
  for (const variant of IN_BROWSERS) await ensureCanary(variant);
}
