// Settings › Service accounts: one is created, its file shown once and used, its role changed, its key rotated, and it is revoked.
import { createPrivateKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import { expectAccessible } from '../support/accessibility';
import { awake, expect, fill, submit, test } from '../support/stories';

const LIST = '/video/settings/service-accounts';

interface KeyFile {
  account_email: string;
  account_id: number;
  key_id: string;
  private_key: string;
}

/** As any client signs it. */
function tokenOf(file: KeyFile): string {
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const text = `${part({ alg: 'RS256', typ: 'JWT', kid: file.key_id })}.${part({ iss: file.account_id, iat: now, exp: now + 64 })}`;
  return `${text}.${sign('sha256', Buffer.from(text), createPrivateKey(file.private_key)).toString('base64url')}`;
}

test('a service account is created, used, rotated and revoked', async ({ page, context, account, playwright, isScripted }) => {
  await page.goto('/video/insights/recordings');
  const path = (await page.locator('a[href^="/files/"]').first().getAttribute('href')) ?? '';
  const chat = (await page.locator('a[href^="/files/"][href*="chat"]').first().getAttribute('href')) ?? '';
  const program = await playwright.request.newContext({ baseURL: new URL(page.url()).origin, storageState: { cookies: [], origins: [] } });
  const status = async (file: KeyFile, address = path) =>
    (await program.get(address, { headers: { authorization: `Bearer ${tokenOf(file)}`, range: 'bytes=0-9' } })).status();

  await page.goto(LIST);
  await awake(page, isScripted);
  await expect(page.getByText('There is no service account yet')).toBeVisible();
  await expectAccessible(page, 'Service accounts, none', isScripted);
  await page.getByRole('link', { name: 'Create a service account' }).click();
  await awake(page, isScripted);
  await expectAccessible(page, 'Service accounts, create', isScripted);
  await fill(page, { Name: 'Nightly' });
  await submit(page, 'Create');

  const once = page.getByRole('status').filter({ hasText: 'It is not shown again' });
  await expect(once).toContainText('Nightly');
  await expectAccessible(page, 'Service accounts, file shown', isScripted);
  const saving = page.waitForEvent('download');
  await once.getByRole('link', { name: 'Download service-account.json' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toBe('service-account.json');
  const first = JSON.parse(await readFile(await saved.path(), 'utf8')) as KeyFile;
  expect(first.account_email).toBe(account.email);
  expect(JSON.stringify(await context.cookies())).not.toContain(first.private_key.slice(30, 60));
  await expect(page.getByLabel('Command: downloading with curl', { exact: true })).toContainText('$(bash token.sh)');

  expect(await status(first)).toBe(206);
  expect(await status(first, chat)).toBe(403);

  await page.goto(LIST);
  await awake(page, isScripted);
  expect(await page.content()).not.toContain('BEGIN PRIVATE KEY');
  await expect(page.getByRole('listitem').filter({ hasText: 'Nightly' })).toContainText('Recordings only');
  await expectAccessible(page, 'Service accounts, one', isScripted);
  await page.getByRole('link', { name: 'Nightly', exact: true }).click();
  await awake(page, isScripted);
  await page.getByRole('combobox', { name: 'Role' }).selectOption('support');
  await submit(page, 'Change the role');
  await expect(page.getByRole('status').filter({ hasText: 'role' })).toBeVisible();
  expect(await status(first, chat), 'at once').toBe(206);

  await awake(page, isScripted);
  await page.getByLabel('The old key').selectOption('1');
  await submit(page, 'Make a new key');
  const second = JSON.parse(await page.locator('#key-file').textContent() ?? '') as KeyFile;
  expect([await status(first), await status(second)], 'both in the overlap').toEqual([206, 206]);
  await page.goto(LIST);
  await expect(page.getByText('2 keys in force')).toBeVisible();
  await page.getByRole('link', { name: 'Nightly', exact: true }).click();
  await awake(page, isScripted);
  const old = page.getByRole('listitem').filter({ hasText: first.key_id });
  await expect(old).toContainText('Ends soon');
  await old.getByText('Revoke…').press('Enter');
  await submit(page, 'Revoke this key');
  await expect(page.getByRole('status').filter({ hasText: 'The key is revoked.' })).toBeVisible();
  expect([await status(first), await status(second)]).toEqual([401, 206]);

  await awake(page, isScripted);
  await page.getByText('Revoke the service account…').press('Enter');
  await submit(page, 'Revoke for good');
  await expect(page.getByRole('status').filter({ hasText: 'The service account is revoked.' })).toBeVisible();
  expect(await status(second)).toBe(401);
  await page.getByText('1 revoked service account').click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Nightly' })).toContainText('Revoked');

  // Rows are written a moment after the answers.
  const row = page.locator('.log tbody tr').filter({ hasText: 'Nightly' }).filter({ hasText: 'Key revoked' });
  await expect(async () => {
    await page.goto('/video/insights/access');
    await expect(row.first()).toBeVisible({ timeout: 500 });
  }).toPass();
  await program.dispose();
});
