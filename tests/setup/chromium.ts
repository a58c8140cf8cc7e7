import { existsSync } from 'node:fs';
import { chromium } from '@playwright/test';

/** Debian's Chromium where Playwright's own cannot be downloaded; `local/setup.mjs` says which one is used. */
const debian = process.env.CHROMIUM_PATH ?? ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'].find(existsSync);

/** Without a sandbox, because root has none to use in a container; without the calls home that slow the start down. */
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--renderer-process-limit=1', // or one is started for each page, and one more in advance
];

export const launchOptions = { args, ...(debian && { executablePath: debian }) };

/** Whether there is one on this machine. */
export const hasChromium = debian !== undefined || existsSync(chromium.executablePath());
