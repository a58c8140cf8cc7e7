import { defineConfig } from 'vitest/config';

const root = new URL('.', import.meta.url).pathname;

/** `npm run soak`, for as many minutes as `SOAK_MINUTES` says. No part of `npm test`: it looks for what is rare. */
export default defineConfig({
  resolve: { alias: { '#isolate': `${root}tests/world/isolate-core.ts` } },
  test: {
    globalSetup: ['tests/setup/redis.ts'],
    environment: 'edge-runtime',
    include: ['tests/soak/**/*.test.ts'],
    disableConsoleIntercept: true,
  },
});
