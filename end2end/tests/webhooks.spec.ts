// Webhooks: an endpoint from its first form to its end, with what it was sent and what it answered.
import { type IncomingMessage, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { expectAccessible } from '../support/accessibility';
import { only } from '../support/accounts';
import { awake, expect, fill, submit, test } from '../support/stories';

interface Received {
  request: IncomingMessage;
  body: string;
}

/** Somebody's application: keeps what comes, and answers with this status. */
async function receiver() {
  const received: Received[] = [];
  const application = { received, status: 500, url: '', close: () => server.close() };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    received.push({ request, body });
    response.writeHead(application.status, { 'Content-Type': 'text/html' }).end('<h1>Not today</h1>');
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  application.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  return application;
}

test('an endpoint is added, tested, sent to again, given a new secret, turned off and deleted', async ({ page, complaints, isScripted }) => {
  complaints.expect(422);
  // Judged by axe in every look, four pages of it.
  test.slow();
  const application = await receiver();
  await page.goto('/projects');
  await awake(page, isScripted);
  await page.getByRole('link', { name: only.project, exact: true }).click();
  await page.getByRole('link', { name: 'Webhooks' }).click();
  await expect(page.getByRole('heading', { name: 'No application is told yet' })).toBeVisible();
  await expectAccessible(page, 'no endpoint', isScripted);

  await page.getByRole('link', { name: 'Add an endpoint' }).click();
  await expectAccessible(page, 'the form', isScripted);
  await fill(page, { Address: 'http://10.0.0.1/hook', Description: 'Billing' });
  await submit(page, 'Add');
  await expect(page.getByLabel('Address', { exact: true })).toHaveAccessibleDescription(/private network/);
  await expect(page.getByLabel('Description')).toHaveValue('Billing');
  await fill(page, { Address: application.url });
  await page.getByLabel('file.deleted').check();
  await submit(page, 'Add');
  const secret = page.getByText(/^whsec_/);
  await expect(secret).toBeVisible();
  const first = await secret.textContent();
  await expect(page.getByRole('heading', { name: 'Billing' })).toContainText('On');
  await expectAccessible(page, 'an endpoint', isScripted);

  await submit(page, 'Send a test event');
  await expect.poll(() => application.received.length).toBe(1);
  expect(JSON.parse(application.received[0].body).type).toBe('webhook.test');
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('heading', { name: 'webhook.test' })).toContainText('Failed', { timeout: 500 });
  }).toPass();
  await expect(page.getByText('Answered 500')).toBeVisible();
  // As text, not as a heading of ours.
  await expect(page.getByText('<h1>Not today</h1>')).toBeVisible();
  await expectAccessible(page, 'a delivery', isScripted);

  application.status = 204;
  await submit(page, 'Send again');
  await expect.poll(() => application.received.length).toBe(2);
  const ids = application.received.map(({ request }) => request.headers['webhook-id']);
  expect(ids[0]).toBe(ids[1]);
  await expect(async () => {
    await page.reload();
    await expect(page.getByRole('heading', { name: 'webhook.test' })).toContainText('Delivered', { timeout: 500 });
  }).toPass();

  await page.getByRole('link', { name: 'Deliveries of the endpoint' }).click();
  await expect(page.getByRole('button', { name: /failed deliver/ }), 'a test is nobody\'s loss').toHaveCount(0);
  await expect(page.getByText(/^whsec_/)).toHaveCount(0);
  await page.getByRole('navigation', { name: 'Outcome' }).getByRole('link', { name: 'Failed' }).click();
  await expect(page.getByText('No delivery of the last 30 days stands so.')).toBeVisible();
  await submit(page, 'Show the secret');
  await expect(page.getByText(/^whsec_/)).toHaveText(first ?? '');
  await page.getByText('Make a new secret…').click();
  await submit(page, 'Make a new secret');
  await expect(page.getByText(/^whsec_/)).not.toHaveText(first ?? '');
  await expect(page.getByText('The former secret signs as well until')).toBeVisible();

  await submit(page, 'Turn off');
  await expect(page.getByRole('heading', { name: 'Billing' })).toContainText('Off');
  await page.getByText('Delete this endpoint…').click();
  await submit(page, 'Delete for good');
  await expect(page.getByRole('heading', { name: 'No application is told yet' })).toBeVisible();

  await fill(page, { 'A session is ready after how many minutes without a further file': 'soon' });
  await submit(page, 'Save');
  const minutes = page.getByLabel('A session is ready after how many minutes without a further file');
  await expect(minutes).toHaveAccessibleDescription(/whole number from 0 to 1440/);
  await expect(minutes).toHaveValue('soon');
  await minutes.fill('60');
  await submit(page, 'Save');
  await expect(page.getByText('Saved. It holds for what is waiting, too.')).toBeVisible();
  await expect(minutes).toHaveValue('60');
  application.close();
});

test('an endpoint that is gone is turned off; back again, it gets what it missed', async ({ page, isScripted }) => {
  test.slow();
  const application = await receiver();
  application.status = 410;
  await page.goto('/projects');
  await page.getByRole('link', { name: only.project, exact: true }).click();
  await page.getByRole('link', { name: 'Webhooks' }).click();
  await page.getByRole('link', { name: 'Add an endpoint' }).click();
  await fill(page, { Address: application.url, Description: 'Archive' });
  for (const event of ['session.ready', 'file.transcoded']) await page.getByLabel(event, { exact: true }).uncheck();
  await expect(page.getByLabel('Chat scripts'), 'asked only of those who want file.ready').toBeHidden();
  await page.getByLabel('file.ready', { exact: true }).check();
  await expect(page.getByRole('group', { name: 'Kinds of files' })).toHaveAccessibleDescription(/None ticked: of every kind/);
  await page.getByLabel('file.ready', { exact: true }).uncheck();
  await page.getByLabel('file.trashed', { exact: true }).check();
  await submit(page, 'Add');
  const endpoint = (await page.getByRole('link', { name: 'Edit' }).getAttribute('href'))?.replace(/\/edit$/, '') ?? '';

  await page.goto('/video/insights/recordings');
  await page.getByRole('rowheader', { name: only.room }).getByRole('link').click();
  await page.getByText('Move files to the trash…').click();
  await page.getByLabel('What', { exact: true }).selectOption(only.files[0].name);
  await page.getByRole('textbox', { name: 'Reason' }).fill('Consent withdrawn');
  await submit(page, 'Move to the trash');
  await expect.poll(() => application.received.length).toBe(1);
  await expect(async () => {
    await page.goto(endpoint);
    await expect(page.getByRole('heading', { name: 'Archive' })).toContainText('Off', { timeout: 500 });
  }).toPass();
  const again = page.getByRole('button', { name: 'Send 1 failed delivery again' });
  await expect(again, 'not while it is off').toHaveCount(0);
  await expectAccessible(page, 'an endpoint that is off', isScripted);
  await page.getByRole('link', { name: 'file.trashed' }).click();
  await expect(page.getByText('The endpoint is off, so nothing is sent to it.')).toBeVisible();
  await expectAccessible(page, 'a delivery to an endpoint that is off', isScripted);
  await page.getByRole('link', { name: 'Turn it on' }).click();
  await submit(page, 'Turn on');

  application.status = 204;
  await submit(page, 'Send 1 failed delivery again');
  await expect.poll(() => application.received.length).toBe(2);
  const ids = application.received.map(({ request }) => request.headers['webhook-id']);
  expect(ids[0], 'the same message').toBe(ids[1]);
  await expect(async () => {
    await page.goto(endpoint);
    await expect(page.getByRole('row', { name: 'file.trashed' })).toContainText('Delivered', { timeout: 500 });
  }).toPass();
  await expect(again).toHaveCount(0);
  application.close();
});
