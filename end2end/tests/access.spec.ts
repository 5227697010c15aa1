// Recording Access Control beyond the reset: an old password in its grace period, credentials for integrations, the test
// of what a program sends, and the end of browser access, tried with the browser's own memory for passwords.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { CDPSession, Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { newPassword } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

const RECORDINGS = '/video/insights/recordings';
const SETTINGS = '/video/settings/recording';
const TEST = '/video/settings/test';

/** The status that the real curl is answered with. */
async function curl(address: string, from: string, user: string, password: string): Promise<string> {
  const url = new URL(address, process.env.REELGATE_URL).href;
  const headers = ['-H', `X-Forwarded-For: ${from}`];
  const { stdout } = await promisify(execFile)('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', ...headers, '-u', `${user}:${password}`, url]);
  return stdout;
}

async function fileAddress(page: Page): Promise<string> {
  await page.goto(RECORDINGS);
  return (await page.getByRole('link', { name: 'transcoded.mp4', exact: true }).getAttribute('href')) ?? '';
}

test('an old password is accepted for a while, with its callers, until it is ended', async ({ page, account, address, isScripted }) => {
  const preset = await account.preset(address);
  const file = await fileAddress(page);
  expect(await curl(file, address, preset.username, preset.password)).toBe('200');

  await page.goto(SETTINGS);
  await awake(page, isScripted);
  const chosen = newPassword();
  await fill(page, { 'Account password': account.password, 'New access password': chosen, 'New access password again': chosen });
  await page.getByLabel('The old password').selectOption({ label: 'is accepted for another 24 hours' });
  await submit(page, 'Submit');
  const old = page.getByRole('region', { name: 'The old password still opens files' });
  await expect(old).toContainText('Nobody has used it since the change');
  await expect(old.getByRole('row', { name: /^curl\// })).toContainText('Not seen since');

  expect(await curl(file, address, preset.username, preset.password)).toBe('200');
  expect(await curl(file, address, preset.username, chosen)).toBe('200');
  await page.goto(SETTINGS);
  await expect(old.getByRole('row', { name: /^curl\// })).toContainText(address);
  await awake(page, isScripted);
  await expectAccessible(page, 'settings, old password', isScripted);

  await old.getByText('End it now…').click();
  await old.getByRole('button', { name: 'End the old password' }).click();
  await expect(page.getByText('The old password no longer opens any file.')).toBeVisible();
  await expect(old).toHaveCount(0);
  expect(await curl(file, address, preset.username, preset.password)).toBe('403');
  expect(await curl(file, address, preset.username, chosen)).toBe('200');
});

test('a credential for an integration is made, used, bound, given a new password and revoked', async ({ page, account, address, complaints, isScripted }) => {
  test.slow();
  complaints.expect(422);
  const file = await fileAddress(page);
  await page.goto(SETTINGS);
  await expect(page.getByText('There are none yet.')).toBeVisible();
  await page.getByRole('link', { name: 'Add a credential' }).click();
  await awake(page, isScripted);
  await expectAccessible(page, 'add a credential', isScripted);
  await fill(page, { Name: 'Archive job', 'Opens files from': '10.0.0.0/8\nintranet', 'Account password': 'wrong' });
  await submit(page, 'Add');
  await expect(page.getByLabel('Opens files from')).toHaveAccessibleDescription(/Line 2: this is no IP address/);
  await expect(page.getByLabel('Account password', { exact: true })).toHaveAccessibleDescription(/not your account password/);
  // What is not secret is still there, in either browser.
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Archive job');
  await expect(page.getByLabel('Opens files from')).toHaveValue('10.0.0.0/8\nintranet');
  await expect(page.getByLabel('Account password', { exact: true })).toHaveValue('');
  await awake(page, isScripted);
  await expectAccessible(page, 'add a credential, refused', isScripted);

  await fill(page, { 'Opens files from': '10.0.0.0/8', 'Account password': account.password });
  await submit(page, 'Add');
  const once = page.getByRole('status', { name: 'Copy the password now' });
  const password = await once.getByRole('definition').nth(1).getByRole('code').innerText();
  const username = await once.getByRole('definition').nth(0).getByRole('code').innerText();
  expect(password).toMatch(/^[\w.~-]{24}$/);
  await expect(once).toContainText(`${username}:${password}@`);
  await expectAccessible(page, 'a credential, just made', isScripted);
  expect(await curl(file, address, username, password)).toBe('200');
  expect(await curl(file, '192.0.2.1', username, password), 'from elsewhere').toBe('403');

  // It is not shown again, anywhere.
  const row = page.getByRole('row', { name: /^Archive job/ });
  // Who used it is written down behind the requests.
  await expect(async () => {
    await page.goto(SETTINGS);
    await expect(row).toContainText('curl/', { timeout: 1000 });
  }).toPass();
  await expect(row).toContainText('from 10.0.0.0/8');
  await row.getByRole('link', { name: 'Archive job' }).click();
  await expect(page.getByRole('heading', { name: 'Archive job' })).toBeVisible();
  expect(await page.content()).not.toContain(password);
  expect(JSON.stringify(await page.context().cookies())).not.toContain(password);

  await page.getByRole('link', { name: 'New password' }).click();
  await awake(page, isScripted);
  await page.getByLabel('The old password').selectOption('1');
  await fill(page, { 'Account password': account.password });
  await submit(page, 'Make a new password');
  const next = await once.getByRole('definition').nth(1).getByRole('code').innerText();
  expect(next).not.toBe(password);
  await expect(page.getByRole('region', { name: 'The old password still opens files' })).toBeVisible();
  expect(await curl(file, address, username, password)).toBe('200');
  expect(await curl(file, address, username, next)).toBe('200');

  await page.getByText('Revoke this credential…').click();
  await page.getByRole('button', { name: 'Revoke for good' }).click();
  await expect(page.getByText('The credential is revoked.')).toBeVisible();
  await expect(page.getByText('There are none yet.')).toBeVisible();
  for (const each of [password, next]) expect(await curl(file, address, username, each)).toBe('403');
});

test('what a program sends is tested, told in words and not shown again', async ({ page, account, address, complaints, isScripted }) => {
  complaints.expect(422);
  const preset = await account.preset(address);
  await page.goto(TEST);
  await awake(page, isScripted);
  await expectAccessible(page, 'test a credential', isScripted);
  const found = page.getByRole('status', { name: 'What was found' });
  const header = (text: string) => `Authorization: Basic ${Buffer.from(text).toString('base64')}`;
  for (const [sent, words] of [
    [header(`${preset.username}:${preset.password}`), 'User name and password are right'],
    [header(`${preset.username}:${preset.password}\n`), 'There is a line break at the end'],
    [header(`${preset.username}:wrong@secret`), 'The user name is right, the password is not'],
    [`curl -u "${preset.username}:wrong$secret" https://elsewhere.example/x`, 'Your shell changes it'],
  ]) {
    await page.getByLabel('What your program sends').fill(sent);
    await submit(page, 'Test');
    await expect(found).toContainText(words);
    await expect(page.getByLabel('What your program sends')).toHaveValue('');
    const html = await page.content();
    for (const secret of [preset.password, sent, 'secret']) expect(html).not.toContain(secret);
  }
  await awake(page, isScripted);
  await expectAccessible(page, 'test a credential, tested', isScripted);
  await submit(page, 'Test');
  await expect(page.getByLabel('What your program sends')).toHaveAccessibleDescription(/Paste what your program sends/);
});

/** Answers a browser's dialogs, and counts them. */
class Dialogs {
  count = 0;
  answer: { username: string; password: string } | undefined;

  static async of(page: Page): Promise<Dialogs> {
    const session: CDPSession = await page.context().newCDPSession(page);
    const dialogs = new Dialogs();
    session.on('Fetch.requestPaused', ({ requestId }) => void session.send('Fetch.continueRequest', { requestId }).catch(() => undefined));
    session.on('Fetch.authRequired', ({ requestId }) => {
      dialogs.count += 1;
      const response = dialogs.answer ? { response: 'ProvideCredentials' as const, ...dialogs.answer } : { response: 'CancelAuth' as const };
      void session.send('Fetch.continueWithAuth', { requestId, authChallengeResponse: response }).catch(() => undefined);
    });
    await session.send('Fetch.enable', { handleAuthRequests: true, patterns: [{ urlPattern: '*/files/*' }] });
    return dialogs;
  }
}

test('ended browsers ask again, once, and forget the password where nobody types it', async ({ page, account, address, newBrowser, complaints, fetchAs }) => {
  complaints.expect(401);
  const preset = await account.preset(address);
  const file = await fileAddress(page);
  const browser = await (await newBrowser()).newPage();
  const dialogs = await Dialogs.of(browser);
  const open = async () => (await browser.goto(file))?.status();

  dialogs.answer = preset;
  expect([await open(), dialogs.count]).toEqual([200, 1]);
  expect([await open(), dialogs.count], 'it remembers').toEqual([200, 1]);

  await page.goto(SETTINGS);
  await page.getByText('End browser access now…').click();
  await page.getByRole('button', { name: 'End browser access' }).click();
  await expect(page.getByText('Browser access is ended.')).toBeVisible();
  await expect(page.getByText('Last ended:')).toBeVisible();

  dialogs.answer = undefined;
  expect([await open(), dialogs.count], 'it asks').toEqual([401, 2]);
  expect([await open(), dialogs.count], 'it has forgotten').toEqual([401, 3]);
  dialogs.answer = preset;
  expect([await open(), dialogs.count], 'typed again').toEqual([200, 4]);
  expect([await open(), dialogs.count], 'and remembered').toEqual([200, 4]);

  // A program and a member who is signed in were never asked.
  expect((await fetchAs(file, preset)).status()).toBe(200);
  expect((await page.request.get(file)).status()).toBe(200);
});
