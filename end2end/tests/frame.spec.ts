// The frame around every page: navigation, theme, and addresses that lead nowhere.
import { expect, test } from '../support/stories';

const PAGES = [
  { link: 'Insights & Reports', path: '/video/insights', title: 'Overview · Insights & Reports · Reelgate' },
  { link: 'Projects', path: '/projects', title: 'Projects · Reelgate' },
  { link: 'Settings', path: '/video/settings/recording', title: 'Recording · Settings · Reelgate' },
  { link: 'Members', path: '/members', title: 'Members · Reelgate' },
  { link: 'Account', path: '/account', title: 'Profile · Account · Reelgate' },
];

test('the navigation leads everywhere and says where one is', async ({ page }) => {
  await page.goto('/');
  for (const { link, path, title } of PAGES) {
    const navigation = page.getByRole('navigation', { name: 'Main' });
    await navigation.getByRole('link', { name: link }).click();
    await expect(page).toHaveURL(path);
    await expect(page).toHaveTitle(title);
    await expect(navigation.getByRole('link', { name: link })).toHaveAttribute('aria-current', 'page');
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(link);
  }
});

test('the navigation stays in sight as a whole when a long page is scrolled', async ({ page }) => {
  await page.setViewportSize({ width: 1440, height: 500 });
  await page.goto('/video/settings/recording');
  const navigation = page.getByRole('navigation', { name: 'Main' });
  const edges = () =>
    Promise.all(
      PAGES.map(async ({ link }) => {
        const box = await navigation.getByRole('link', { name: link }).boundingBox();
        return [box?.y ?? Number.NaN, (box?.y ?? 0) + (box?.height ?? Number.NaN)];
      }),
    );
  await page.mouse.move(700, 300);
  await page.mouse.wheel(0, 600);
  await expect.poll(() => page.evaluate(() => window.scrollY)).toBeGreaterThan(300);
  const [[first, firstEnd], [second, secondEnd], [third]] = await edges();
  expect(first).toBeGreaterThan(0);
  expect(second).toBeGreaterThanOrEqual(firstEnd);
  expect(third).toBeGreaterThanOrEqual(secondEnd);
});

test('on a telephone the navigation opens and closes by itself', async ({ page }) => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.goto('/account');
  const navigation = page.getByRole('navigation', { name: 'Main' });
  await expect(navigation).toBeHidden();
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await expect(navigation).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(navigation).toBeHidden();
  await page.getByRole('button', { name: 'Menu', exact: true }).click();
  await navigation.getByRole('link', { name: 'Settings' }).click();
  await expect(page).toHaveURL('/video/settings/recording');
});

test('the theme is chosen in the menu, and stays', async ({ page }) => {
  await page.goto('/account');
  const background = () => page.locator('html').evaluate((html) => getComputedStyle(html).backgroundColor);
  const light = await background();
  for (const [theme, isLight] of [['Dark', false], ['Light', true], ['System', true]] as const) {
    await page.getByRole('button', { name: 'Account menu' }).click();
    await page.getByRole('button', { name: theme, exact: true }).click();
    await expect(page).toHaveURL('/account');
    await expect.poll(async () => (await background()) === light).toBe(isLight);
    await page.goto('/account');
    expect((await background()) === light).toBe(isLight);
  }
});

test('an address that leads nowhere says so', async ({ page, newBrowser, complaints }) => {
  complaints.expect(404);
  const stranger = await (await newBrowser()).newPage();
  for (const path of ['/no/such/page', '/video', '/..%2f..%2fetc/passwd', '/pkg/none.js', '/%F0%9F%A6%80']) {
    const known = await page.goto(path);
    expect(known?.status(), path).toBe(404);
    await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
    await expect(page.getByRole('navigation', { name: 'Main' })).toBeVisible();
    const unknown = await stranger.goto(path);
    expect(unknown?.status(), path).toBe(404);
    await expect(stranger.getByRole('heading', { name: 'Not found' })).toBeVisible();
  }
  await page.getByRole('link', { name: 'Go to the recordings' }).click();
  await expect(page).toHaveURL('/video/insights/recordings');
});

test('only the page itself runs scripts, and following links changes nothing', async ({ page, account, address }) => {
  const client = await account.client(address);
  const before = await account.preset(address);
  const seen = new Set<string>();
  const crawl = async (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    const answer = await client.get(path);
    expect(answer.status(), path).toBe(200);
    if (!answer.headers()['content-type']?.startsWith('text/html')) return;
    const html = await answer.text();
    const policy = answer.headers()['content-security-policy'] ?? '';
    const nonce = policy.match(/'nonce-([\w-]+)'/)?.[1] ?? 'none';
    for (const [tag] of html.matchAll(/<script\b[^>]*>/g)) expect(tag, path).toContain(`nonce="${nonce}"`);
    expect(html, path).not.toMatch(/<[^>]+\son[a-z]+\s*=/i);
    expect(html, path).not.toMatch(/<[^>]+\sstyle\s*=/i);
    expect(html, path).not.toMatch(/javascript:/i);
    for (const [, link] of html.matchAll(/\shref="(\/[^"#]*)/g)) await crawl(link.replaceAll('&amp;', '&'));
  };
  for (const { path } of PAGES) await crawl(path);
  expect([...seen].filter((path) => path.startsWith('/files/')).length).toBeGreaterThan(5);
  const second = [...seen];
  seen.clear();
  for (const path of second) await crawl(path);
  await client.dispose();
  // R071: still signed in elsewhere, the same credential, the same recordings.
  expect(await account.preset(address)).toEqual(before);
  await page.goto('/video/insights/recordings');
  await expect(page.getByText('1 session').first()).toBeVisible();
});
