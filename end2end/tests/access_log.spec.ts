// The access log: what a program was refused, why, and narrowing to it by what the row itself offers.
import { expectAccessible } from '../support/accessibility';
import { only } from '../support/accounts';
import { awake, expect, test } from '../support/stories';

const ACCESS = '/video/insights/access';

test('a refusal is found, explained, narrowed to and exported', async ({ page, address, fetchAs, isScripted }) => {
  await page.goto(ACCESS);
  await awake(page, isScripted);
  await expect(page.getByRole('heading', { name: 'Nobody has asked for a file yet' })).toBeVisible();
  await expectAccessible(page, 'access log, empty', isScripted);

  await page.getByRole('link', { name: 'Open the Recordings report' }).click();
  const file = only.files[0];
  if (!file) throw new Error('the demo has no file');
  const path = (await page.getByRole('link', { name: file.name, exact: true }).getAttribute('href')) ?? '';
  expect((await fetchAs(path, { username: 'rec-nobody', password: 'an old password' })).status()).toBe(403);
  expect((await page.request.get(path)).status()).toBe(200);

  // Rows come within a second of their answers.
  const rows = page.getByRole('table').getByRole('row');
  await expect(async () => {
    await page.goto(ACCESS);
    await expect(rows).toHaveCount(3, { timeout: 100 });
  }).toPass();
  const refused = rows.filter({ hasText: 'Refused' });
  await expect(refused).toContainText(file.name);
  await expect(refused).toContainText(address);
  await expect(refused).toContainText('story/1');
  await expect(refused.locator('summary')).toContainText('Unknown user name');
  await refused.locator('summary').click();
  await expect(refused.getByText('No credential has this user name')).toBeVisible();
  await expectAccessible(page, 'access log', isScripted);

  await refused.getByRole('link', { name: 'Show all like this' }).click();
  await expect(page).toHaveURL(/outcome=unknown%5Fname/);
  await expect(page.getByLabel('Outcome')).toHaveValue('unknown_name');
  await expect(rows).toHaveCount(2);
  const href = (await page.getByRole('link', { name: 'Export CSV' }).getAttribute('href')) ?? '';
  const table = await (await page.request.get(href)).text();
  expect(table.trimEnd().split('\r\n')).toHaveLength(2);
  expect(table).toContain(`,refused,unknown_name,403,GET,`);
  expect(table).not.toContain('an old password');
  expect(table).not.toContain('rec-nobody');

  await page.goto(`${ACCESS}?address=nowhere&from=x&cursor=x`);
  await expect(page.getByText('This is no address.')).toBeVisible();
  await expectAccessible(page, 'access log, slips in the address', isScripted);
});
