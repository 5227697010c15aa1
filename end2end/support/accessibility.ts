// WCAG 2.2 AA as far as a machine can tell, in every look of a page.
import AxeBuilder from '@axe-core/playwright';
import { type BrowserContext, type Page, expect } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
/** Every colour and every arrangement once. Four combinations find nothing more, and take twice as long. */
const LOOKS = [
  { colorScheme: 'light', width: 1440 },
  { colorScheme: 'dark', width: 390 },
] as const;
/** The narrowest screen that nothing may be wider than (WCAG 1.4.10). */
const NARROWEST = 320;

/** Judges the page as it stands, or one kind of element in it, in every look. `state` names it in the report. */
export async function expectAccessible(page: Page, state: string, isScripted: boolean, part = 'html'): Promise<void> {
  const judged = isScripted ? page : await copyOf(page);
  // The same style sheet meets nearly the same elements: without scripts one look is enough.
  for (const { colorScheme, width } of isScripted ? LOOKS : LOOKS.slice(1)) {
    await judged.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await judged.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page: judged }).include(part).withTags(TAGS).analyze();
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
    expect(found, `${state}, ${colorScheme}, ${width} px`).toEqual([]);
  }
  await judged.setViewportSize({ width: NARROWEST, height: 900 });
  expect(await tooWide(judged), `${state}: wider than the screen`).toEqual([]);
  await judged.setViewportSize({ width: 1440, height: 900 });
  if (judged !== page) await judged.context().close();
}

/** What makes the page wider than its screen; empty if nothing does. */
async function tooWide(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const isTooWide = (element: Element) => element.getBoundingClientRect().right > clientWidth;
    const guilty = [...document.body.querySelectorAll('*')].filter(isTooWide);
    return [`${scrollWidth} px`, ...guilty.map((element) => element.outerHTML.slice(0, 120))];
  });
}

/** axe is a script: where the page's browser runs none, it judges the same elements and style in one that does. */
async function copyOf(page: Page): Promise<Page> {
  const html = (await page.content()).replace(/<script\b[\s\S]*?<\/script>/g, '').replace(/<\/?noscript>/g, '');
  const context: BrowserContext | undefined = await page.context().browser()?.newContext({ javaScriptEnabled: true });
  if (!context) throw new Error('the browser is gone');
  const copy = await context.newPage();
  await copy.route(page.url(), (route) => route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }));
  await copy.goto(page.url());
  return copy;
}
