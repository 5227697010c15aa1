// The Overview: what was recorded, downloaded and refused, in a period, as plots and as tables.
import { expectAccessible } from '../support/accessibility';
import { only } from '../support/accounts';
import { awake, expect, test } from '../support/stories';

const OVERVIEW = '/video/insights';

test('an account reads its figures, narrows them and takes them along', async ({ page, fetchAs, isScripted }) => {
  const file = only.files[0];
  if (!file) throw new Error('the demo has no file');
  await page.goto('/video/insights/recordings');
  await awake(page, isScripted);
  const path = (await page.getByRole('link', { name: file.name, exact: true }).getAttribute('href')) ?? '';
  // Three pieces, one download; and a refusal.
  for (const range of ['bytes=0-9', 'bytes=10-19', 'bytes=20-29']) {
    expect((await page.request.get(path, { headers: { Range: range } })).status()).toBe(206);
  }
  expect((await fetchAs(path, { username: 'rec-nobody', password: 'an old password' })).status()).toBe(403);

  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Insights & Reports' }).click();
  await expect(page).toHaveURL(OVERVIEW);
  const figure = (name: string) => page.getByRole('region', { name, exact: true });
  // Counted in the background.
  await expect(async () => {
    await page.goto(OVERVIEW);
    await expect(figure('Downloads').getByText('1', { exact: true }).first()).toBeVisible({ timeout: 200 });
  }).toPass({ timeout: 90_000 });
  await expect(figure('Delivered')).toContainText('30 B');
  await expect(figure('Refused requests')).toContainText('None in the 30 days before');
  await expect(figure('Downloads').getByRole('img')).toHaveAccessibleName(/^Downloads by day, .* between 0 and 1\./);
  await figure('Downloads').getByText('Show as a table').click();
  const rows = figure('Downloads').getByRole('row');
  await expect(rows).toHaveCount(31);
  await expect(rows.nth(1)).toContainText('(so far)1');
  await expect(page.getByText(/Counted up to .* UTC\./)).toBeVisible();

  const top = page.getByRole('region', { name: 'Top files' }).getByRole('row').nth(1);
  await expect(top).toContainText(file.name);
  await expect(top.getByRole('link')).toHaveAttribute('href', /\/video\/insights\/recordings\/[0-9a-f-]{36}$/);
  await expectAccessible(page, 'overview', isScripted);

  const day = new Date().toISOString().slice(0, 10);
  await page.getByLabel('From', { exact: true }).fill(day);
  await page.getByRole('button', { name: 'Apply' }).click();
  await expect(page).toHaveURL(`${OVERVIEW}?from=${encodeURIComponent(day).replaceAll('-', '%2D')}`);
  await expect(figure('Downloads')).toContainText('None in the day before');
  const href = (await page.getByRole('link', { name: 'Export CSV' }).getAttribute('href')) ?? '';
  const table = await (await page.request.get(href)).text();
  expect(table.trimEnd().split('\r\n')).toHaveLength(2);
  expect(table).toMatch(new RegExp(`${day},0,0.000,\\d+,1,30,1\r\n`));

  await page.getByRole('link', { name: 'Last 12 months' }).click();
  await expect(page).toHaveURL(`${OVERVIEW}?period=12m`);
  await expect(page.getByRole('link', { name: 'Last 12 months' })).toHaveAttribute('aria-current', 'true');
  await page.goto(`${OVERVIEW}?from=x&to=9999-12-31&project=x`);
  await expect(page.getByText('This is no date')).toBeVisible();
  await expect(page.getByText('This day has not come yet.')).toBeVisible();
  await expectAccessible(page, 'overview, slips in the address', isScripted);
  expect((await page.request.get(`${OVERVIEW}/export?from=x`)).status()).toBe(400);

  await page.goto(OVERVIEW);
  await page.getByRole('link', { name: 'Unknown user name' }).click();
  await expect(page).toHaveURL(/\/video\/insights\/access\?outcome=unknown/);
});

test.describe('without recordings', () => {
  test.use({ recordings: 'none' });

  test('an empty account is told what will be here', async ({ page, isScripted }) => {
    await page.goto(OVERVIEW);
    await awake(page, isScripted);
    await expect(page.getByRole('heading', { name: 'No figures yet' })).toBeVisible();
    await expectAccessible(page, 'overview, empty', isScripted);
    await page.getByRole('link', { name: 'See how recordings come in' }).click();
    await expect(page).toHaveURL('/video/insights/recordings');
  });
});
