// A forgotten account password.
import { expectAccessible } from '../support/accessibility';
import { newPassword } from '../support/accounts';
import { MailServer } from '../support/mail';
import { OwnServer } from '../support/server';
import { awake, expect, fill, submit, test } from '../support/stories';

test.use({ isSignedIn: false, recordings: 'none' });

test('without a mail server the page says whom to ask', async ({ page, isScripted }) => {
  await page.goto('/sign-in');
  await page.getByRole('link', { name: 'Forgot your password?' }).click();
  await expect(page.getByText('Ask an owner or admin of your account for a reset link')).toBeVisible();
  await expectAccessible(page, 'forgot password, without mail', isScripted);
});

test('with one a link comes by mail, works once, and ends every sign-in', async ({ page, isScripted }) => {
  const mail = await MailServer.start();
  const server = await OwnServer.start(mail.settings);
  try {
    const email = 'ada@stories.example';
    const [old, fresh] = [newPassword(), newPassword()];
    await page.goto(server.announcement.match(/http\S+\/set-up\?code=\S+/)?.[0] ?? '');
    await awake(page, isScripted);
    await fill(page, { 'Account name': 'Acme', 'Your name': 'Ada', 'Your e-mail': email, 'Account password': old, 'Account password again': old });
    await submit(page, 'Set up');
    await expect(page.getByText('Your account is ready')).toBeVisible();

    for (const address of ['nobody@stories.example', email]) {
      await page.goto(`${server.url}/forgot-password`);
      await awake(page, isScripted);
      await fill(page, { 'E-mail': address });
      await submit(page, 'Send me a link');
      await expect(page.getByRole('status').filter({ hasText: 'If a member signs in with this address' })).toBeVisible();
    }
    await expectAccessible(page, 'forgot password', isScripted);
    const link = await mail.nextLink();
    await page.goto(link);
    await expect(page).toHaveURL(`${server.url}/reset-password`);
    await awake(page, isScripted);
    await expectAccessible(page, 'a new password', isScripted);
    await fill(page, { 'New account password': fresh, 'New account password again': fresh });
    await submit(page, 'Set the password');
    await expect(page.getByRole('status').filter({ hasText: 'all your sign-ins have ended' })).toBeVisible();
    await awake(page, isScripted);
    await fill(page, { 'E-mail': email, 'Account password': fresh });
    await submit(page, 'Sign in');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Insights & Reports');
    await page.goto(link);
    await expect(page.getByText('This link does not work')).toBeVisible();
  } finally {
    await server.stop();
    mail.stop();
  }
});
