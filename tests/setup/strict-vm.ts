import { afterEach, beforeEach } from 'vitest';
import { beginTest, dropTest, endTest } from '../world/strict-vm';
import { isComputing } from '../world/time';

/** In the realms whose isolates are VMs: those of a test are kept for the next one, unless something goes on in them. */
beforeEach(() => beginTest());
afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  if (isComputing()) dropTest();
  else endTest();
});
