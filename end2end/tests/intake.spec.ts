// Recordings come in by themselves: a source is set up, its sender calls, and the recording is in the report.
import { createHash, createHmac } from 'node:crypto';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Page, request } from '@playwright/test';

import { expectAccessible } from '../support/accessibility';
import { only } from '../support/accounts';
import { expect, fill, submit, test } from '../support/stories';

const file = only.files.find(({ name }) => name === 'transcoded.mp4') ?? only.files[0];
const folders = process.env.REELGATE_INTAKE_FOLDERS ?? '';

async function openIntake(page: Page): Promise<void> {
  await page.goto('/projects');
  await page.getByRole('link', { name: only.project, exact: true }).click();
  await page.getByRole('link', { name: 'Intake' }).click();
}

/** LiveKit's header: a bare token over the hash of the body. */
function token(body: string, secret: string): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const sha256 = createHash('sha256').update(body).digest('base64');
  const now = Math.floor(Date.now() / 1000);
  const signed = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode({ iss: 'APIkey', nbf: now, exp: now + 300, sha256 })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}

/** As the server posts it, without a cookie. */
async function post(address: string, body: string, secret: string): Promise<number> {
  const sender = await request.newContext();
  const headers = { 'Content-Type': 'application/webhook+json', 'User-Agent': 'LiveKit', Authorization: token(body, secret) };
  const answer = await sender.post(address, { data: Buffer.from(body), headers });
  await sender.dispose();
  return answer.status();
}

function ended(egress: string, filename: string): string {
  return JSON.stringify({
    event: 'egress_ended',
    id: `EV_${egress}`,
    egressInfo: {
      egressId: egress,
      roomId: `RM_${egress}`,
      roomName: 'town-hall',
      status: 'EGRESS_COMPLETE',
      roomComposite: { fileOutputs: [{ filepath: filename, s3: { secret: 'wJalrXUtnFEMI', bucket: 'recordings' } }] },
      fileResults: [{ filename, location: filename, size: '61941096', duration: '8475419553638' }],
    },
  });
}

/** Loads the page until it shows what came of the background work. */
async function expectSoon(page: Page, text: string): Promise<void> {
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('region', { name: 'Files' })).toContainText(text, { timeout: 500 });
  }).toPass({ timeout: 60_000 });
}

test('a LiveKit server announces a recording, and it is in the report', async ({ page, account, complaints, isScripted }) => {
  test.slow();
  complaints.expect(422);
  const folder = join(folders, account.name.replace(' ', '-'));
  await mkdir(folder);
  await openIntake(page);
  await expect(page.getByRole('heading', { name: 'Nothing comes in by itself yet' })).toBeVisible();
  await expectAccessible(page, 'intake, empty', isScripted);
  await page.getByRole('link', { name: 'LiveKit Egress' }).click();

  // What cannot work is told beside its field (422), and nothing that is no secret is typed twice.
  await fill(page, { Name: 'Berlin', 'API key': 'APIkey', 'Folder of its files': '/etc', 'How their paths begin': '/out/' });
  await submit(page, 'Add');
  await expect(page.getByLabel('API secret')).toHaveAccessibleDescription(/Enter the API secret/);
  await expect(page.getByLabel('Folder of its files')).toHaveAccessibleDescription(/the operator allows no other/);
  await expect(page.getByLabel('Name', { exact: true })).toHaveValue('Berlin');
  await expectAccessible(page, 'intake, a form with problems', isScripted);
  await fill(page, { 'API secret': 'APIsecret', 'Folder of its files': folder });
  await submit(page, 'Add');
  await expect(page.getByRole('heading', { name: 'Berlin' })).toContainText('Nothing yet');
  expect(await page.content()).not.toContain('APIsecret');
  const receiver = await page.getByRole('region', { name: 'At the sender' }).locator('dd code').innerText();

  const body = ended('EG_1', '/out/town-hall.mp4');
  expect(await post(receiver, body, 'wrong')).toBe(401);
  expect(await post(receiver, body, 'APIsecret')).toBe(200);
  expect(await post(receiver, body, 'APIsecret'), 'told again').toBe(200);
  await expectSoon(page, "The file is not in the source's folder yet.");
  await expect(page.getByText('The last one')).toContainText('the signature is wrong');
  await copyFile(file.path, join(folder, 'town-hall.mp4'));
  await submit(page, 'Retry town-hall.mp4');
  await expectSoon(page, 'In the vault');
  await page.getByRole('region', { name: 'Recent events' }).getByText('egress_ended', { exact: true }).click();
  await expect(page.getByRole('region', { name: 'Recent events' })).toContainText('came again 1 time');
  expect(await page.content()).not.toContain('wJalrXUtnFEMI');
  await expectAccessible(page, 'intake, a source at work', isScripted);
  await page.getByRole('link', { name: 'town-hall.mp4' }).click();
  await expect(page.getByRole('main')).toContainText('town-hall');

  await openIntake(page);
  await expect(page.getByRole('row', { name: 'Berlin' })).toContainText('Working');
  await expectAccessible(page, 'intake, the list', isScripted);
  await page.getByRole('link', { name: 'Berlin' }).click();
  await page.getByText('Remove this source…').click();
  await submit(page, 'Remove for good');
  await expect(page.getByRole('heading', { name: 'Nothing comes in by itself yet' })).toBeVisible();
  expect(await post(receiver, body, 'APIsecret')).toBe(404);
});
