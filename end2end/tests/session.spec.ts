// The page of one session: opened from the report, played, followed by chat and transcript, searched, described.
import type { Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { only, talk } from '../support/accounts';
import { awake, expect, submit, test } from '../support/stories';

const RECORDINGS = '/video/insights/recordings';
/** What the metadata calls the room of `talk`. */
const ROOM = 'Dr. Amara Okafor, consultations';

/** Opens the page of the account's only session from the report. */
async function open(page: Page, isScripted: boolean): Promise<string> {
  await page.goto(RECORDINGS);
  await page.getByRole('rowheader', { name: talk.room }).getByRole('link').click();
  await expect(page.getByRole('heading', { level: 2, name: ROOM })).toBeVisible();
  await awake(page, isScripted);
  return new URL(page.url()).pathname;
}

/** The seconds at which the player stands, as soon as it has a picture. */
async function standsAt(page: Page): Promise<number> {
  const player = page.locator('video');
  await expect.poll(() => player.evaluate((video: HTMLVideoElement) => video.readyState)).toBeGreaterThanOrEqual(2);
  return player.evaluate((video: HTMLVideoElement) => video.currentTime);
}

test.use({ recordings: 'talk' });

test('a session opens from the report and plays from the moment in its address, with no dialog', async ({ page, isScripted }) => {
  const path = await open(page, isScripted);
  await expect(page).toHaveTitle(`${ROOM} · Recordings · Reelgate`);
  for (const fact of [talk.conference, talk.project, talk.room, '1:24']) await expect(page.getByRole('article')).toContainText(fact);

  // Any answer of the gate that asks for a password would be a dialog.
  const asked: number[] = [];
  page.on('response', (response) => {
    if (new URL(response.url()).pathname.startsWith('/files/')) asked.push(response.status());
  });
  await page.goto(`${path}?t=0:42`);
  expect(Math.abs((await standsAt(page)) - 42)).toBeLessThan(0.5);
  expect(asked.length).toBeGreaterThan(0);
  expect(asked.filter((status) => status !== 206 && status !== 200 && status !== 304)).toEqual([]);
  await expect(page.locator('video')).not.toHaveAttribute('crossorigin');

  await page.getByRole('navigation', { name: 'Recordings of this session' }).getByRole('link', { name: 'Individual 2' }).click();
  await expect(page).toHaveURL(/\?file=/);
  await expect(page.locator('video')).toHaveAttribute('aria-label', 'Recording individual_recording_2.webm');
  expect(await standsAt(page)).toBeLessThan(1);
});

test('a line of the chat leads to its moment', async ({ page, isScripted }) => {
  await open(page, isScripted);
  const line = page.getByRole('listitem').filter({ hasText: 'Next call: Friday 4 December' });
  await line.getByRole('link', { name: '1:10' }).click();
  await expect.poll(() => standsAt(page)).toBeGreaterThanOrEqual(69.9);
  if (!isScripted) {
    await expect(page).toHaveURL(/t=70/);
    return;
  }
  // With scripts it plays on in place, the line is marked, and the link to copy follows.
  await expect(page).not.toHaveURL(/t=70/);
  await expect(line).toHaveAttribute('aria-current', 'true');
  const copy = page.getByRole('button', { name: 'Copy link to this moment' });
  await expect.poll(() => copy.getAttribute('data-copy')).toMatch(/&t=7\d#player$/);
  // So does a place on the timeline.
  const track = page.locator('[data-timeline]');
  const box = await track.boundingBox();
  await track.click({ position: { x: (box?.width ?? 0) * 0.25, y: 4 } });
  await expect.poll(() => standsAt(page)).toBeLessThan(30);
  await expect(line).not.toHaveAttribute('aria-current');
});

test('the search shows the lines that match', async ({ page, isScripted }) => {
  await open(page, isScripted);
  const chat = page.getByRole('group').filter({ has: page.getByRole('heading', { name: 'Chat' }) });
  await expect(chat.getByRole('listitem')).toHaveCount(6);
  await page.getByLabel('Search chat and transcript').fill('WEEKEND');
  if (!isScripted) await page.getByRole('button', { name: 'Search' }).click();
  await expect(chat.getByRole('listitem')).toHaveCount(1);
  await expect(chat).toContainText('1 of 6');
  await page.getByRole('heading', { name: 'Transcript' }).click();
  await expect(page.getByText('Just a short check before the weekend.')).toBeVisible();
  await expect(page.getByText('2 of 15')).toBeVisible();
  if (!isScripted) await expect(page).toHaveURL(/chat=WEEKEND/);
});

test('title and tags are given, and refused beside their field', async ({ page, isScripted, complaints }) => {
  complaints.expect(422);
  const path = await open(page, isScripted);
  await page.getByText('Edit title and tags').click();
  await page.getByLabel('Tags', { exact: true }).fill('x'.repeat(51));
  await submit(page, 'Save');
  await expect(page.getByText('A tag has at most 50 characters.')).toBeVisible();
  await expect(page.getByLabel('Tags', { exact: true })).toHaveAttribute('aria-invalid', 'true');
  await page.getByLabel('Title', { exact: true }).fill('<b>Check</b> before the weekend');
  await page.getByLabel('Tags', { exact: true }).fill('blood pressure, follow-up');
  await submit(page, 'Save');
  await expect(page.getByText('Title and tags are saved.')).toBeVisible();
  expect(new URL(page.url()).pathname).toBe(path);
  await expect(page.getByRole('heading', { level: 2, name: '<b>Check</b> before the weekend' })).toBeVisible();
  await expect(page.getByRole('article').getByText('follow-up', { exact: true })).toBeVisible();
});

test('axe finds nothing wrong with a session', async ({ page, isScripted }) => {
  // Beside a film axe takes its time.
  test.slow();
  await open(page, isScripted);
  await page.getByText('Edit title and tags').click();
  await page.getByText('Everything that happened, as a list').click();
  await expectAccessible(page, 'a session', isScripted);
});

test('a session that is not there is not found', async ({ page, complaints }) => {
  complaints.expect(404);
  for (const id of ['019aa000-0000-7000-8000-000000000000', 'nonsense']) {
    expect((await page.goto(`${RECORDINGS}/${id}`))?.status()).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  }
});

test.describe('of which a part is missing', () => {
  test.use({ recordings: 'one' });

  test('moments after the end of the recording lead nowhere', async ({ page }) => {
    await page.goto(RECORDINGS);
    await page.getByRole('rowheader', { name: only.room }).getByRole('link').click();
    // The demo's recording is shorter than its call.
    const chat = page.getByRole('region', { name: 'Chat, line by line' });
    await expect(chat.getByRole('listitem').first()).toContainText('9:02');
    await expect(chat.getByRole('link')).toHaveCount(0);
  });
});
