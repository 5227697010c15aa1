// What a story starts from: an account of its own, a browser signed in to it, and a guard over the console.
import { type APIResponse, type BrowserContext, type Page, test as base, expect, request } from '@playwright/test';

import { Account, type Credential, type Recordings, newClientAddress, stranger } from './accounts';
import { Complaints } from './complaints';

export { expect } from '@playwright/test';

interface Options {
  /** What the account has. */
  recordings: Recordings;
  /** Whether the browser is signed in at the beginning. */
  isSignedIn: boolean;
}

interface Fixtures {
  account: Account;
  /** Where the story's requests come from, as the proxy in front says it. */
  address: string;
  complaints: Complaints;
  /** Another browser, watched like the first. */
  newBrowser: (of?: { isSignedIn?: boolean; credential?: Credential }) => Promise<BrowserContext>;
  /** Asks for an address as a program does, or as the headers say. */
  fetchAs: (path: string, credential?: Credential, headers?: Record<string, string>) => Promise<APIResponse>;
  isScripted: boolean;
}

export const test = base.extend<Options & Fixtures>({
  recordings: ['one', { option: true }],
  isSignedIn: [true, { option: true }],

  isScripted: async ({ javaScriptEnabled }, use) => use(javaScriptEnabled ?? true),
  address: async ({}, use) => use(newClientAddress()),
  account: async ({ recordings }, use) => use(await Account.create(recordings)),
  extraHTTPHeaders: async ({ address }, use) => use({ 'X-Forwarded-For': address }),
  storageState: async ({ isSignedIn, account, address }, use) => use(isSignedIn ? await signInOf(account, address) : undefined),

  complaints: async ({ isScripted }, use) => {
    const complaints = new Complaints(isScripted);
    await use(complaints);
    complaints.check();
  },

  context: async ({ context, complaints }, use) => {
    await prepare(context, complaints);
    await use(context);
  },

  newBrowser: async ({ browser, contextOptions, account, address, complaints, baseURL, javaScriptEnabled }, use) => {
    const opened: BrowserContext[] = [];
    await use(async ({ isSignedIn = false, credential } = {}) => {
      const context = await browser.newContext({
        ...contextOptions,
        baseURL,
        javaScriptEnabled,
        extraHTTPHeaders: { 'X-Forwarded-For': address },
        storageState: isSignedIn ? await signInOf(account, address) : stranger,
        httpCredentials: credential,
      });
      opened.push(context);
      await prepare(context, complaints);
      return context;
    });
    for (const context of opened) await context.close();
  },

  fetchAs: async ({ baseURL, address }, use) => {
    const client = await request.newContext({
      baseURL,
      storageState: stranger,
      extraHTTPHeaders: { 'X-Forwarded-For': address, 'User-Agent': 'story/1' },
    });
    await use((path, credential, headers = {}) => client.get(path, { headers: { ...basic(credential), ...headers } }));
    await client.dispose();
  },
});

/** The header of user name and password. */
function basic(credential?: Credential): Record<string, string> {
  if (!credential) return {};
  const pair = `${credential.username}:${credential.password}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString('base64')}` };
}

async function signInOf(account: Account, address: string) {
  const client = await account.client(address);
  const state = await client.storageState();
  await client.dispose();
  return state;
}

async function prepare(context: BrowserContext, complaints: Complaints): Promise<void> {
  complaints.watch(context);
  // Tells `awake` when the page's islands run: they are woken in the same breath as the WebAssembly arrives.
  await context.addInitScript(() => {
    const instantiate = WebAssembly.instantiateStreaming;
    WebAssembly.instantiateStreaming = async (...given) => {
      const result = await instantiate(...given);
      setTimeout(() => document.documentElement.setAttribute('data-awake', ''));
      return result;
    };
  });
}

/** Waits until the scripts of the page are ready for a person; without JavaScript the page is so at once. */
export async function awake(page: Page, isScripted: boolean): Promise<void> {
  if (isScripted) await expect(page.locator('html')).toHaveAttribute('data-awake', '');
}

/** Types into fields, each found by its label. */
export async function fill(page: Page, fields: Record<string, string>): Promise<void> {
  for (const [label, text] of Object.entries(fields)) await page.getByLabel(label, { exact: true }).fill(text);
}

/** Clicks a button and waits for what it sends to be answered: a page without scripts, a server function with them. */
export async function submit(page: Page, name: string): Promise<void> {
  const answered = page.waitForResponse((response) => response.request().method() === 'POST');
  await page.getByRole('button', { name, exact: true }).click();
  await answered;
}
