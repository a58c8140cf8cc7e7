import { beforeEach } from 'vitest';
import './skipped';

/** Set by `local/test.mjs` where the Vercel CLI cannot be installed: why. Without it, a missing build is a failure. */
const reason = process.env.GATEHOUSE_WITHOUT_VERCEL;

if (reason)
  beforeEach(({ skip, task }) => {
    task.meta.skipped = `what \`vercel build\` makes is not tested, because ${reason}`;
    skip(reason);
  });
