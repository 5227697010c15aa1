// Governing recordings: who can open them, how long they are kept, and how they end.
import { type Page, request } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { only, stranger } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

const RECORDINGS = '/video/insights/recordings';
const file = only.files.find(({ name }) => name === 'transcoded.mp4') ?? only.files[0];

/** Opens the settings of the account's one project. */
async function openProject(page: Page, isScripted: boolean): Promise<void> {
  await page.goto('/projects');
  await awake(page, isScripted);
  await page.getByRole('link', { name: only.project, exact: true }).click();
  await expect(page.getByRole('heading', { name: only.project })).toBeVisible();
}

/** Opens the page of the one session, on which its files are governed. */
async function openFiles(page: Page): Promise<void> {
  await page.goto(RECORDINGS);
  await page.getByRole('rowheader', { name: only.room }).getByRole('link').click();
  await expect(page.getByRole('table', { name: 'Files of this session' })).toBeVisible();
}

/** The path of a file, off the report. */
async function addressOf(page: Page, name: string): Promise<string> {
  await page.goto(RECORDINGS);
  return (await page.getByRole('link', { name, exact: true }).getAttribute('href')) ?? '';
}

test('an owner opens a project to anyone, and keeps one file closed', async ({ page, fetchAs, isScripted }) => {
  const [path, other] = [await addressOf(page, file.name), await addressOf(page, 'metadata.json')];
  expect((await fetchAs(path)).status()).toBe(403);

  await openProject(page, isScripted);
  await page.getByLabel('Off', { exact: true }).check();
  await fill(page, { 'Open for how many hours after the session (if off)': 'soon' });
  await submit(page, 'Save who can open files');
  const hours = page.getByLabel('Open for how many hours after the session (if off)');
  await expect(hours).toHaveAccessibleDescription(/Enter a whole number of hours/);
  await page.getByLabel('Off', { exact: true }).check();
  // The demo is some years old: long enough for its window to be open.
  await hours.fill('87600');
  await submit(page, 'Save who can open files');
  await expect(page.getByRole('region', { name: only.project })).toContainText(/Anyone with the address for 3.650 days/);
  expect((await fetchAs(path)).status()).toBe(200);
  expect((await fetchAs(path, { username: 'nobody', password: 'wrong password' })).status(), 'a wrong proof').toBe(403);

  await openFiles(page);
  await expect(page.getByRole('row', { name: file.name })).toContainText('Open to anyone');
  await submit(page, `Mark ${file.name} secure`);
  await expect(page.getByRole('row', { name: file.name })).toContainText('Marked secure');
  expect((await fetchAs(path)).status()).toBe(403);
  expect((await fetchAs(other)).status()).toBe(200);
});

test('a rule is tried, then files expire, and a legal hold brings them back', async ({ page, account, address, fetchAs, isScripted }) => {
  // Judged by axe in every look, twice.
  test.slow();
  const preset = await account.preset(address);
  const path = await addressOf(page, file.name);
  await openProject(page, isScripted);
  await fill(page, { "Hours after the session's end (if they expire)": '72' });
  await page.getByLabel('Expire', { exact: true }).check();
  await page.getByRole('button', { name: 'See what this would do' }).click();
  const preview = page.getByRole('group', { name: 'What this rule would do now' });
  await expect(preview).toContainText(`This rule would expire ${only.files.length} files`);
  await expectAccessible(page, 'project, a rule tried', isScripted);
  expect((await fetchAs(path, preset)).status(), 'only tried').toBe(200);
  await submit(page, 'Save this rule');
  expect((await fetchAs(path, preset)).status()).toBe(410);
  expect((await fetchAs(path)).status(), 'to strangers it is as it was').toBe(403);
  await page.goto(RECORDINGS);
  await expect(page.getByRole('row', { name: file.name })).toContainText('Expired');
  await expect(page.getByRole('link', { name: file.name, exact: true })).toHaveCount(0);

  await openFiles(page);
  await page.getByText('Place a legal hold…').click();
  await submit(page, 'Place a legal hold');
  // Refused, the form comes back open.
  await expect(page.getByRole('textbox', { name: 'Reason' })).toHaveAccessibleDescription(/Say why/);
  await page.getByRole('textbox', { name: 'Reason' }).fill('Case 7');
  await submit(page, 'Place a legal hold');
  const hold = page.getByRole('region', { name: 'Legal hold', exact: true });
  await expect(hold).toContainText(`by ${account.ownerName}`);
  await expect(page.getByText('nothing of this session can be deleted')).toBeVisible();
  await expect(page.getByText('Move files to the trash…')).toHaveCount(0);
  expect((await fetchAs(path, preset)).status()).toBe(200);
  await expectAccessible(page, 'session files, held', isScripted);
  await submit(page, 'Lift the legal hold');
  await expect(hold).toHaveCount(0);
  expect((await fetchAs(path, preset)).status()).toBe(410);
});

test('a file goes to the trash and comes back', async ({ page, account, address, fetchAs, isScripted }) => {
  test.slow();
  const preset = await account.preset(address);
  const path = await addressOf(page, file.name);
  await openFiles(page);
  await page.getByText('Move files to the trash…').click();
  await page.getByLabel('What', { exact: true }).selectOption(file.name);
  await page.getByRole('textbox', { name: 'Reason' }).fill('Consent withdrawn');
  await submit(page, 'Move to the trash');
  await expect(page.getByRole('row', { name: file.name })).toContainText('In the trash');
  await expectAccessible(page, 'a session, one file in the trash', isScripted);
  expect((await fetchAs(path, preset)).status()).toBe(410);
  await openProject(page, isScripted);
  await page.getByRole('link', { name: 'Trash and deleted files' }).click();
  await expect(page.getByRole('table', { name: 'Files in the trash' })).toContainText('Consent withdrawn');
  await expectAccessible(page, 'trash', isScripted);
  await submit(page, `Restore ${file.name}`);
  await expect(page.getByText('The trash is empty.')).toBeVisible();
  expect((await fetchAs(path, preset)).status()).toBe(200);
});

test('an archived project leaves the drop-down, and nothing else', async ({ page, account, address, fetchAs, isScripted }) => {
  test.slow();
  const preset = await account.preset(address);
  const path = await addressOf(page, file.name);
  await openProject(page, isScripted);
  await submit(page, 'Archive the project');
  await expect(page.getByRole('button', { name: 'Bring the project back' })).toBeVisible();
  await page.goto('/projects');
  await expect(page.getByText('1 archived project')).toBeVisible();
  await expectAccessible(page, 'projects, one archived', isScripted);
  await page.goto(RECORDINGS);
  await expect(page.getByLabel('Project').getByRole('option')).toHaveText(['All projects']);
  expect((await fetchAs(path, preset)).status()).toBe(200);
});

test('what programs send in has limits', async ({ page, baseURL, complaints, isScripted }) => {
  complaints.expect(422);
  await openProject(page, isScripted);
  const project = new URL(page.url()).pathname;
  const limits = page.getByRole('region', { name: 'How much programs can send in' });
  const [largest, all] = [limits.getByLabel('Largest file, in GB'), limits.getByLabel('All files together, in GB')];
  await expect(limits).toContainText('The project holds');
  await largest.fill('lots');
  await all.fill('-1');
  await submit(page, 'Save limits');
  // Both at once, and what was typed is still there.
  await expect(largest).toHaveAccessibleDescription(/Enter a number of GB/);
  await expect(all).toHaveAccessibleDescription(/Enter a number of GB/);
  await expect(largest).toHaveValue('lots');
  await expectAccessible(page, 'project, limits refused', isScripted);
  await largest.fill('0,000000002');
  await all.fill('');
  await submit(page, 'Save limits');
  await expect(page.getByText('It holds for the next file that is sent in.')).toBeVisible();
  await expect(largest).toHaveValue('0.000000002');
  await expect(all).toHaveValue('');

  // A program meets them.
  const identifier = await page.getByRole('region', { name: only.project }).locator('[data-value]').innerText();
  await page.getByRole('link', { name: /secret/ }).click();
  await page.getByRole('link', { name: 'Make a secret' }).click();
  await fill(page, { Name: 'Recorder' });
  await page.getByLabel('Write', { exact: true }).check();
  await submit(page, 'Make the secret');
  const secret = await page.getByText(/^rgs_/).innerText();
  const program = await request.newContext({ baseURL, storageState: stranger, httpCredentials: { username: identifier, password: secret, send: 'always' } });
  const answer = await program.put(`/api/v1${project}/sessions/board/42/files/talk.mp4`, { data: 'long' });
  expect(answer.status(), await answer.text()).toBe(413);
  await program.dispose();
});

test('a project is made and renamed', async ({ page, isScripted }) => {
  await page.goto('/projects');
  await awake(page, isScripted);
  await submit(page, 'Create');
  await expect(page.getByLabel('Name', { exact: true })).toHaveAccessibleDescription('Enter a name.');
  await page.getByLabel('Name', { exact: true }).fill('Field interviews');
  await submit(page, 'Create');
  await expect(page.getByRole('heading', { name: 'Field interviews' })).toBeVisible();
  await page.getByLabel('Name of the project').fill('Interviews');
  await submit(page, 'Rename');
  await expect(page.getByRole('heading', { name: 'Interviews', exact: true })).toBeVisible();
});

test('what each caller can open is previewed, with the reason', async ({ page, fetchAs, isScripted }) => {
  const [path, other] = [await addressOf(page, file.name), await addressOf(page, 'metadata.json')];
  await page.goto('/projects');
  await expect(page.getByRole('row', { name: only.project })).toContainText('Only with a credential or a sign-in');
  await page.getByRole('link', { name: 'Preview who can open what' }).click();
  const verdict = (name: string) => page.getByRole('row', { name });
  await expect(verdict(file.name)).toContainText('its project is in secure mode');
  await awake(page, isScripted);
  const member = await page.locator('optgroup[label="Members"] option').first().getAttribute('value');
  await page.getByLabel('Caller').selectOption(member);
  await page.getByRole('button', { name: 'Show' }).click();
  await expect(verdict(file.name)).toContainText("Signed-in members open the account's files");
  await expectAccessible(page, 'preview of who can open what', isScripted);

  await openProject(page, isScripted);
  await page.getByLabel('Off', { exact: true }).check();
  await page.getByLabel('Open for how many hours after the session (if off)').fill('87600');
  await submit(page, 'Save who can open files');
  await openFiles(page);
  await submit(page, `Mark ${file.name} secure`);
  await page.goto('/projects');
  await expect(page.getByRole('row', { name: only.project })).toContainText('1 file is secure');
  await openFiles(page);
  await page.getByRole('link', { name: 'Who can open what' }).click();
  await expect(verdict(file.name)).toContainText('it is marked secure, although its project is open');
  await expect(verdict('metadata.json')).toContainText('Anyone with its address can, until');
  // The page says what the gate does.
  expect((await fetchAs(path)).status()).toBe(403);
  expect((await fetchAs(other)).status()).toBe(200);
});
