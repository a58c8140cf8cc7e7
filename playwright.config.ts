import { defineConfig } from '@playwright/test';
import { launchOptions } from './tests/setup/chromium';

export default defineConfig({
  testDir: 'tests/e2e',
  outputDir: '.artifacts/e2e',
  globalSetup: './tests/e2e/builds.ts',
  // Each worker has stands of its own, so one goes on while another waits for tokens to be over.
  workers: 2,
  // A test that passes only sometimes is a finding.
  retries: 0,
  forbidOnly: true,
  timeout: 30_000,
  projects: [
    { name: 'long', grep: /@long/ }, // first, so that the others go on beside it
    { name: 'together', grepInvert: /@long/ },
  ],
  reporter: [['list'], ['json', { outputFile: '.artifacts/playwright.json' }]],
  use: {
    browserName: 'chromium',
    launchOptions,
    screenshot: 'only-on-failure',
    // With its pictures a trace takes an eighth of the time.
    trace: { mode: 'retain-on-failure', screenshots: false },
  },
});
