// Signing in and out.
import { expect, test, awake, fill, submit } from '../support/stories';

test.use({ isSignedIn: false, recordings: 'none' });

const RECORDINGS = '/video/insights/recordings';

test('a wrong password is refused without a word about which part was wrong', async ({ page, account, complaints, isScripted }) => {
  complaints.expect(422);
  for (const [email, password] of [
    [account.email, 'not my password at all'],
    ['nobody@stories.example', account.password],
    [account.email, ''],
  ]) {
    await page.goto('/sign-in');
    await awake(page, isScripted);
    await fill(page, { 'E-mail': email, 'Account password': password });
    await submit(page, 'Sign in');
    await expect(page.getByRole('alert').filter({ hasText: 'E-mail or password is wrong.' })).toBeVisible();
    await expect(page).toHaveURL('/sign-in');
    if (password) expect(await page.content()).not.toContain(password);
  }
});

test('the right password leads to the recordings, and signing out leads back', async ({ page, account, isScripted }) => {
  await page.goto('/');
  await expect(page).toHaveURL('/sign-in');
  await awake(page, isScripted);
  // Addresses are compared as people read them.
  await fill(page, { 'E-mail': ` ${account.email.toUpperCase()} `, 'Account password': account.password });
  await submit(page, 'Sign in');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Insights & Reports');
  await expect(page).toHaveURL(RECORDINGS);

  await page.getByRole('button', { name: 'Account menu' }).click();
  const menu = page.getByRole('group', { name: 'Account menu' });
  await expect(menu).toContainText(account.email);
  await expect(menu).toContainText(account.name);
  await menu.getByRole('button', { name: 'Sign out' }).click();
  await expect(page.getByRole('status')).toHaveText('You are signed out.');
  await expect(page).toHaveURL('/sign-in');

  // What is said once is not said again.
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  await expect(page.getByText('You are signed out.')).toBeHidden();
});

test.describe('signed in', () => {
  test.use({ isSignedIn: true });

  test('after signing out, the back button shows nothing', async ({ page, account }) => {
    await page.goto('/account');
    await expect(page.getByRole('main')).toContainText(account.email);
    await page.getByRole('button', { name: 'Account menu' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('status')).toHaveText('You are signed out.');
    await page.goBack();
    await expect(page.getByRole('heading', { name: 'Sign in' })).toBeVisible();
    expect(await page.content()).not.toContain(account.email);
  });

  test('the sign-in page has nothing to ask of somebody who is signed in', async ({ page }) => {
    await page.goto('/sign-in?next=%2Faccount');
    await expect(page).toHaveURL('/account');
  });

  test('a stolen cookie is worth nothing after signing out', async ({ page, context, newBrowser }) => {
    await page.goto('/account');
    const cookies = await context.cookies();
    await page.getByRole('button', { name: 'Account menu' }).click();
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page.getByRole('status')).toHaveText('You are signed out.');
    const thief = await newBrowser();
    await thief.addCookies(cookies);
    const page2 = await thief.newPage();
    await page2.goto('/account');
    await expect(page2.getByRole('heading', { name: 'Sign in' })).toBeVisible();
  });
});

test('a link into the portal leads there after signing in', async ({ page, account, isScripted }) => {
  const link = `${RECORDINGS}?q=seminar&sort=oldest`;
  await page.goto(link);
  await expect(page).toHaveURL(`/sign-in?next=${encodeURIComponent(link)}`);
  await awake(page, isScripted);
  // A wrong attempt does not lose the way.
  await fill(page, { 'E-mail': account.email, 'Account password': account.password });
  await submit(page, 'Sign in');
  await expect(page).toHaveURL(link);
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Insights & Reports');
});

test('no address makes the sign-in lead to another site', async ({ page, account, newBrowser, isScripted }) => {
  const attempts = ['https://evil.example/', '//evil.example/', '/\\evil.example/', '/\t/evil.example', 'javascript:alert(1)'];
  for (const next of attempts) {
    const other = await (await newBrowser()).newPage();
    await other.goto(`/sign-in?next=${encodeURIComponent(next)}`);
    await awake(other, isScripted);
    await fill(other, { 'E-mail': account.email, 'Account password': account.password });
    await submit(other, 'Sign in');
    await expect(other).toHaveURL(RECORDINGS);
  }
  await page.goto('/sign-in');
});
