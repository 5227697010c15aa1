// Account › API: a secret is made, shown once, used by a program, and revoked; from where, and how often, programs may call.
import type { Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { type Credential, only } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

const API = '/account/api';
const LISTING = '/api/v1/sessions';

/** From the page of all projects to the answer that shows the secret. */
async function make(page: Page, name: string, rights: string[], isScripted: boolean): Promise<Credential> {
  await page.goto(API);
  await page.getByRole('link', { name: `Make a secret for ${only.project}` }).click();
  await awake(page, isScripted);
  await fill(page, { Name: name });
  for (const right of rights) await page.getByLabel(right, { exact: true }).check();
  await submit(page, 'Make the secret');
  const once = page.getByRole('status').filter({ hasText: 'It is not shown again' });
  await expect(once).toContainText(name);
  const [username, password] = [once.getByRole('definition').nth(0), once.getByRole('definition').nth(1)];
  return { username: await username.getByRole('code').innerText(), password: await password.getByRole('code').innerText() };
}

test('a secret is made, shown once, used and revoked', async ({ page, context, account, address, fetchAs, isScripted }) => {
  await page.goto(API);
  await awake(page, isScripted);
  await expect(page.getByText('No API secret')).toBeVisible();
  await expectAccessible(page, 'API, no secret', isScripted);

  const secret = await make(page, 'Archiver', ['Write'], isScripted);
  expect(secret.password).toMatch(/^rgs_\w{40}$/);
  expect(page.url()).not.toContain(secret.password);
  expect(JSON.stringify(await context.cookies())).not.toContain(secret.password);
  await expectAccessible(page, 'API, secret shown', isScripted);
  const command = page.getByLabel('Command: List sessions', { exact: true });
  await expect(command).toContainText(`curl --fail --user '${secret.username}' \\\n  '${new URL(page.url()).origin}${LISTING}'`);
  if (isScripted) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await awake(page, isScripted);
    await page.getByRole('button', { name: 'Copy the API secret' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(secret.password);
    await page.getByRole('button', { name: 'Copy the command: List sessions' }).click();
    await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toContain(LISTING);
  } else {
    await expect(page.getByRole('button', { name: /^Copy/ })).toHaveCount(0);
  }

  const listed = await fetchAs(LISTING, secret);
  expect(listed.status()).toBe(200);
  expect(await listed.text()).toContain(only.conference);
  expect((await fetchAs(LISTING, { ...secret, password: `${secret.password}x` })).status()).toBe(401);
  expect((await fetchAs(LISTING)).status()).toBe(401);

  // Once: neither the page it was shown on nor the list has it again.
  for (const shown of [API, await page.getByRole('link', { name: 'The project' }).getAttribute('href')]) {
    await page.goto(shown ?? '');
    await expect(page.getByText(secret.username).first()).toBeVisible();
    expect(await page.content()).not.toContain(secret.password);
  }
  await page.goto(API);
  await awake(page, isScripted);
  const entry = page.getByRole('listitem').filter({ hasText: 'Archiver' });
  await expect(entry).toContainText(`…${secret.password.slice(-4)}`);
  await expect(entry).toContainText(`from ${address}`);
  await expect(entry).toContainText(`by ${account.ownerName}`);

  // Where logs keep it, it must not stand.
  expect((await fetchAs(`${LISTING}?key=${secret.password}`, secret)).status()).toBe(400);
  await page.reload();
  await expect(entry).toContainText('it was seen in an address');
  await expectAccessible(page, 'API, secret seen in an address', isScripted);

  await entry.getByText('Revoke…').press('Enter');
  await submit(page, 'Revoke for good');
  await expect(page.getByRole('status').filter({ hasText: 'The API secret is revoked.' })).toBeVisible();
  expect((await fetchAs(LISTING, secret)).status()).toBe(401);
  await page.getByText('1 revoked secret').click();
  await expect(page.getByRole('listitem').filter({ hasText: 'Archiver' })).toContainText('Revoked');
});

test('programs call from the addresses that are listed, as often as the quota says', async ({ page, address, complaints, fetchAs, isScripted }) => {
  complaints.expect(422);
  const secret = await make(page, 'Archiver', [], isScripted);
  const save = async (list: string, quota: string) => {
    await page.goto(API);
    await awake(page, isScripted);
    await fill(page, { 'Addresses that may call': list, 'Requests in an hour': quota });
    await submit(page, 'Save');
  };
  await save('203.0.113.7\nintranet', '0');
  await expect(page.getByLabel('Addresses that may call')).toHaveAccessibleDescription(/Line 2/);
  await expect(page.getByLabel('Addresses that may call')).toHaveValue(/intranet/);
  await expect(page.getByLabel('Requests in an hour')).toHaveAccessibleDescription(/from 1 to 100,000/);
  await expectAccessible(page, 'API, limits refused', isScripted);
  expect((await fetchAs(LISTING, secret)).status(), 'nothing was changed').toBe(200);

  await save('203.0.113.7', '3');
  await expect(page.getByText(`You are at ${address}, which is not on the list`)).toBeVisible();
  expect((await fetchAs(LISTING, secret)).status()).toBe(403);
  await save('', '3');
  await expect(page.getByText('no program is admitted from anywhere')).toBeVisible();
  await save(`203.0.113.7\n${address}`, '3');
  await expect(page.getByText('which is not on the list')).toHaveCount(0);
  const answers = [];
  for (let count = 0; count < 3; count += 1) answers.push((await fetchAs(LISTING, secret)).status());
  // One was counted before the quota was lowered. An hour may end between two of them.
  expect(answers.slice(0, 2)).toEqual([200, 200]);
  expect([200, 429]).toContain(answers[2]);
  await page.reload();
  await expect(page.getByRole('meter', { name: 'Requests in this hour' })).toBeVisible();
});
