// Every page in every state, judged by axe; and the main job done with the keyboard alone.
import type { Locator, Page } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { newPassword } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

const RECORDINGS = '/video/insights/recordings';
const SETTINGS = '/video/settings/recording';

test.describe('axe finds nothing wrong with', () => {
  test('the settings, at rest, refused and changed', async ({ page, account, complaints, isScripted }) => {
    complaints.expect(422);
    await page.goto(SETTINGS);
    await awake(page, isScripted);
    await expectAccessible(page, 'settings', isScripted);
    await submit(page, 'Submit');
    await expect(page.getByText('Enter your account password.')).toBeVisible();
    await expectAccessible(page, 'settings, refused', isScripted);
    const chosen = newPassword();
    await fill(page, { 'Account password': account.password, 'New access password': chosen, 'New access password again': chosen });
    await submit(page, 'Submit');
    await expect(page.getByText('The access password is changed.')).toBeVisible();
    await expectAccessible(page, 'settings, changed', isScripted);
  });

  test('the account, at rest and refused', async ({ page, complaints, isScripted }) => {
    complaints.expect(422);
    await page.goto('/account');
    await awake(page, isScripted);
    await expectAccessible(page, 'account', isScripted);
    await submit(page, 'Change password');
    await expect(page.getByText('Enter your account password.')).toBeVisible();
    await expectAccessible(page, 'account, refused', isScripted);
    await page.getByRole('button', { name: 'Account menu' }).click();
    await expect(page.getByRole('group', { name: 'Account menu' })).toBeVisible();
    await expectAccessible(page, 'account menu', isScripted);
  });

  test('the recordings, masked and shown, narrowed, without a match, with slips', async ({ page, isScripted }) => {
    await page.goto(RECORDINGS);
    await awake(page, isScripted);
    await expectAccessible(page, 'recordings', isScripted);
    await page.getByRole('button', { name: 'Show the password' }).click();
    await expect(page.getByRole('button', { name: 'Hide the password' })).toBeVisible();
    await expectAccessible(page, 'recordings, password shown', isScripted);
    await page.goto(`${RECORDINGS}?q=nothing-like-it`);
    await expectAccessible(page, 'recordings, no match', isScripted);
    await page.goto(`${RECORDINGS}?project=x&from=x&to=x&sort=x&kind=x&cursor=x`);
    await expectAccessible(page, 'recordings, slips in the address', isScripted);
  });

  test.describe('many', () => {
    test.use({ recordings: 'all' });

    test('pages of recordings', async ({ page, isScripted }) => {
      await page.goto(RECORDINGS);
      await page.getByRole('link', { name: 'Next' }).click();
      await expect(page.getByRole('link', { name: 'Previous' })).toBeVisible();
      // Its rows are those of the short report above, and judging hundreds of them takes a minute.
      await expectAccessible(page, 'recordings, second page', isScripted, 'nav');
    });
  });

  test.describe('nothing', () => {
    test.use({ recordings: 'none' });

    test('in it: the empty report, and addresses that lead nowhere', async ({ page, newBrowser, complaints, isScripted }) => {
      complaints.expect(404);
      await page.goto(RECORDINGS);
      await expectAccessible(page, 'recordings, empty', isScripted);
      await page.goto('/nowhere');
      await expectAccessible(page, 'not found', isScripted);
      const stranger = await (await newBrowser()).newPage();
      await stranger.goto('/nowhere');
      await expectAccessible(stranger, 'not found, for strangers', isScripted);
    });
  });

  test.describe('signed out', () => {
    test.use({ isSignedIn: false, recordings: 'none' });

    test('the sign-in, at rest and refused, and the answer of the gate', async ({ page, account, fetchAs, complaints, isScripted }) => {
      complaints.expect(422);
      await page.goto('/sign-in');
      await awake(page, isScripted);
      await expectAccessible(page, 'sign-in', isScripted);
      await fill(page, { 'E-mail': account.email, 'Account password': 'wrong' });
      await submit(page, 'Sign in');
      await expect(page.getByText('E-mail or password is wrong.')).toBeVisible();
      await expectAccessible(page, 'sign-in, refused', isScripted);
      // Chromium keeps the answer to itself while nobody answers its dialog.
      const refused = await (await fetchAs('/files/a/b/c', undefined, { Accept: 'text/html' })).text();
      await page.route('/files/a/b/c', (route) => route.fulfill({ body: refused, contentType: 'text/html' }));
      await page.goto('/files/a/b/c');
      await expectAccessible(page, 'refused by the gate', isScripted);
    });

    test('the set-up, at rest, refused, without a code and done', async ({ ownServer, page, complaints, isScripted }) => {
      complaints.expect(422);
      const setUp = ownServer.announcement.match(/http:\S+\/set-up\?code=\S+/)?.[0] ?? '';
      await page.goto(`${ownServer.url}/sign-in`);
      await expectAccessible(page, 'sign-in, not set up', isScripted);
      await page.goto(`${ownServer.url}/set-up`);
      await expectAccessible(page, 'set-up, no code', isScripted);
      await page.goto(setUp);
      await awake(page, isScripted);
      await expectAccessible(page, 'set-up', isScripted);
      await submit(page, 'Set up');
      await expect(page.getByText('Enter a name.').first()).toBeVisible();
      await expectAccessible(page, 'set-up, refused', isScripted);
      const password = newPassword();
      await fill(page, {
        'Account name': 'Northwind',
        'Your name': 'Grace Hopper',
        'Your e-mail': 'grace@northwind.example',
        'Account password': password,
        'Account password again': password,
      });
      await submit(page, 'Set up');
      await expect(page.getByText('Your account is ready')).toBeVisible();
      await expectAccessible(page, 'set-up, done', isScripted);
      await page.context().clearCookies();
      await page.goto(setUp);
      await expectAccessible(page, 'set-up, spent', isScripted);
    });
  });
});

/** Presses Tab until this has the keyboard, which must then be seen to have it. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  const isThere = () => target.evaluate((element) => element === document.activeElement);
  for (let presses = 0; !(await isThere()); presses += 1) {
    expect(presses, `${target} cannot be reached with Tab`).toBeLessThan(80);
    await page.keyboard.press('Tab');
  }
  const ring = await target.evaluate((element) => {
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0;
  });
  expect(ring, `${target} does not show that it has the keyboard`).toBe(true);
}

test.describe('the keyboard alone', () => {
  test.use({ isSignedIn: false });

  test('signs in, filters, and resets the password', async ({ page, account, address, fetchAs, complaints, isScripted }) => {
    complaints.expect(422);
    const preset = await account.preset(address);
    await page.goto('/');
    await awake(page, isScripted);
    await expect(page.getByLabel('E-mail')).toBeFocused();
    await page.keyboard.type(account.email);
    await tabTo(page, page.getByLabel('Account password', { exact: true }));
    await page.keyboard.type(account.password);
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(RECORDINGS);
    await awake(page, isScripted);

    // The first stop skips the navigation.
    await page.keyboard.press('Tab');
    await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();
    await page.keyboard.press('Enter');
    await expect(page.getByRole('main')).toBeFocused();
    const filter = page.getByRole('form', { name: 'Filter the recordings' });
    await tabTo(page, filter.getByLabel('Search'));
    await page.keyboard.type('4770');
    await tabTo(page, filter.getByLabel('Sort by'));
    await page.keyboard.type('Largest');
    await tabTo(page, filter.getByLabel('Live'));
    await page.keyboard.press('Space');
    await tabTo(page, filter.getByRole('button', { name: 'Apply' }));
    await page.keyboard.press('Enter');
    await expect(page).toHaveURL(/q=4770/);
    await expect(page).toHaveURL(/sort=largest/);
    await expect(page).toHaveURL(/kind=live/);
    await expect(page.getByText('1 session').first()).toBeVisible();
    const file = page.getByRole('link', { name: 'transcoded.mp4', exact: true });
    await tabTo(page, file);
    const path = (await file.getAttribute('href')) ?? '';

    await page.goto(RECORDINGS);
    await awake(page, isScripted);
    await tabTo(page, page.getByRole('link', { name: 'Reset the password' }));
    await page.keyboard.press('Enter');
    await expect(page.getByRole('heading', { name: 'Recording Access Control' })).toBeVisible();
    await awake(page, isScripted);
    const chosen = newPassword();
    await tabTo(page, page.getByLabel('Account password', { exact: true }));
    await page.keyboard.type(account.password);
    await tabTo(page, page.getByLabel('New access password', { exact: true }));
    await page.keyboard.type(chosen);
    await tabTo(page, page.getByLabel('New access password again', { exact: true }));
    await page.keyboard.type(chosen);
    await page.keyboard.press('Enter');
    await expect(page.getByText('The access password is changed.')).toBeVisible();
    expect((await fetchAs(path, { ...preset, password: chosen })).status()).toBe(200);

    // And out again.
    await tabTo(page, page.getByRole('button', { name: 'Account menu' }));
    await page.keyboard.press('Enter');
    await tabTo(page, page.getByRole('button', { name: 'Sign out' }));
    await page.keyboard.press('Enter');
    await expect(page.getByText('You are signed out.')).toBeVisible();
  });
});
