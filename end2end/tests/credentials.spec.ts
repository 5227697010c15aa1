// The access credential: first sight of the preset, fetching files with it, and the reset.
import { newPassword, only } from '../support/accounts';
import { sha256 } from '../support/demo';
import { awake, expect, fill, submit, test } from '../support/stories';

const RECORDINGS = '/video/insights/recordings';
const SETTINGS = '/video/settings/recording';

test('the preset is there at first sight, masked, and opens every file', async ({ page, context, fetchAs, isScripted }) => {
  await page.goto(`${RECORDINGS}?sort=oldest`);
  await awake(page, isScripted);
  const line = page.getByRole('region', { name: 'Access credentials' });
  const [username, password] = [line.getByRole('definition').nth(0), line.getByRole('definition').nth(1)];
  await expect(username.getByRole('code')).toHaveText(/^rec-\w+$/);
  await expect(password.getByRole('code')).toHaveText(/^•+$/);
  const hidden = await page.content();

  await line.getByRole('button', { name: 'Show the password' }).click();
  await expect(password.getByRole('code')).toHaveText(/^[\w.~-]{10,}$/);
  const credential = { username: await username.getByRole('code').innerText(), password: await password.getByRole('code').innerText() };
  expect(hidden, 'the password was in the page before it was asked for').not.toContain(credential.password);
  expect(page.url()).not.toContain(credential.password);
  // Showing keeps the report as it was.
  await expect(page.getByLabel('Sort by')).toHaveValue('oldest');

  for (const file of only.files) {
    const link = page.getByRole('link', { name: file.name, exact: true });
    const path = (await link.getAttribute('href')) ?? '';
    const opened = await fetchAs(path, credential);
    expect(opened.status(), file.name).toBe(200);
    expect(sha256(await opened.body()), file.name).toBe(sha256(file.path));
    expect((await fetchAs(path)).status()).toBe(403);
    expect((await fetchAs(path, { ...credential, password: 'something else' })).status()).toBe(403);
    expect((await fetchAs(path, undefined, { Accept: 'text/html' })).status()).toBe(401);
    expect((await fetchAs(path, undefined, { 'Sec-Fetch-Mode': 'navigate' })).status()).toBe(401);
  }

  await line.getByRole('button', { name: 'Hide the password' }).click();
  await expect(password.getByRole('code')).toHaveText(/^•+$/);

  if (isScripted) {
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    const copied = () => page.evaluate(() => navigator.clipboard.readText());
    await line.getByRole('button', { name: 'Copy the user name' }).click();
    await expect.poll(copied).toBe(credential.username);
    // Copying works without showing.
    await page.reload();
    await awake(page, isScripted);
    await line.getByRole('button', { name: 'Copy the password' }).click();
    await expect.poll(copied).toBe(credential.password);
    await expect(password.getByRole('code')).toHaveText(/^•+$/);
    await page.getByRole('button', { name: 'Copy address of transcoded.mp4' }).click();
    await expect.poll(copied).toMatch(/^http:.*\/files\/.*\/transcoded\.mp4$/);
    expect((await fetchAs(await copied(), credential)).status()).toBe(200);
  } else {
    await expect(line.getByRole('button', { name: /Copy/ })).toHaveCount(0);
  }
});

test('where the browser forbids the clipboard, the password is shown and selected', async ({ page, context, isScripted }) => {
  await page.goto(RECORDINGS);
  await awake(page, isScripted);
  const line = page.getByRole('region', { name: 'Access credentials' });
  if (!isScripted) {
    await expect(line.getByRole('button', { name: /Copy/ })).toHaveCount(0);
    return;
  }
  await context.clearPermissions();
  await page.evaluate(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
  });
  await line.getByRole('button', { name: 'Copy the password' }).click();
  await expect(line.getByRole('status')).toContainText('Ctrl+C');
  const shown = await line.getByRole('definition').nth(1).getByRole('code').innerText();
  await expect.poll(() => page.evaluate(() => getSelection()?.toString().trim())).toBe(shown);
});

test.describe('the reset', () => {
  test('each wrong input is told beside its field and changes nothing', async ({ page, account, address, fetchAs, complaints, isScripted }) => {
    complaints.expect(422);
    const preset = await account.preset(address);
    const file = await fileAddress(page);
    const good = newPassword();
    const wrong = 'not the account password';
    for (const { field, problem, typed } of [
      { field: 'Account password', problem: 'Enter your account password.', typed: ['', good, good] },
      { field: 'Account password', problem: 'This is not your account password.', typed: [wrong, good, good] },
      { field: 'New access password', problem: 'Use at least 10 characters; this has 9.', typed: [account.password, 'Xk7-qv9-Z', 'Xk7-qv9-Z'] },
      { field: 'New access password', problem: 'Use at least 10 characters; this has 0.', typed: [account.password, '', ''] },
      { field: 'New access password', problem: 'easy to guess', typed: [account.password, 'qwertyuiop', 'qwertyuiop'] },
      { field: 'New access password', problem: 'than the user name', typed: [account.password, preset.username, preset.username] },
      { field: 'New access password', problem: 'This is the preset password.', typed: [account.password, preset.password, preset.password] },
      { field: 'New access password', problem: 'than the one of your account', typed: [account.password, account.password, account.password] },
      { field: 'New access password again', problem: 'The two passwords differ.', typed: [account.password, good, `${good}x`] },
      { field: 'New access password again', problem: 'The two passwords differ.', typed: [account.password, good, ''] },
    ]) {
      await page.goto(SETTINGS);
      await awake(page, isScripted);
      await fill(page, { 'Account password': typed[0], 'New access password': typed[1], 'New access password again': typed[2] });
      await submit(page, 'Submit');
      const input = page.getByLabel(field, { exact: true });
      await expect(input).toHaveAccessibleDescription(new RegExp(problem));
      await expect(input).toHaveAttribute('aria-invalid', 'true');
      if (isScripted) await expect(input).toBeFocused();
      await expect(page).toHaveURL(SETTINGS);
      // Nothing that was typed comes back: not in the page, not in what the next one is told by.
      const html = await page.content();
      const cookies = JSON.stringify(await page.context().cookies());
      // The user name stands on the page in any case.
      for (const secret of typed.filter((text) => text !== '' && text !== preset.username)) {
        expect(html).not.toContain(secret);
        expect(cookies).not.toContain(secret);
      }
      if (!isScripted) await expect(page.getByLabel('Account password', { exact: true })).toHaveValue('');
    }
    expect((await fetchAs(file, preset)).status()).toBe(200);
    expect((await fetchAs(file, { ...preset, password: good })).status()).toBe(403);
    await page.goto(RECORDINGS);
    await expect(page.getByRole('region', { name: 'Access credentials' })).toBeVisible();
  });

  test('takes effect at once, for good', async ({ page, account, address, fetchAs, newBrowser, isScripted }) => {
    const preset = await account.preset(address);
    const file = await fileAddress(page);
    const chosen = { username: preset.username, password: `größe ${newPassword()} 🦀` };
    expect((await fetchAs(file, preset)).status()).toBe(200);

    await page.getByRole('region', { name: 'Access credentials' }).getByRole('link', { name: 'Reset the password' }).click();
    await expect(page.getByRole('heading', { name: 'Recording Access Control' })).toBeVisible();
    await expect(page.getByText('Preset password, not changed yet')).toBeVisible();
    await awake(page, isScripted);
    await fill(page, {
      'Account password': account.password,
      'New access password': chosen.password,
      'New access password again': chosen.password,
    });
    if (isScripted) await expect(page.getByText('Strong', { exact: true })).toBeVisible();
    await submit(page, 'Submit');
    await expect(page.getByRole('status').filter({ hasText: 'The access password is changed.' })).toBeVisible();

    expect((await fetchAs(file, preset)).status(), 'the old one').toBe(403);
    expect((await fetchAs(file, chosen)).status(), 'the new one').toBe(200);
    await expect(page.getByText('Password last changed')).toBeVisible();
    await expect(page.getByRole('region', { name: 'Recording Access Control' })).toContainText(`by ${account.ownerName}`);
    expect(await page.content()).not.toContain(chosen.password);

    // The line is gone, for this browser and for any other, however one asks.
    for (const browser of [page.context(), await newBrowser({ isSignedIn: true })]) {
      const other = await browser.newPage();
      for (const address of [RECORDINGS, `${RECORDINGS}?show=preset`]) {
        await other.goto(address);
        await expect(other.getByRole('table')).toBeVisible();
        await expect(other.getByText('Access credentials')).toHaveCount(0);
        expect(await other.content()).not.toContain(preset.password);
      }
    }
  });

  test('offers a password, and says how strong one is', async ({ page, account, address, fetchAs, isScripted }) => {
    const { username } = await account.preset(address);
    const file = await fileAddress(page);
    await page.goto(SETTINGS);
    await awake(page, isScripted);
    const generate = page.getByRole('button', { name: 'Generate one' });
    if (!isScripted) {
      await expect(generate).toBeHidden();
      return;
    }
    const input = page.getByLabel('New access password', { exact: true });
    await input.fill('password12');
    await expect(page.getByText('Not accepted')).toBeVisible();
    await generate.click();
    await expect(page.getByText('Strong', { exact: true })).toBeVisible();
    await expect(input).toHaveAttribute('type', 'text');
    const password = await input.inputValue();
    expect(password).toMatch(/^[a-zA-Z2-9]{20}$/);
    await generate.click();
    await expect(input).not.toHaveValue(password);
    const offered = await input.inputValue();
    await fill(page, { 'Account password': account.password });
    await submit(page, 'Submit');
    await expect(page.getByRole('status').filter({ hasText: 'The access password is changed.' })).toBeVisible();
    expect((await fetchAs(file, { username, password: offered })).status()).toBe(200);
  });
});

async function fileAddress(page: import('@playwright/test').Page): Promise<string> {
  await page.goto(RECORDINGS);
  return (await page.getByRole('link', { name: 'transcoded.mp4', exact: true }).getAttribute('href')) ?? '';
}
