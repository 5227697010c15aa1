// Whatever the browser complains of fails the story: errors and warnings of the console, exceptions, failed requests.
import { type BrowserContext, type ConsoleMessage, type Response, expect } from '@playwright/test';

/** Without JavaScript, Chromium still tries the preloads of the scripts, and then has no use for them. */
const SCRIPTS = /\/pkg\/[\w.-]+\.(js|wasm)\b/;
/** Chromium says this of every answer from 400 on; the answer itself is judged by its status. */
const REFUSED = /^Failed to load resource: the server responded with a status of \d+/;

export class Complaints {
  private readonly heard: string[] = [];
  private readonly refused: { status: number; address: string }[] = [];
  private readonly expected = new Set<number>();

  /** Answers with these statuses are part of the story. */
  expect(...statuses: number[]): void {
    for (const status of statuses) this.expected.add(status);
  }

  constructor(private readonly isScripted: boolean) {}

  /** Listens to every page of a context. */
  watch(context: BrowserContext): void {
    context.on('console', (message) => this.console(message));
    context.on('weberror', (error) => this.heard.push(`exception: ${error.error()}`));
    context.on('response', (response) => this.response(response));
    context.on('requestfailed', (request) => {
      const reason = request.failure()?.errorText ?? '';
      // Nobody answers the browser's dialog: a 401, and told as one.
      if (reason === 'net::ERR_INVALID_AUTH_CREDENTIALS') this.refused.push({ status: 401, address: request.url() });
      // What a new page or a download leaves behind unread.
      else if (reason !== 'net::ERR_ABORTED') this.hear(`failed: ${request.url()}: ${reason}`);
    });
  }

  private console(message: ConsoleMessage): void {
    if (['error', 'warning'].includes(message.type()) && !REFUSED.test(message.text())) {
      this.hear(`console ${message.type()}: ${message.text()}`);
    }
  }

  private hear(complaint: string): void {
    if (this.isScripted || !SCRIPTS.test(complaint)) this.heard.push(complaint);
  }

  private response(response: Response): void {
    if (response.status() >= 400) this.refused.push({ status: response.status(), address: response.url() });
  }

  /** Fails if there was one. */
  check(): void {
    const unexpected = this.refused.filter(({ status }) => !this.expected.has(status));
    const refusals = unexpected.map(({ status, address }) => `status ${status}: ${address}`);
    expect([...this.heard, ...refusals], 'complaints of the browser').toEqual([]);
  }
}
