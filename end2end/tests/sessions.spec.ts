// The Recordings report: filter, sorting, pages, and what an address carries.
import type { Locator, Page } from '@playwright/test';

import { type DemoSession, sessions, sha256 } from '../support/demo';
import { awake, expect, test } from '../support/stories';

const RECORDINGS = '/video/insights/recordings';
const PAGE_SIZE = 25;

/** The conference numbers of the report as it stands, in its order. */
async function shown(page: Page): Promise<string[]> {
  const rows = page.getByRole('rowheader', { name: /conference #?\d+/ });
  const names = await rows.allInnerTexts();
  return names.map((name) => name.match(/\d{9,}(?=\D*$)/)?.[0] ?? name);
}

function conferences(of: DemoSession[]): string[] {
  return of.map((session) => session.conference);
}

/** What a kind of the filter finds. */
function withKind(...kinds: string[]): DemoSession[] {
  return sessions.filter((session) => session.files.some((file) => kinds.includes(file.kind)));
}

async function apply(page: Page): Promise<void> {
  const filter = page.getByRole('form', { name: 'Filter the recordings' });
  await Promise.all([page.waitForURL(/\?/), filter.getByRole('button', { name: 'Apply' }).click()]);
}

function filterOf(page: Page): Locator {
  return page.getByRole('form', { name: 'Filter the recordings' });
}

test.describe('with the whole demo', () => {
  test.use({ recordings: 'all' });

  test('the report has every session and file, page by page, newest first', async ({ page }) => {
    await page.goto(RECORDINGS);
    await expect(page.getByText(`${sessions.length} sessions`).first()).toBeVisible();
    await expect.poll(() => shown(page)).toEqual(conferences(sessions.slice(0, PAGE_SIZE)));
    const pages = page.getByRole('navigation', { name: 'Pages of the report' });
    await expect(pages.getByRole('link', { name: 'Previous' })).toHaveCount(0);

    const first = page.getByRole('rowgroup').filter({ hasText: sessions[0].conference });
    await expect(first).toContainText(sessions[0].project);
    await expect(first.getByRole('row')).toHaveCount(1 + sessions[0].files.length);
    for (const file of sessions[0].files) {
      const row = first.getByRole('row').filter({ hasText: file.name });
      await expect(row.getByRole('cell', { name: file.kind, exact: true })).toBeVisible();
      await expect(row.getByRole('link', { name: `Download ${file.name}` })).toBeVisible();
    }

    await pages.getByRole('link', { name: 'Next' }).click();
    await expect(pages.getByRole('link', { name: 'Next' })).toHaveCount(0);
    await expect.poll(() => shown(page)).toEqual(conferences(sessions.slice(PAGE_SIZE)));
    await expect(pages).toContainText(`${sessions.length} sessions`);

    await pages.getByRole('link', { name: 'Previous' }).click();
    await expect(pages.getByRole('link', { name: 'Next' })).toBeVisible();
    await expect.poll(() => shown(page)).toEqual(conferences(sessions.slice(0, PAGE_SIZE)));
  });

  test('each part of the filter narrows the report, and all together', async ({ page }) => {
    const filter = filterOf(page);
    const expected = async (found: DemoSession[]) => {
      await expect(page.getByText(`${found.length} session${found.length === 1 ? '' : 's'}`).first()).toBeVisible();
      await expect.poll(() => shown(page)).toEqual(conferences(found.slice(0, PAGE_SIZE)));
    };

    await page.goto(RECORDINGS);
    await filter.getByLabel('Project').selectOption('Online academy');
    await apply(page);
    await expected(sessions.filter((session) => session.project === 'Online academy'));
    await expect(filter.getByLabel('Project')).toHaveValue(/.+/);

    await page.goto(RECORDINGS);
    await filter.getByLabel('From').fill('2026-08-14');
    await filter.getByLabel('To', { exact: true }).fill('2026-08-21');
    await apply(page);
    await expected(
      sessions.filter(({ startedAt }) => startedAt >= new Date('2026-08-14') && startedAt < new Date('2026-08-22')),
    );
    await expect(filter.getByLabel('From')).toHaveValue('2026-08-14');

    for (const kind of ['Individual', 'Live', 'Transcoded']) {
      await page.goto(RECORDINGS);
      await filter.getByLabel(kind).check();
      await apply(page);
      await expected(withKind(kind));
      await expect(filter.getByLabel(kind)).toBeChecked();
    }
    // Several kinds are any of them.
    await filter.getByLabel('Live').check();
    await apply(page);
    await expected(withKind('Live', 'Transcoded'));

    for (const part of [sessions[3].conference, sessions[3].conference.slice(2, 8), sessions[5].room.toUpperCase()]) {
      await page.goto(RECORDINGS);
      await filter.getByLabel('Search').fill(` ${part} `);
      await apply(page);
      const found = sessions.filter(({ room, conference }) => [room, conference].some((text) => text.includes(part.toLowerCase())));
      await expected(found);
    }

    // All at once.
    await page.goto(RECORDINGS);
    await filter.getByLabel('Project').selectOption('Customer support');
    await filter.getByLabel('From').fill('2026-09-01');
    await filter.getByLabel('To', { exact: true }).fill('2026-11-30');
    await filter.getByLabel('Live').check();
    await filter.getByLabel('Search').fill('0');
    await filter.getByLabel('Sort by').selectOption('Oldest first');
    await apply(page);
    const all = withKind('Live').filter(
      ({ project, startedAt, room, conference }) =>
        project === 'Customer support' && startedAt >= new Date('2026-09-01') && `${room} ${conference}`.includes('0'),
    );
    expect(all.length).toBeGreaterThan(1);
    await expected(all.reverse());

    await filter.getByRole('link', { name: 'Clear' }).click();
    await expect(page).toHaveURL(RECORDINGS);
    await expected(sessions);
  });

  test('the address holds the whole report, for whoever opens it', async ({ page, newBrowser }) => {
    await page.goto(RECORDINGS);
    const filter = filterOf(page);
    await filter.getByLabel('Project').selectOption('Telehealth');
    await filter.getByLabel('Individual').check();
    await filter.getByLabel('Live').check();
    await filter.getByLabel('From').fill('2026-06-03');
    await filter.getByLabel('Sort by').selectOption('Largest first');
    await apply(page);
    const here = await shown(page);
    expect(here.length).toBeGreaterThan(3);

    const other = await (await newBrowser({ isSignedIn: true })).newPage();
    await other.goto(page.url());
    await expect.poll(() => shown(other)).toEqual(here);
    const there = filterOf(other);
    await expect(there.getByLabel('Live')).toBeChecked();
    await expect(there.getByLabel('Transcoded')).not.toBeChecked();
    await expect(there.getByLabel('From')).toHaveValue('2026-06-03');
    await expect(there.getByLabel('Sort by')).toHaveValue('largest');

    // A page in the middle is shared, too.
    await page.goto(`${RECORDINGS}?sort=oldest`);
    await page.getByRole('link', { name: 'Next' }).click();
    await expect(page.getByRole('link', { name: 'Previous' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Next' })).toHaveCount(0);
    const second = conferences([...sessions].reverse().slice(PAGE_SIZE));
    await expect.poll(() => shown(page)).toEqual(second);
    await other.goto(page.url());
    await expect.poll(() => shown(other)).toEqual(second);
  });

  test('the heads of the table sort', async ({ page }) => {
    await page.goto(RECORDINGS);
    const head = (name: string) => page.getByRole('columnheader', { name });
    await expect(head('Date')).toHaveAttribute('aria-sort', 'descending');
    await head('Date').getByRole('link').click();
    await expect(head('Date')).toHaveAttribute('aria-sort', 'ascending');
    await expect.poll(() => shown(page)).toEqual(conferences([...sessions].reverse().slice(0, PAGE_SIZE)));

    await head('Size').getByRole('link').click();
    await expect(head('Size')).toHaveAttribute('aria-sort', 'descending');
    const size = (conference: string) =>
      sessions.find((session) => session.conference === conference)?.files.reduce((sum, file) => sum + file.size, 0) ?? 0;
    await expect.poll(() => shown(page)).toHaveLength(PAGE_SIZE);
    const sizes = (await shown(page)).map(size);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    expect(sizes[0]).toBe(Math.max(...sessions.map(({ conference }) => size(conference))));

    await head('Duration').getByRole('link').click();
    await expect(head('Duration')).toHaveAttribute('aria-sort', 'descending');
    await expect(page).toHaveURL(`${RECORDINGS}?sort=longest`);
    await expect.poll(() => shown(page)).toHaveLength(PAGE_SIZE);
  });

  test('times and days are those of the viewer', async ({ browser, contextOptions, storageState, baseURL, javaScriptEnabled, isScripted }) => {
    // 16:31 in UTC is the next day in Tokyo.
    const session = sessions.find(({ conference }) => conference === '151130241583');
    expect(session?.startedAt.toISOString()).toBe('2026-11-20T16:31:20.000Z');
    const context = await browser.newContext({ ...contextOptions, baseURL, storageState, javaScriptEnabled, timezoneId: 'Asia/Tokyo' });
    const page = await context.newPage();
    // The first page remembers the zone.
    await page.goto('/account');
    await page.goto(`${RECORDINGS}?q=151130241583&from=2026-11-21`);
    if (isScripted) {
      await expect(page.getByText('21 Nov 2026, 01:31')).toHaveAttribute('title', '2026-11-20 16:31:20 UTC');
      await expect(page.getByText('Times in Asia/Tokyo')).toBeVisible();
    } else {
      await expect(page.getByRole('heading', { name: 'No session matches' })).toBeVisible();
      await page.goto(`${RECORDINGS}?q=151130241583&from=2026-11-20`);
      await expect(page.getByText('20 Nov 2026, 16:31')).toBeVisible();
      await expect(page.getByText('Times in UTC')).toBeVisible();
    }
    await context.close();
  });

  test('a file is downloaded by its link, and opened by its name', async ({ page, context }) => {
    await page.goto(`${RECORDINGS}?q=${sessions[0].conference}`);
    for (const file of sessions[0].files) {
      const waiting = page.waitForEvent('download');
      await page.getByRole('link', { name: `Download ${file.name}` }).click();
      const download = await waiting;
      expect(download.suggestedFilename()).toBe(file.name);
      expect(sha256(await download.path())).toBe(sha256(file.path));
    }
    const [opened] = await Promise.all([
      context.waitForEvent('page'),
      page.getByRole('link', { name: 'metadata.json', exact: true }).click(),
    ]);
    await expect(opened.locator('body')).toContainText('participants');
  });
});

test('a filter that matches nothing says so, and how to go on', async ({ page }) => {
  await page.goto(`${RECORDINGS}?q=no-such-room`);
  await expect(page.getByRole('heading', { name: 'No session matches' })).toBeVisible();
  await expect(page.getByRole('table')).toHaveCount(0);
  await expect(filterOf(page).getByLabel('Search')).toHaveValue('no-such-room');
  await page.getByRole('link', { name: 'Clear the filter' }).click();
  await expect(page.getByRole('table')).toBeVisible();
});

test('what an address says wrongly is left out and named', async ({ page }) => {
  const filter = filterOf(page);
  for (const { query, field, problem } of [
    { query: 'project=nonsense', field: 'Project', problem: 'There is no such project.' },
    { query: 'from=2026-02-31', field: 'From', problem: 'This is no date' },
    { query: 'to=yesterday', field: 'To', problem: 'This is no date' },
    { query: 'from=2026-06-02&to=2026-06-01', field: 'To', problem: 'before the first' },
    { query: `q=${'x'.repeat(201)}`, field: 'Search', problem: 'longer than any' },
    { query: 'sort=random', field: 'Sort by', problem: 'There is no such order.' },
  ]) {
    await page.goto(`${RECORDINGS}?${query}`);
    await expect(filter.getByLabel(field, { exact: true })).toHaveAccessibleDescription(new RegExp(problem));
  }
  for (const query of ['kind=secret', 'kind=live&kind=%00', 'cursor=garbage', 'cursor=%F0%9F%A6%80', 'q=%27%22%3E%3Cscript%3E', 'q=%25', 'to=9999-12-31', 'from=-0001-01-01', 'page=-1&x=y&kind', '&&=&', 'q=%ff']) {
    const answer = await page.goto(`${RECORDINGS}?${query}`);
    expect(answer?.status(), query).toBe(200);
    await expect(filter, query).toBeVisible();
  }
  await page.goto(`${RECORDINGS}?kind=secret`);
  await expect(page.getByText('One of the kinds is unknown and was left out.')).toBeVisible();
  await expect(page.getByRole('table')).toBeVisible();
  await page.goto(`${RECORDINGS}?cursor=garbage`);
  await expect(page.getByRole('alert').filter({ hasText: /\S/ })).toBeVisible();
  await expect(page.getByRole('table')).toBeVisible();
});

test.describe('without recordings', () => {
  test.use({ recordings: 'none' });

  test('an empty account is told what to do next', async ({ page, account, isScripted }) => {
    await page.goto(RECORDINGS);
    await awake(page, isScripted);
    await expect(page.getByRole('heading', { name: 'No recordings yet' })).toBeVisible();
    await expect(page.getByText(`reelgate import FOLDER --account '${account.name}'`)).toBeVisible();
    await expect(filterOf(page)).toHaveCount(0);
    await expect(page.getByRole('region', { name: 'Access credentials' })).toBeVisible();
  });
});

test.describe('of two accounts', () => {
  test('neither sees the other', async ({ page, newBrowser, account, address, fetchAs }) => {
    const { Account } = await import('../support/accounts');
    const stranger = await Account.create('none');
    await page.goto(RECORDINGS);
    const file = (await page.getByRole('link', { name: 'transcoded.mp4', exact: true }).getAttribute('href')) ?? '';
    const client = await stranger.client(address);
    expect((await client.get(file)).status()).toBe(404);
    expect(await (await client.get(RECORDINGS)).text()).not.toContain(account.name);
    await client.dispose();
    expect((await fetchAs(file, await stranger.preset(address))).status()).toBe(404);
    await newBrowser({ isSignedIn: true });
  });
});
