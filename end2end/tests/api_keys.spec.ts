// Account › API keys: switched on with a warning, one made and shown once, used, revoked, switched off.
import { expectAccessible } from '../support/accessibility';
import { awake, expect, fill, submit, test } from '../support/stories';

const KEYS = '/account/api-keys';

test('API keys are switched on, made, used, revoked and switched off', async ({ page, playwright, isScripted }) => {
  await page.goto(KEYS);
  await awake(page, isScripted);
  const program = await playwright.request.newContext({ baseURL: new URL(page.url()).origin, storageState: { cookies: [], origins: [] } });
  const number = await page.getByRole('region', { name: 'API keys' }).getByRole('code').nth(1).innerText();
  const codeOf = async (key: string) => {
    const answer = await program.post('/platform_api', { form: { account_id: number, api_key: key, cmd: 'GetApplications' } });
    expect(answer.headers().deprecation).toMatch(/^@\d+$/);
    return ((await answer.json()) as { error?: { code: number } }).error?.code;
  };
  await expect(page.getByText('Deprecated', { exact: true })).toBeVisible();
  await expect(page.getByRole('button', { name: 'Make the key' })).toHaveCount(0);
  await expectAccessible(page, 'API keys, off', isScripted);

  await submit(page, 'Switch API keys on');
  await expect(page.getByRole('status').filter({ hasText: 'API keys are switched on.' })).toBeVisible();
  await page.getByRole('link', { name: 'To the service accounts' }).click();
  await page.getByRole('link', { name: 'Create a service account' }).click();
  await awake(page, isScripted);
  await fill(page, { Name: 'Old exporter' });
  await page.getByRole('combobox', { name: 'Role' }).selectOption('support');
  await submit(page, 'Create');

  await page.goto(KEYS);
  await awake(page, isScripted);
  await expect(page.getByText('No API key')).toBeVisible();
  await page.getByLabel('Service account', { exact: true }).selectOption({ label: 'Old exporter (role support)' });
  await submit(page, 'Make the key');
  const once = page.getByRole('status').filter({ hasText: 'It is not shown again' });
  const key = await once.getByRole('code').filter({ hasText: 'rgk_' }).innerText();
  expect(key).toMatch(/^rgk_\w{40}$/);
  expect(page.url()).not.toContain(key);
  await expectAccessible(page, 'API keys, key shown', isScripted);
  expect(await codeOf(key)).toBeUndefined();
  expect(await codeOf(`${key}x`)).toBe(100);

  await page.goto(KEYS);
  await awake(page, isScripted);
  expect(await page.content()).not.toContain(key);
  const entry = page.getByRole('listitem').filter({ hasText: 'Old exporter' });
  await expect(entry).toContainText(`…${key.slice(-4)}`);
  await expect(entry).toContainText('from ');
  await expectAccessible(page, 'API keys, one in force', isScripted);
  await entry.getByText('Revoke…').press('Enter');
  await submit(page, 'Revoke for good');
  await expect(page.getByRole('status').filter({ hasText: 'The API key is revoked.' })).toBeVisible();
  expect(await codeOf(key)).toBe(100);

  await page.getByText('Switch off…').press('Enter');
  await submit(page, 'Switch API keys off');
  await expect(page.getByRole('status').filter({ hasText: 'API keys are switched off.' })).toBeVisible();
});
