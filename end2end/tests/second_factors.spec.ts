// Second factors: an authenticator app, recovery codes, passkeys.
import { type AddressInfo, createServer } from 'node:net';
import type { Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { newPassword } from '../support/accounts';
import { AuthenticatorApp } from '../support/authenticator';
import { OwnServer } from '../support/server';
import { awake, expect, fill, submit, test } from '../support/stories';

test.use({ recordings: 'none' });

const OWN = '/account/second-factor';
const STEP = '/sign-in/second-factor';

test('an app is set up, signs in, and a recovery code stands in for it once', async ({ page, account, complaints, newBrowser, isScripted }) => {
  // What was typed wrong is answered on the page itself.
  complaints.expect(422);
  await page.goto('/account');
  await page.getByRole('link', { name: 'Second factor' }).click();
  await expect(page.getByText('Your account password alone signs you in.')).toBeVisible();
  await expectAccessible(page, 'second factor, off', isScripted);
  await page.getByRole('link', { name: 'Set up an app' }).click();
  await awake(page, isScripted);
  await fill(page, { 'Account password': 'not my password' });
  await submit(page, 'Continue');
  await expect(page.getByText('This is not your account password.')).toBeVisible();
  await awake(page, isScripted);
  await fill(page, { 'Account password': account.password });
  await submit(page, 'Continue');

  await expect(page.getByRole('img', { name: 'QR code' })).toBeVisible();
  await expectAccessible(page, 'set up an app', isScripted);
  const app = new AuthenticatorApp(await page.locator('.enrol-key code').innerText());
  await fill(page, { 'Code that the app shows': 'abc' });
  await submit(page, 'Confirm');
  await expect(page.getByText('Enter the six digits that your app shows.')).toBeVisible();
  await fill(page, { 'Code that the app shows': await app.code() });
  await submit(page, 'Confirm');
  await expect(page.locator('.codes code')).toHaveCount(10);
  const codes = await page.locator('.codes code').allInnerTexts();
  await expectAccessible(page, 'recovery codes, shown once', isScripted);
  const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'Download' }).click()]);
  expect(file.suggestedFilename()).toBe('reelgate-recovery-codes.txt');
  await page.getByRole('link', { name: 'I have kept them' }).click();
  await expect(page.getByText('10 of 10')).toBeVisible();
  await expectAccessible(page, 'second factor, on', isScripted);

  const other = await (await newBrowser()).newPage();
  const signIn = async (next = '/account') => {
    await other.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await awake(other, isScripted);
    await fill(other, { 'E-mail': account.email, 'Account password': account.password });
    await submit(other, 'Sign in');
    await expect(other).toHaveURL(STEP);
    await awake(other, isScripted);
  };
  await signIn();
  await expectAccessible(other, 'second step', isScripted);
  await other.goto('/account');
  await expect(other).toHaveURL('/sign-in?next=%2Faccount');
  await other.goto(STEP);
  await awake(other, isScripted);
  await fill(other, { 'Code of your authenticator app': '12345' });
  await submit(other, 'Sign in');
  await expect(other.getByText('Enter the six digits that your app shows.')).toBeVisible();
  await awake(other, isScripted);
  const code = await app.code();
  await fill(other, { 'Code of your authenticator app': `${code.slice(0, 3)} ${code.slice(3)}` });
  await submit(other, 'Sign in');
  await expect(other).toHaveURL('/account');

  await other.context().clearCookies({ name: 'reelgate' });
  await signIn(OWN);
  await other.getByRole('link', { name: 'Use a recovery code' }).click();
  await awake(other, isScripted);
  await expectAccessible(other, 'recovery code', isScripted);
  await fill(other, { 'Recovery code': codes[4].toUpperCase() });
  await submit(other, 'Sign in');
  await expect(other).toHaveURL(OWN);
  await expect(other.getByRole('status').filter({ hasText: '9 are left.' })).toBeVisible();
  await expect(other.getByText('9 of 10')).toBeVisible();

  await page.goto(OWN);
  await page.getByRole('link', { name: 'Turn off…' }).click();
  await awake(page, isScripted);
  await expectAccessible(page, 'turn off the second factor', isScripted);
  await fill(page, { 'Account password': account.password });
  await submit(page, 'Turn off');
  await expect(page.getByText('Your second factor is off.')).toBeVisible();
});

/** A port that nobody uses just now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A device with a screen lock, in place of the dialogs that no test can click. */
async function addDevice(page: Page): Promise<void> {
  const device = await page.context().newCDPSession(page);
  await device.send('WebAuthn.enable');
  await device.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true },
  });
}

test('a passkey is added, signs in, and is removed', async ({ page, complaints, isScripted }) => {
  // Passkeys need a host name; the stories' own server has an address only.
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const server = await OwnServer.start({ REELGATE_LISTEN: `127.0.0.1:${port}`, REELGATE_PUBLIC_URL: origin });
  try {
    const [email, password] = ['ada@stories.example', newPassword()];
    await page.goto(server.announcement.match(/http\S+\/set-up\?code=\S+/)?.[0] ?? '');
    await awake(page, isScripted);
    await fill(page, { 'Account name': 'Acme', 'Your name': 'Ada', 'Your e-mail': email, 'Account password': password, 'Account password again': password });
    await submit(page, 'Set up');
    await expect(page.getByText('Your account is ready')).toBeVisible();
    await page.goto(`${origin}${OWN}`);
    await page.getByRole('link', { name: 'Add a passkey' }).click();
    await expect(page.getByRole('heading', { name: 'Add a passkey' })).toBeVisible();
    if (!isScripted) {
      await expect(page.getByText('Passkeys need JavaScript')).toBeVisible();
      await expectAccessible(page, 'add a passkey', isScripted);
      return;
    }
    complaints.expect(422);
    await addDevice(page);
    await awake(page, isScripted);
    await expectAccessible(page, 'add a passkey', isScripted);
    await fill(page, { Name: '', 'Account password': password });
    await submit(page, 'Add a passkey');
    await expect(page.getByText('Give it a name')).toBeVisible();
    await fill(page, { Name: 'Laptop' });
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(page.locator('.codes code')).toHaveCount(10);
    await page.getByRole('link', { name: 'I have kept them' }).click();
    await expect(page.getByRole('listitem').filter({ hasText: 'Laptop' })).toContainText('Not used yet');
    await expectAccessible(page, 'second factor, with a passkey', isScripted);

    // The same device makes no second one.
    await page.getByRole('link', { name: 'Add a passkey' }).click();
    await awake(page, isScripted);
    await fill(page, { Name: 'Again', 'Account password': password });
    await page.getByRole('button', { name: 'Add a passkey' }).click();
    await expect(page.getByText('This device has a passkey of yours already.')).toBeVisible();

    await page.context().clearCookies();
    await page.goto(`${origin}/sign-in?next=${encodeURIComponent(OWN)}`);
    await awake(page, isScripted);
    await fill(page, { 'E-mail': email, 'Account password': password });
    await submit(page, 'Sign in');
    await expect(page).toHaveURL(`${origin}${STEP}`);
    await awake(page, isScripted);
    await expectAccessible(page, 'second step, passkey', isScripted);
    await page.getByRole('button', { name: 'Use a passkey' }).click();
    await expect(page).toHaveURL(`${origin}${OWN}`);
    await expect(page.getByRole('listitem').filter({ hasText: 'Laptop' })).toContainText('Last used');

    await page.getByRole('link', { name: 'Change Laptop' }).click();
    await awake(page, isScripted);
    await expectAccessible(page, 'a passkey', isScripted);
    await fill(page, { Name: 'Old laptop' });
    await submit(page, 'Rename');
    await expect(page.getByRole('listitem').filter({ hasText: 'Old laptop' })).toBeVisible();
    await page.getByRole('link', { name: 'Change Old laptop' }).click();
    await expect(page.getByText('It is your last second factor.')).toBeVisible();
    await awake(page, isScripted);
    await fill(page, { 'Account password': password });
    await submit(page, 'Remove the passkey');
    await expect(page.getByText('Your account password alone signs you in.')).toBeVisible();
  } finally {
    await server.stop();
  }
});
