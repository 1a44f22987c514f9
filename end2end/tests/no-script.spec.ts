// Without JavaScript every page is right at load and every form posts.

import type { Page } from '@playwright/test';
import { PASSWORD, chooseOtherLanguage, expect, test } from '../fixtures';
import { SITING, named, talk } from '../project';
import { en, pattern, zh } from '../words';

test.use({ javaScriptEnabled: false });

async function sendSignIn(page: Page, login: string, password: string): Promise<void> {
  await page.getByLabel(zh.sign_in.login, { exact: true }).fill(login);
  await page.getByLabel(zh.sign_in.password, { exact: true }).fill(password);
  await page.getByRole('button', { name: zh.sign_in.submit, exact: true }).click();
}

test('the guide leads to a map', async ({ page }) => {
  await page.goto('/guide');
  const products = page.getByRole('group', { name: '生产哪些药械产品？' });
  const result = page.getByRole('complementary', { name: zh.guide.result });
  const figure = result.getByRole('status').getByText(pattern(zh.guide.matters)).first();
  await expect(products).toBeHidden();
  const before = await figure.innerText();

  await page.getByRole('group', { name: '产业方向', exact: true }).getByText('生物医药', { exact: true }).click();
  await page.getByRole('group', { name: '投资类型', exact: true }).getByText('政府投资', { exact: true }).click();
  await page.getByRole('textbox', { name: '总投资' }).fill('38000');
  await page.getByRole('textbox', { name: '总建筑面积' }).fill('52000');
  await page.getByRole('button', { name: zh.guide.update, exact: true }).click();
  await expect(page).toHaveURL(/\/guide\?.*industry=biomedical/);
  await expect(page.getByRole('radio', { name: '生物医药', exact: true })).toBeChecked();
  await expect(page.getByRole('textbox', { name: '总建筑面积' })).toHaveValue('52000');
  await expect(products).toBeVisible();
  await expect(figure).not.toHaveText(before);
  const after = await figure.innerText();

  await page.getByRole('button', { name: zh.guide.show, exact: true }).click();
  await expect(page).toHaveURL(/\/guide\/map\?.*investment_type=government/);
  await expect(page.getByRole('heading', { level: 1, name: zh.map.title })).toBeVisible();
  await expect(page.getByText(pattern(zh.map.summary))).toContainText(after);
  await expect(page.locator('#construction-permit').getByRole('link', { name: '建筑工程施工许可证核发', exact: true })).toBeVisible();
  const approval = page.getByRole('link', { name: '政府投资项目建议书与可行性研究审批', exact: true });
  await expect(approval.first(), 'only public money needs it').toBeVisible();
});

test('the language is chosen by a link, and the answers stay', async ({ page }) => {
  await page.goto('/guide/map?industry=biomedical&land_mode=existing');
  await chooseOtherLanguage(page, zh.language.other, 'en');
  await expect(page.getByRole('heading', { level: 1, name: en.map.title })).toBeVisible();
  await expect(page).toHaveURL(/\/guide\/map\?industry=biomedical&land_mode=existing$/);
  await page.goto('/matters');
  await expect(page.getByRole('heading', { level: 1, name: en.matters.title }), 'the choice is remembered').toBeVisible();
  await chooseOtherLanguage(page, en.language.other, 'zh-CN');
  await expect(page.getByRole('heading', { level: 1, name: zh.matters.title })).toBeVisible();
});

test('a matter is readable from end to end', async ({ page }) => {
  await page.goto('/matters');
  await page.getByRole('link', { name: '建筑工程施工许可证核发', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: '建筑工程施工许可证核发' })).toBeVisible();
  for (const heading of [zh.matter.materials, zh.matter.key_points, zh.matter.mistakes, zh.matter.steps, zh.matter.before, zh.matter.basis]) {
    await expect(page.getByRole('heading', { level: 2, name: heading, exact: true })).toBeVisible();
  }
  expect(await page.getByRole('table').getByRole('row').count(), 'materials').toBeGreaterThan(3);
  await expect(page.getByText('中华人民共和国建筑法').first()).toBeVisible();
});

test('a wrong password is answered by a sentence', async ({ page, trouble }) => {
  trouble.expect(/status of 4\d\d/);
  await page.goto('/sign-in?to=/projects');
  await sendSignIn(page, 'zhaoshang', 'not-the-password');
  await expect(page.getByRole('alert')).toHaveText('登录名或密码不对。');
  await expect(page.getByRole('heading', { level: 1, name: zh.sign_in.title })).toBeVisible();
  await expect(page.getByLabel(zh.sign_in.login, { exact: true }), 'what was typed is kept, but for the password').toHaveValue('zhaoshang');
  await sendSignIn(page, 'zhaoshang', PASSWORD);
  await expect(page.getByRole('heading', { level: 1, name: zh.projects.title })).toBeVisible();
});

test('a project is started and a question asked by plain forms', async ({ page, trouble }) => {
  trouble.expect(/status of 422/);
  const name = named('不用脚本的项目');
  const question = '没有脚本的浏览器也能提问吗？';
  await page.goto('/guide/map?industry=electronics');
  await page.getByRole('link', { name: zh.map.sign_in, exact: true }).click();
  await sendSignIn(page, 'qiye', PASSWORD);
  await expect(page).toHaveURL(/\/guide\/map\?industry=electronics$/);
  const start = async (name: string): Promise<void> => {
    await page.getByRole('textbox', { name: zh.map.name, exact: true }).fill(name);
    await page.getByRole('combobox', { name: zh.map.area, exact: true }).selectOption({ label: '浒墅关' });
    await page.getByRole('button', { name: zh.map.start, exact: true }).click();
  };
  await start('   ');
  await expect(page.getByRole('alert')).toHaveText('请填写内容。');
  await expect(page.getByText(pattern(zh.map.summary)), 'the map is still there').toBeVisible();
  await start(name);
  await expect(page).toHaveURL(/\/projects\/[^/?]+$/);
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  await expect(page.getByRole('main').getByText('浒墅关').first()).toBeVisible();

  const tabs = page.getByRole('navigation', { name: zh.project.tabs });
  await tabs.getByRole('link', { name: zh.project.consultations }).click();
  const send = async (text: string): Promise<void> => {
    await page.getByRole('combobox', { name: zh.ask.about, exact: true }).selectOption({ label: SITING });
    await page.getByRole('textbox', { name: zh.ask.text, exact: true }).fill(text);
    await page.getByRole('button', { name: zh.ask.send, exact: true }).click();
  };
  await send('   ');
  await expect(page.getByRole('alert')).toContainText('请填写内容');
  // Nothing is lost: the page comes back with what was chosen and written.
  await expect(page.getByRole('combobox', { name: zh.ask.about, exact: true }).locator('option:checked')).toHaveText(SITING);
  await expect(page.getByRole('textbox', { name: zh.ask.text, exact: true })).toHaveValue('   ');
  await send(question);
  await expect(talk(page, question)).toHaveCount(1);
  await expect(talk(page, question).getByText(zh.ask.waiting, { exact: true })).toBeVisible();
  await expect(page.getByRole('alert')).toHaveCount(0);
});
