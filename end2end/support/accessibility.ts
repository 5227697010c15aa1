// WCAG 2.2 AA as far as a machine can tell, in every look of a page.
import AxeBuilder from '@axe-core/playwright';
import { type Page, expect } from '@playwright/test';

const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
const LOOKS = [
  { colorScheme: 'light', width: 1440 },
  { colorScheme: 'dark', width: 1440 },
  { colorScheme: 'light', width: 390 },
  { colorScheme: 'dark', width: 390 },
] as const;
/** The narrowest screen that nothing may be wider than (WCAG 1.4.10). */
const NARROWEST = 320;

/** Judges the page as it stands, light and dark, wide and narrow. `state` names it in the report. */
export async function expectAccessible(page: Page, state: string): Promise<void> {
  for (const { colorScheme, width } of LOOKS) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    await page.setViewportSize({ width, height: 900 });
    const { violations } = await new AxeBuilder({ page }).withTags(TAGS).analyze();
    const found = violations.flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.html}: ${node.failureSummary}`));
    expect(found, `${state}, ${colorScheme}, ${width} px`).toEqual([]);
  }
  await page.setViewportSize({ width: NARROWEST, height: 900 });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(width, `${state}: wider than the screen`).toBeLessThanOrEqual(NARROWEST);
  await page.setViewportSize({ width: 1440, height: 900 });
}
