import { defineConfig } from '@playwright/test';
import { launchOptions } from './tests/setup/chromium';

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: '.artifacts/e2e',
  globalSetup: './tests/e2e/builds.ts',
  // Each worker has stands of its own. A third one costs a seventh more CPU time and ends no sooner; while one waits for tokens to be
  // over, `npm test` builds sites beside the other.
  workers: 2,
  // A test that passes only sometimes is a finding.
  retries: 0,
  forbidOnly: true,
  // For a machine that has other work as well; a wait that is in vain is a failure in any case.
  timeout: 60_000,
  expect: { timeout: 15_000 },
  projects: [
    { name: 'long', grep: /@long/ }, // first, so that the others go on beside it
    { name: 'together', grepInvert: /@long/ },
  ],
  reporter: [['list'], ['json', { outputFile: '.artifacts/playwright.json' }]],
  use: {
    browserName: 'chromium',
    launchOptions,
    screenshot: 'only-on-failure',
    // A trace takes a sixth of the time: `npx playwright test --trace retain-on-failure` makes one of a test that fails.
  },
});
