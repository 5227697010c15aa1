// Accounts for stories: made on the command line, as an operator does, and signed in without a browser.
import { randomBytes, randomInt } from 'node:crypto';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type APIRequestContext, expect, request } from '@playwright/test';

import { demoFolder, projects, sessions } from './demo';
import { reelgate } from './server';

/** What an account has of the demo: nothing, the one session `only` or `talk`, or everything. */
export type Recordings = 'none' | 'one' | 'talk' | 'all';

/** The session of an account that has one: it has a file of every kind. */
export const only = sessions.find((session) => session.conference === '477056719869') ?? sessions[0];

/** The session in its whole length, with captions. */
export const talk = sessions.find((session) => session.conference === '640318275093') ?? sessions[0];

/** Somebody's address of their own, so that the wrong passwords of one story are not counted against another. */
export function newClientAddress(): string {
  return `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;
}

/** Of a browser or client that knows nothing yet. Playwright would hand on the sign-in of the story otherwise. */
export const stranger = { cookies: [], origins: [] };

/** Hard to guess, and different each time. */
export function newPassword(): string {
  return randomBytes(18).toString('base64url');
}

export class Account {
  private constructor(
    readonly name: string,
    readonly ownerName: string,
    readonly email: string,
    readonly password: string,
  ) {}

  static async create(recordings: Recordings): Promise<Account> {
    const tag = randomBytes(5).toString('hex');
    const account = new Account(`Story ${tag}`, 'Ada Lovelace', `ada.${tag}@stories.example`, newPassword());
    const { name, ownerName, email, password } = account;
    const names = ['--name', name, '--owner-name', ownerName, '--email', email];
    await reelgate(['account', 'create', ...names, '--password-file', '-'], password);
    await account.import(recordings);
    return account;
  }

  private async import(recordings: Recordings): Promise<void> {
    if (recordings === 'all') {
      for (const [folder, project] of Object.entries(projects)) await this.importFolder(join(demoFolder, folder), project);
    } else if (recordings !== 'none') {
      const session = recordings === 'one' ? only : talk;
      const folder = await mkdtemp(join(tmpdir(), 'reelgate-import-'));
      try {
        const source = join(session.files[0].path, '..');
        await cp(source, join(folder, session.room, session.conference), { recursive: true });
        await this.importFolder(folder, session.project);
      } finally {
        await rm(folder, { recursive: true });
      }
    }
  }

  private async importFolder(folder: string, project: string): Promise<void> {
    await reelgate(['import', folder, '--account', this.name, '--project', project, '--create-project', '--quiet']);
  }

  /** A client with a sign-in of its own, as a browser has it. */
  async client(address: string, baseURL = process.env.REELGATE_URL ?? ''): Promise<APIRequestContext> {
    const client = await request.newContext({
      baseURL,
      storageState: stranger,
      extraHTTPHeaders: { 'X-Forwarded-For': address, Origin: baseURL },
    });
    const answer = await client.post('/rpc/app/features/sign_ins/api/sign_in', {
      form: { email: this.email, password: this.password },
      maxRedirects: 0,
    });
    expect(answer.status(), await answer.text()).toBeLessThan(400);
    return client;
  }

  /** User name and preset password, as the owner would read them off the screen. */
  async preset(address: string): Promise<Credential> {
    const client = await this.client(address);
    const page = await (await client.get('/video/insights/recordings?show=preset')).text();
    await client.dispose();
    const [username, password] = [...page.matchAll(/<code[^>]*data-value[^>]*>(?:<!>)?([^<]+)/g)].map((found) => found[1]);
    return { username, password };
  }
}

export interface Credential {
  username: string;
  password: string;
}
