// An account's people: invited, limited by their role, and removed.
import { expectAccessible } from '../support/accessibility';
import { newPassword } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

test.use({ recordings: 'none' });

test('somebody is invited, joins, may do what the role says, and is removed', async ({ page, account, newBrowser, complaints, isScripted }) => {
  complaints.expect(403);
  const email = account.email.replace('ada', 'grace');
  await page.goto('/members');
  await awake(page, isScripted);
  await expectAccessible(page, 'members', isScripted);
  await fill(page, { 'E-mail': email });
  await page.getByLabel('Role', { exact: true }).selectOption('Supervisor');
  await submit(page, 'Invite');
  const box = page.getByRole('status').filter({ hasText: `Invitation for ${email}` });
  await expect(box).toContainText('This link is shown only now.');
  await expectAccessible(page, 'members, with a link', isScripted);
  const link = await box.locator('code').innerText();
  await page.reload();
  await expect(box).toBeHidden();
  await expect(page.getByRole('listitem').filter({ hasText: email })).toContainText('Invited');

  const grace = await (await newBrowser()).newPage();
  await grace.goto(link);
  await expect(grace).toHaveURL('/invitation');
  await awake(grace, isScripted);
  await expect(grace.getByText(`Ada Lovelace invites you to the recordings of ${account.name}`)).toBeVisible();
  await expectAccessible(grace, 'invitation', isScripted);
  const password = newPassword();
  await fill(grace, { 'Your name': 'Grace Hopper', 'Account password': password, 'Account password again': password });
  await submit(grace, 'Accept the invitation');
  await expect(grace.getByRole('status')).toHaveText(/Welcome\. Sign in/);
  await awake(grace, isScripted);
  await fill(grace, { 'E-mail': email, 'Account password': password });
  await submit(grace, 'Sign in');
  await expect(grace.getByRole('heading', { level: 1 })).toHaveText('Insights & Reports');
  await expect(grace.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Members' })).toBeHidden();
  await grace.goto('/members');
  await expect(grace.getByRole('heading', { name: 'Your role does not allow this' })).toBeVisible();
  await expectAccessible(grace, 'forbidden', isScripted);
  await grace.goto('/account');

  await page.goto('/members');
  await page.getByRole('link', { name: 'Manage Grace Hopper' }).click();
  await page.getByLabel('admin', { exact: true }).check();
  await submit(page, 'Change role');
  await expect(page.getByRole('status').filter({ hasText: 'The role is changed.' })).toBeVisible();
  await grace.reload();
  await grace.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Members' }).click();
  await expect(grace.getByRole('listitem').filter({ hasText: account.email })).toContainText('owner');
  await expect(grace.getByRole('link', { name: 'Manage Ada Lovelace' })).toBeHidden();

  await page.getByText('Remove…').click();
  await expectAccessible(page, 'a member', isScripted);
  await submit(page, 'Remove from the account');
  await expect(page.getByRole('status').filter({ hasText: 'The member is removed' })).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: email })).toBeHidden();
  await grace.reload();
  await expect(grace).toHaveURL('/sign-in?next=%2Fmembers');
});

test('one sees where one is signed in, and ends what is elsewhere', async ({ page, newBrowser, isScripted }) => {
  const others = [];
  for (let number = 0; number < 2; number++) {
    const other = await (await newBrowser({ isSignedIn: true })).newPage();
    await other.goto('/account');
    others.push(other);
  }
  await page.goto('/account');
  await page.getByRole('link', { name: 'Sign-ins' }).click();
  const rows = page.getByRole('main').getByRole('listitem').filter({ hasText: 'Signed in' });
  await expect(rows).toHaveCount(3);
  await expect(rows.first()).toContainText('This browser');
  await expectAccessible(page, 'sign-ins', isScripted);
  await rows.nth(1).getByRole('button').click();
  await expect(page.getByRole('status').filter({ hasText: 'That browser is signed out.' })).toBeVisible();
  await expect(rows).toHaveCount(2);
  await submit(page, 'End all others');
  await expect(page.getByText('You are signed in nowhere else.')).toBeVisible();
  for (const other of others) {
    await other.reload();
    await expect(other).toHaveURL('/sign-in?next=%2Faccount');
  }
});
