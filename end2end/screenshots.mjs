// Takes the picture of the README: node end2end/screenshots.mjs ADDRESS E-MAIL PASSWORD
//
// Of a running server with the demo, as `make run` leaves it (its e-mail and password are in var/demo.env). The
// preset password stays masked.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';

const [address, email, password] = process.argv.slice(2);
if (!password) throw new Error('usage: node end2end/screenshots.mjs ADDRESS E-MAIL PASSWORD');

const browsers = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];
const browser = await chromium.launch({
  executablePath: process.env.REELGATE_CHROMIUM ?? browsers.find(existsSync),
  args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'],
});
try {
  const page = await browser.newPage({
    baseURL: address,
    viewport: { width: 1440, height: 900 },
    colorScheme: 'light',
    locale: 'en-GB',
    timezoneId: 'UTC',
    // Nothing half moved.
    reducedMotion: 'reduce',
  });
  await page.goto('/sign-in');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Account password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.waitForURL('**/video/insights/recordings');
  await page.getByRole('table').waitFor();
  const path = fileURLToPath(new URL('../docs/images/recordings.png', import.meta.url));
  await page.screenshot({ path, animations: 'disabled' });
  console.log(path);
} finally {
  await browser.close();
}
