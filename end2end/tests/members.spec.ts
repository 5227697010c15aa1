// One's own account password.
import { newPassword } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

test.use({ recordings: 'none' });

const [CURRENT, NEW, AGAIN] = ['Current account password', 'New account password', 'New account password again'];

test('each wrong input is told beside its field and changes nothing', async ({ page, account, newBrowser, complaints, isScripted }) => {
  complaints.expect(422);
  const good = newPassword();
  for (const { field, problem, typed } of [
    { field: CURRENT, problem: 'Enter your account password.', typed: ['', good, good] },
    { field: CURRENT, problem: 'This is not your account password.', typed: ['a wrong one, surely', good, good] },
    { field: NEW, problem: 'Use at least 15 characters; this has 14.', typed: [account.password, good.slice(0, 14), good.slice(0, 14)] },
    { field: NEW, problem: 'easy to guess', typed: [account.password, 'aaaaaaaaaaaaaaaa', 'aaaaaaaaaaaaaaaa'] },
    { field: AGAIN, problem: 'The two passwords differ.', typed: [account.password, good, `${good}x`] },
  ]) {
    await page.goto('/account');
    await awake(page, isScripted);
    await fill(page, { [CURRENT]: typed[0], [NEW]: typed[1], [AGAIN]: typed[2] });
    await submit(page, 'Change password');
    await expect(page.getByLabel(field, { exact: true })).toHaveAccessibleDescription(new RegExp(problem));
    await expect(page).toHaveURL('/account');
    for (const secret of typed.filter((text) => text !== '')) expect(await page.content()).not.toContain(secret);
  }
  // The old one still signs in.
  await newBrowser({ isSignedIn: true });
});

test('a change ends every other sign-in', async ({ page, account, newBrowser, complaints, isScripted }) => {
  complaints.expect(422);
  const other = await (await newBrowser({ isSignedIn: true })).newPage();
  await other.goto('/account');
  await expect(other.getByRole('main').getByText(account.email)).toBeVisible();

  const fresh = newPassword();
  await page.goto('/account');
  await awake(page, isScripted);
  await fill(page, { [CURRENT]: account.password, [NEW]: fresh, [AGAIN]: fresh });
  await submit(page, 'Change password');
  await expect(page.getByRole('status').filter({ hasText: 'Your account password is changed.' })).toBeVisible();
  await page.reload();
  await expect(page.getByRole('main').getByText(account.email)).toBeVisible();

  await other.reload();
  await expect(other).toHaveURL('/sign-in?next=%2Faccount');
  await awake(other, isScripted);
  await fill(other, { 'E-mail': account.email, 'Account password': account.password });
  await submit(other, 'Sign in');
  await expect(other.getByRole('alert').filter({ hasText: 'E-mail or password is wrong.' })).toBeVisible();
  await fill(other, { 'E-mail': account.email, 'Account password': fresh });
  await submit(other, 'Sign in');
  await expect(other.getByText('Changing it signs you out everywhere else.')).toBeVisible();
});
