// How the browser stories run: Debian's own Chromium, every story with and without JavaScript.
import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

const browsers = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'].map((name) => `/usr/bin/${name}`);

export default defineConfig({
  testDir: 'tests',
  fullyParallel: true,
  forbidOnly: true,
  // A story that only sometimes works is a bug, in it or in the product.
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: [['list'], ['./support/reporter.ts']],
  use: {
    baseURL: process.env.REELGATE_URL,
    actionTimeout: 15_000,
    navigationTimeout: 20_000,
    screenshot: 'only-on-failure',
    locale: 'en-GB',
    timezoneId: 'UTC',
    viewport: { width: 1440, height: 900 },
    launchOptions: {
      executablePath: process.env.REELGATE_CHROMIUM ?? browsers.find(existsSync),
      args: [
        // Root has no user namespaces for a sandbox, and these pages are our own.
        '--no-sandbox',
        // Nothing may leave this machine.
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        // Containers have a /dev/shm of 64 MB.
        '--disable-dev-shm-usage',
        '--autoplay-policy=no-user-gesture-required',
      ],
    },
  },
  projects: [
    { name: 'with JavaScript', use: { javaScriptEnabled: true } },
    { name: 'without JavaScript', use: { javaScriptEnabled: false } },
  ],
});
