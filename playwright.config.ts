import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

/** Debian's Chromium where Playwright's own cannot be downloaded; `local/setup.mjs` says which one is used. */
const executablePath =
  process.env.CHROMIUM_PATH ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(existsSync);

/** Without a sandbox, because root has none to use in a container; without the calls home that slow the start down. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

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
    launchOptions: { args, ...(executablePath && { executablePath }) },
    screenshot: 'only-on-failure',
    // With its pictures a trace takes an eighth of the time.
    trace: { mode: 'retain-on-failure', screenshots: false },
  },
});
