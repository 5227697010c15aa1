// Prints Lighthouse's scores of one page as JSON, and what it found wrong on standard error: node lighthouse.mjs URL
// BENCH_COOKIE is who is signed in. Uses Debian's chromium.
import { existsSync } from 'node:fs';
import { launch } from 'chrome-launcher';
import lighthouse, { desktopConfig } from 'lighthouse';
import { connect } from 'puppeteer-core';

const chromePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
const chrome = await launch({ chromePath, chromeFlags: ['--headless=new', '--no-sandbox', '--disable-gpu'] });
try {
  // In the browser and not as a header that Lighthouse adds: it adds none to what comes late, such as pictures.
  const browser = await connect({ browserURL: `http://127.0.0.1:${chrome.port}` });
  const [name, value] = process.env.BENCH_COOKIE.split('=');
  await browser.setCookie({ name, value, domain: new URL(process.argv[2]).hostname, path: '/', httpOnly: true });
  await browser.disconnect();
  const flags = {
    port: chrome.port,
    logLevel: 'error',
    onlyCategories: ['accessibility', 'best-practices', 'performance'],
    // The browser's storage is left alone, and a sign-in is no cache.
    disableStorageReset: true,
  };
  const { lhr } = await lighthouse(process.argv[2], flags, desktopConfig);
  if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
  if (!lhr.finalDisplayedUrl.startsWith(process.argv[2])) throw new Error(`led to ${lhr.finalDisplayedUrl}`);
  for (const category of Object.values(lhr.categories)) {
    for (const { id, weight } of category.auditRefs) {
      const { score, title, displayValue = '', details } = lhr.audits[id];
      if (weight > 0 && score !== null && score < 1) {
        console.error(`lighthouse: ${category.id}: ${score} ${title} ${displayValue}`);
        for (const item of details?.items?.slice(0, 5) ?? []) console.error(`  ${JSON.stringify(item).slice(0, 300)}`);
      }
    }
  }
  const scores = Object.values(lhr.categories).map(({ id, score }) => [id, Math.round(score * 100)]);
  console.log(JSON.stringify(Object.fromEntries(scores)));
} finally {
  chrome.kill();
}
