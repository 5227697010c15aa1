// The first account, and how callers without a credential are answered.
import { newPassword } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

test.describe('first set-up', () => {
  test.use({ isSignedIn: false, recordings: 'none' });

  test('the printed address makes the first account, once', async ({ ownServer, page, newBrowser, complaints, isScripted }) => {
    complaints.expect(422);
    const setUp = ownServer.announcement.match(/http:\S+\/set-up\?code=\S+/)?.[0] ?? '';
    const sound = {
      'Account name': 'Northwind Clinic',
      'Your name': 'Grace Hopper',
      'Your e-mail': 'grace@northwind.example',
      'Account password': newPassword(),
      'Account password again': '',
    };
    sound['Account password again'] = sound['Account password'];

    // Without an account there is nothing to sign in to, and without the code nothing to set up.
    await page.goto(`${ownServer.url}/`);
    await expect(page.getByText('This installation has no account yet.')).toBeVisible();
    await page.goto(`${ownServer.url}/set-up`);
    await expect(page.getByText('This page needs the one-time code.')).toBeVisible();
    await expect(page.getByRole('button')).toHaveCount(0);

    for (const [field, value, problem] of [
      ['Account name', '  ', 'Enter a name.'],
      ['Your name', '', 'Enter a name.'],
      ['Your e-mail', 'grace at northwind', /e-mail/],
      ['Account password', 'too short', 'Use at least 15 characters; this has 9.'],
      ['Account password', 'northwind clinic', /easy to guess/],
      ['Account password again', `${sound['Account password']}x`, 'Type the same password as above.'],
    ] as const) {
      await page.goto(setUp);
      await awake(page, isScripted);
      const typed = { ...sound, [field]: value };
      if (field === 'Account password') typed['Account password again'] = value;
      await fill(page, typed);
      await submit(page, 'Set up');
      await expect(page.getByLabel(field, { exact: true })).toHaveAccessibleDescription(
        typeof problem === 'string' ? new RegExp(problem.replace(/[.?]/g, '\\$&')) : problem,
      );
      await expect(page.getByLabel(field, { exact: true })).toHaveAttribute('aria-invalid', 'true');
    }

    await page.goto(setUp);
    await awake(page, isScripted);
    await fill(page, sound);
    await submit(page, 'Set up');
    await expect(page.getByRole('status').filter({ hasText: 'Your account is ready, and you are signed in.' })).toBeVisible();
    await expect(page).toHaveURL(`${ownServer.url}/video/insights/recordings`);
    await expect(page.getByRole('heading', { name: 'No recordings yet' })).toBeVisible();

    // For whoever finds the address later it is spent.
    const stranger = await (await newBrowser()).newPage();
    await stranger.goto(setUp);
    await expect(stranger.getByText('This installation is set up already.')).toBeVisible();
    await stranger.getByRole('link', { name: 'Go to the sign-in' }).click();
    await expect(stranger).toHaveURL(`${ownServer.url}/sign-in`);
    await awake(stranger, isScripted);
    await fill(stranger, { 'E-mail': sound['Your e-mail'], 'Account password': sound['Account password'] });
    await submit(stranger, 'Sign in');
    await expect(stranger).toHaveURL(`${ownServer.url}/video/insights/recordings`);
  });

  test('a wrong code makes nothing', async ({ ownServer, page, complaints, isScripted }) => {
    complaints.expect(404);
    await page.goto(`${ownServer.url}/set-up?code=abcdefghjkmnpqrstuvwxyz`);
    await awake(page, isScripted);
    const password = newPassword();
    await fill(page, {
      'Account name': 'Evil',
      'Your name': 'Mallory',
      'Your e-mail': 'mallory@evil.example',
      'Account password': password,
      'Account password again': password,
    });
    await submit(page, 'Set up');
    await expect(page.getByRole('alert').filter({ hasText: /\S/ })).toBeVisible();
    await page.goto(`${ownServer.url}/`);
    await expect(page.getByText('This installation has no account yet.')).toBeVisible();
  });
});

test('the challenge setting decides how programs are refused', async ({ page, account, address, fetchAs, isScripted }) => {
  const file = await firstFile(page);
  const asBrowser = { Accept: 'text/html' };
  const credential = await account.preset(address);
  const asked = { name: 'As documented (default)', program: 403, wget: 401 };
  for (const { name, program, wget } of [
    asked,
    { name: 'Ask everyone', program: 401, wget: 401 },
    { name: 'Never ask programs', program: 403, wget: 403 },
    asked,
  ]) {
    await page.goto('/video/settings/recording');
    await awake(page, isScripted);
    await page.getByRole('radio', { name }).check();
    await page.getByRole('button', { name: 'Save', exact: true }).click();
    await expect(page.getByRole('status').filter({ hasText: 'Saved.' })).toBeVisible();
    await expect(page.getByRole('radio', { name })).toBeChecked();
    expect((await fetchAs(file)).status()).toBe(program);
    const refused = await fetchAs(file, undefined, { 'User-Agent': 'Wget/1.21.3' });
    expect(refused.status()).toBe(wget);
    expect(refused.headers()['www-authenticate']?.startsWith('Basic realm=') ?? false).toBe(wget === 401);
    expect((await fetchAs(file, undefined, asBrowser)).status()).toBe(401);
    expect((await fetchAs(file, credential)).status()).toBe(200);
  }
});

async function firstFile(page: import('@playwright/test').Page): Promise<string> {
  await page.goto('/video/insights/recordings');
  const link = page.getByRole('link', { name: 'transcoded.mp4', exact: true });
  return (await link.getAttribute('href')) ?? '';
}
