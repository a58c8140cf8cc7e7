import { beforeEach } from 'vitest';

/** Set by `local/test.mjs` where the Vercel CLI cannot be installed: why. Without it, a missing build is a failure. */
const reason = process.env.GATEHOUSE_WITHOUT_VERCEL;

if (reason) beforeEach(({ skip }) => skip(reason));
