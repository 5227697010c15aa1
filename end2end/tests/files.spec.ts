// A session file in a browser: the dialog's credentials, `user:password@`, and playing.
import type { Page } from '@playwright/test';

import { only } from '../support/accounts';
import { expect, test } from '../support/stories';

const RECORDINGS = '/video/insights/recordings';

async function addressOf(page: Page, name: string): Promise<string> {
  await page.goto(RECORDINGS);
  return (await page.getByRole('link', { name, exact: true }).getAttribute('href')) ?? '';
}

/** What the page's only player is doing. */
async function player(page: Page) {
  return page.locator('video').evaluate((video: HTMLVideoElement) => ({
    isReady: video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA,
    time: video.currentTime,
    duration: video.duration,
    error: video.error?.message ?? null,
  }));
}

/** Plays, jumps to near the end, and plays on there. */
async function playAndSeek(page: Page): Promise<void> {
  await page.locator('video').evaluate((video: HTMLVideoElement) => {
    video.muted = true;
    void video.play();
  });
  await expect.poll(() => player(page)).toMatchObject({ isReady: true, error: null });
  await expect.poll(async () => (await player(page)).time).toBeGreaterThan(0.2);
  const { duration } = await player(page);
  expect(duration).toBeGreaterThan(1);
  await page.locator('video').evaluate((video: HTMLVideoElement, to) => {
    video.currentTime = to;
    void video.play();
  }, duration - 0.5);
  await expect.poll(async () => (await player(page)).time).toBeGreaterThan(duration - 0.4);
  expect((await player(page)).error).toBeNull();
}

for (const name of ['transcoded.mp4', 'individual_recording_1.webm']) {
  test(`${name} plays and seeks on a page of the portal, by the sign-in`, async ({ page }) => {
    const file = await addressOf(page, name);
    await page.evaluate((address) => {
      const video = document.createElement('video');
      video.src = address;
      document.querySelector('main')?.append(video);
    }, file);
    await playAndSeek(page);
  });

  test(`${name} opens with what somebody typed into the dialog`, async ({ page, account, address, newBrowser, complaints }) => {
    complaints.expect(401);
    const file = await addressOf(page, name);
    const browser = await newBrowser({ credential: await account.preset(address) });
    const guest = await browser.newPage();
    await guest.goto(file);
    await playAndSeek(guest);
  });

  test(`${name} opens by user:password@ in the address`, async ({ page, account, address, baseURL, newBrowser, complaints }) => {
    complaints.expect(401);
    const file = await addressOf(page, name);
    const { username, password } = await account.preset(address);
    const guest = await (await newBrowser()).newPage();
    const url = new URL(file, baseURL);
    url.username = username;
    url.password = password;
    await guest.goto(url.href);
    await playAndSeek(guest);
    // One answer is enough for every file of the account: there is one realm and one path.
    await guest.goto(await addressOf(page, 'metadata.json'));
    await expect(guest.locator('body')).toContainText(only.room);
  });
}

test('a browser without a sign-in is asked, and gets nothing if nobody answers', async ({ page, newBrowser, complaints }) => {
  complaints.expect(401);
  const file = await addressOf(page, 'transcoded.mp4');
  const guest = await (await newBrowser()).newPage();
  for (const path of [file, file.replace(/[0-9a-f]{4}\/transcoded/, '0000/transcoded'), '/files/nothing/here']) {
    const asked = guest.waitForResponse((response) => response.url().endsWith(path));
    // Nobody answers the dialog: a browser with windows gives up with this error, one without them takes the answer.
    await guest.goto(path).catch((error: Error) => expect(error.message).toContain('ERR_INVALID_AUTH_CREDENTIALS'));
    await expect(guest.locator('video')).toHaveCount(0);
    const answer = await asked;
    expect(answer.status()).toBe(401);
    // Two lines, which Chromium shows as one.
    expect(answer.headers()['www-authenticate']).toMatch(/^Basic realm="[^"]+", charset="UTF-8"(, |\n)Bearer realm="[^"]+"$/);
  }
});

test('wrong words in the dialog open nothing', async ({ page, account, address, newBrowser, complaints }) => {
  complaints.expect(401);
  const file = await addressOf(page, 'transcoded.mp4');
  const credential = { ...(await account.preset(address)), password: 'something else' };
  const guest = await (await newBrowser({ credential })).newPage();
  expect((await guest.goto(file))?.status()).toBe(401);
  await expect(guest.locator('video')).toHaveCount(0);
});
