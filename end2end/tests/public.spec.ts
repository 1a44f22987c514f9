// The pages everybody may read: in both languages, wide and narrow, by keyboard, and with bad addresses.

import { audit, chooseOtherLanguage, expect, expectNotReloaded, fitsWidth, hydrated, mark, test, visit } from '../fixtures';
import { choose } from '../project';
import { en, pattern, zh } from '../words';

const PAGES = [
  { name: 'home', path: '/', zh: zh.home.title, en: en.home.title },
  { name: 'guide', path: '/guide', zh: zh.guide.title, en: en.guide.title },
  { name: 'guide map', path: '/guide/map?industry=medical-device&site_constraints=river-control', zh: zh.map.title, en: en.map.title },
  { name: 'chart', path: '/guide/chart?industry=medical-device&site_constraints=river-control', zh: zh.chart.title, en: en.chart.title },
  { name: 'plan', path: '/guide/plan?industry=medical-device&start=2026-03-02', zh: zh.plan.title, en: en.plan.title },
  { name: 'the case', path: '/cases/shishan?told=50', zh: '狮山生物医药创新基地', en: 'Shishan Biomedical Innovation Base' },
  { name: 'a department', path: '/departments/natural-resources', zh: '自然资源和规划部门', en: 'Natural resources and planning office' },
  { name: 'every branch', path: '/catalogue/questions', zh: zh.editor.title, en: en.editor.title },
  { name: 'editions', path: '/catalogue/changes', zh: zh.changes.title, en: en.changes.title },
  { name: 'catalogue', path: '/matters', zh: zh.matters.title, en: en.matters.title },
  { name: 'matter', path: '/matters/construction-permit', zh: '建筑工程施工许可证核发', en: 'Construction permit' },
];

for (const width of [1280, 360]) {
  for (const { name, path, ...titles } of PAGES) {
    test(`${name}, ${width} px wide, in Chinese and English`, async ({ page }) => {
      await page.setViewportSize({ width, height: 800 });
      expect((await visit(page, path)).status()).toBe(200);
      await expect(page.locator('html')).toHaveAttribute('lang', 'zh-CN');
      await expect(page.getByRole('heading', { level: 1, name: titles.zh })).toBeVisible();
      await expect(page).toHaveTitle(new RegExp(`· ${zh.site.brand}$`));
      await fitsWidth(page);
      await audit(page);

      await chooseOtherLanguage(page, zh.language.other, 'en');
      await expect(page.getByRole('heading', { level: 1, name: titles.en })).toBeVisible();
      await expect(page).toHaveTitle(new RegExp(`· ${en.site.brand}$`));
      const { pathname, search } = new URL(page.url());
      expect(pathname + search).toBe(path);
      await hydrated(page);
      await fitsWidth(page);
      await audit(page);
    });
  }
}

test('every page is reached from the home page by its links', async ({ page }) => {
  await visit(page, '/');
  await mark(page);
  const nav = page.getByRole('navigation', { name: zh.nav.label });
  await nav.getByRole('link', { name: zh.nav.matters, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: zh.matters.title })).toBeVisible();
  await page.getByRole('link', { name: '选址合规性核查', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: '选址合规性核查' })).toBeVisible();
  await expect(page).toHaveTitle(`选址合规性核查 · ${zh.site.brand}`);
  await nav.getByRole('link', { name: zh.nav.guide, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: zh.guide.title })).toBeVisible();
  await page.goBack();
  await expect(page.getByRole('heading', { level: 1, name: '选址合规性核查' })).toBeVisible();
  await expectNotReloaded(page);
});

test('an answer changes address and result at once, and the address brings the answer back', async ({ page }) => {
  await visit(page, '/guide');
  await mark(page);
  const result = page.getByRole('complementary', { name: zh.guide.result });
  const figure = result.getByRole('status').getByText(pattern(zh.guide.matters)).first();
  const before = await figure.innerText();

  await choose(page, '用地方式', '自有（存量）土地');
  await expect(page).toHaveURL(/\/guide\?land_mode=existing$/);
  await expect(figure).not.toHaveText(before);
  const after = await figure.innerText();
  await expect(page.getByRole('group', { name: '地块现在是什么状态？' }), 'a question that has lost its point').toBeHidden();
  await expectNotReloaded(page);

  await result.getByRole('link', { name: zh.guide.show, exact: true }).click();
  await expect(page.getByText(pattern(zh.map.summary))).toContainText(after);
  await expectNotReloaded(page);
  await page.getByRole('link', { name: zh.map.edit, exact: true }).click();
  await expect(page).toHaveURL(/\/guide\?land_mode=existing$/);
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole('radio', { name: '自有（存量）土地', exact: true })).toBeChecked();
  await expect(figure).toHaveText(after);
});

test('answers that make no sense are named, with a way on', async ({ page, trouble }) => {
  trouble.expect(/status of 400/);
  const address = '/guide?industry=spaceships&colour=red&gross_floor_area_sqm=52000';
  expect((await visit(page, address)).status()).toBe(400);
  const alert = page.getByRole('alert');
  await expect(alert).toContainText(zh.guide.wrong_title);
  await expect(alert).toContainText('产业方向');
  await expect(alert).toContainText('spaceships');
  await expect(alert).toContainText('colour');
  await audit(page);
  await alert.getByRole('link', { name: zh.guide.wrong_continue, exact: true }).click();
  await expect(page).toHaveURL(/\/guide\?gross_floor_area_sqm=52000$/);
  await expect(page.getByRole('textbox', { name: '总建筑面积' })).toHaveValue('52000');
});

test('a day that does not exist is named', async ({ page, trouble }) => {
  trouble.expect(/status of 400/);
  expect((await visit(page, '/guide/map?as_of=2022-02-30')).status()).toBe(400);
  await expect(page.getByRole('alert')).toContainText('2022-02-30');
});

for (const path of ['/matters/moon-landing-permit', '/nowhere', '/nowhere/at/all']) {
  test(`${path}: there is no such page`, async ({ page, trouble }) => {
    trouble.expect(/status of 404/);
    expect((await visit(page, path)).status()).toBe(404);
    await expect(page.getByRole('heading', { level: 1, name: zh.error.not_found })).toBeVisible();
    await audit(page);
    await page.getByRole('main').getByRole('link', { name: zh.error.home, exact: true }).click();
    await expect(page.getByRole('heading', { level: 1, name: zh.home.title })).toBeVisible();
  });
}

test('the keyboard skips to the questions and answers them', async ({ page }) => {
  await visit(page, '/guide');
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: zh.site.skip, exact: true })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('radio', { name: '工业厂房', exact: true }), 'the first question').toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('radio', { name: '研发（含中试）', exact: true })).toBeChecked();
  await expect(page).toHaveURL(/\/guide\?project_category=research/);
});

test('a first visit to the guide is light, and what other pages need is loaded where they are', async ({ page, context }) => {
  const network = await context.newCDPSession(page);
  await network.send('Network.enable');
  const names = new Map<string, string>();
  let bytes = 0;
  network.on('Network.responseReceived', (event) => names.set(event.requestId, event.response.url));
  network.on('Network.loadingFinished', (event) => {
    bytes += event.encodedDataLength;
  });
  const programs = (): string[] => [...names.values()].filter((url) => url.endsWith('.wasm'));
  await visit(page, '/guide');
  expect(bytes, 'everything a first visit brings, as it travels').toBeLessThan(350_000);
  expect(programs().length).toBe(1);
  await page.getByRole('navigation', { name: zh.nav.label }).getByRole('link', { name: zh.nav.matters, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: zh.matters.title })).toBeVisible();
  expect(programs().length, 'the program comes in parts').toBeGreaterThan(1);
});
