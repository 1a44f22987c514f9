// The data sheet in the browser: two people write together, the enterprise confirms, the list of what is missing
// is the same for both; nothing typed is lost.

import type { Locator, Page } from '@playwright/test';
import { audit, expect, expectNotReloaded, fitsWidth, mark, signIn, test, visit } from '../fixtures';
import { named, openTab, startProject } from '../project';
import { fill, pattern, zh } from '../words';

const field = (page: Page, id: string): Locator => page.locator(`#field-${id}`);
const box = (page: Page, id: string): Locator => page.locator(`#in-${id}`);
const section = (page: Page, id: string): Locator => page.locator(`#section-${id}`);
const saved = (page: Page, id: string): Locator => section(page, id).getByTestId('link').getByText(zh.sheet.saved, { exact: true });
const missing = async (page: Page): Promise<number> => Number(await page.getByTestId('missing').innerText());

/** Opens the sheet and waits until it is heard. */
async function openSheet(page: Page, path: string, at = 'project'): Promise<void> {
  await visit(page, `${path}/sheet`);
  await expect(saved(page, at)).toBeVisible();
}

test('the enterprise and its agent fill in the sheet together', async ({ enter }) => {
  test.slow();
  const owner = await enter('qiye');
  const path = await startProject(owner, named('数据表单'));
  const team = await owner.getByRole('main').locator('.panel').filter({ hasText: zh.project.team }).innerText();
  const [login, name] = team.includes('孙浩') ? ['daiban2', '孙浩'] : ['daiban', '李静'];
  const agent = await enter(login);

  await openTab(owner, zh.sheet.nav);
  await expect(saved(owner, 'project')).toBeVisible();
  await openSheet(agent, path);
  for (const page of [owner, agent]) {
    await mark(page);
  }

  await test.step('what the guide was told is there already', async () => {
    await expect(box(owner, 'project_name')).toHaveValue(/数据表单/);
    await expect(box(owner, 'applicant_name')).toHaveValue('苏州新芯生物科技有限公司');
    expect(await missing(owner)).toBe(await missing(agent));
  });

  await test.step('one text, two people', async () => {
    await box(owner, 'construction_content').click();
    await owner.keyboard.type('新建厂房两栋');
    await expect(box(agent, 'construction_content')).toHaveValue('新建厂房两栋');
    // Who is there, with name and role.
    await expect(field(agent, 'construction_content').getByTitle(/王/)).toBeVisible();
    // The agent writes at the end while the enterprise goes on at the beginning.
    await box(agent, 'construction_content').click();
    await agent.keyboard.press('End');
    // Leaving the box and coming back begins a new step of the undo.
    await box(owner, 'construction_content').blur();
    await box(owner, 'construction_content').click();
    await owner.keyboard.press('Home');
    await Promise.all([owner.keyboard.type('在科技城', { delay: 20 }), agent.keyboard.type('和研发楼', { delay: 20 })]);
    await expect(box(owner, 'construction_content')).toHaveValue('在科技城新建厂房两栋和研发楼');
    await expect(box(agent, 'construction_content')).toHaveValue('在科技城新建厂房两栋和研发楼');
    // Undo takes back one's own only.
    await owner.keyboard.press('Control+z');
    await expect(box(agent, 'construction_content')).toHaveValue('新建厂房两栋和研发楼');
    await owner.keyboard.press('Control+Shift+z');
    await expect(box(agent, 'construction_content')).toHaveValue('在科技城新建厂房两栋和研发楼');
  });

  await test.step('a wrong value gets a sentence and is kept; a right one is brought to one form', async () => {
    await box(agent, 'uscc').fill('91350100M000100Y4A');
    await box(agent, 'uscc').press('Enter');
    await expect(field(owner, 'uscc').getByText('校验位不对')).toBeVisible();
    await expect(box(owner, 'uscc')).toHaveValue('91350100M000100Y4A');
    await box(agent, 'uscc').fill('91350100m000100y43');
    await box(agent, 'uscc').press('Tab');
    await expect(box(owner, 'uscc')).toHaveValue('91350100M000100Y43');
    await expect(field(owner, 'uscc').getByText('校验位不对')).toHaveCount(0);
    await box(agent, 'site_area').fill('63.2亩');
    await box(agent, 'site_area').press('Tab');
    await expect(box(owner, 'site_area')).toHaveValue('42133.54');
    await expect(field(owner, 'site_area').getByText(fill(zh.sheet.mu, { n: 63.2 }))).toBeVisible();
  });

  await test.step('fields are compared with each other', async () => {
    await box(owner, 'planned_start_date').fill('2027-03-01');
    await box(owner, 'planned_end_date').fill('2026-03-01');
    await box(owner, 'planned_end_date').press('Tab');
    await expect(field(agent, 'planned_end_date').getByText('计划开工不晚于计划竣工')).toBeVisible();
    await box(owner, 'planned_end_date').fill('2029-03-01');
    await box(owner, 'planned_end_date').press('Tab');
    await expect(field(agent, 'planned_end_date').getByText('计划开工不晚于计划竣工')).toHaveCount(0);
  });

  await test.step('of two values the last counts and the other is a click away', async () => {
    await box(owner, 'total_investment').fill('80000');
    await box(owner, 'total_investment').press('Tab');
    await expect(box(agent, 'total_investment')).toHaveValue('80000');
    await box(agent, 'total_investment').fill('90000');
    await box(agent, 'total_investment').press('Tab');
    await expect(field(owner, 'total_investment').getByText(`${zh.sheet.before}：80000`)).toBeVisible();
    await field(owner, 'total_investment').getByRole('button', { name: zh.sheet.take_back }).click();
    await expect(box(agent, 'total_investment')).toHaveValue('80000');
  });

  await test.step('what the agent filled in waits for the enterprise', async () => {
    await expect(field(owner, 'uscc').getByText(zh.sheet.unconfirmed, { exact: true })).toBeVisible();
    await expect(field(owner, 'uscc').getByText(pattern(fill(zh.sheet.entered_by, { name, date: '' })))).toBeVisible();
    await section(owner, 'applicant').getByRole('button', { name: zh.sheet.confirm_all, exact: true }).click();
    await expect(field(agent, 'uscc').getByText(pattern(zh.sheet.confirmed_by))).toBeVisible();
    await expect(section(agent, 'applicant').getByText(pattern(zh.sheet.to_confirm))).toHaveCount(0);
    // The agent has no button for it.
    await expect(section(agent, 'land').getByText(pattern(zh.sheet.to_confirm))).toBeVisible();
    await expect(section(agent, 'land').getByRole('button', { name: zh.sheet.confirm_all, exact: true })).toHaveCount(0);
  });

  await test.step('a section is ready, by whom; a change makes the mark old', async () => {
    await section(agent, 'utilities').getByRole('button', { name: zh.sheet.mark_ready, exact: true }).click();
    const head = section(owner, 'utilities').locator('.sheet-head');
    await expect(head.getByText(zh.sheet.ready, { exact: true })).toBeVisible();
    await expect(head.getByTitle(pattern(`${name} · `)).first()).toBeVisible();
    await box(owner, 'water_demand').fill('120');
    await box(owner, 'water_demand').press('Tab');
    await expect(section(agent, 'utilities').locator('.sheet-head').getByText(zh.sheet.ready_but_changed, { exact: true })).toBeVisible();
  });

  await test.step('the list of what is missing is the same for both, and leads to the field', async () => {
    await expect.poll(async () => (await missing(owner)) === (await missing(agent))).toBe(true);
    const first = agent.locator('.lacks a').first();
    const target = await first.getAttribute('href');
    await first.click();
    await expect(agent.locator(target ?? '')).toBeInViewport();
  });

  for (const page of [owner, agent]) {
    await expectNotReloaded(page);
  }
});

test('written while the server is away, it is kept and merged when it is back', async ({ enter, server, trouble }) => {
  test.slow();
  trouble.expect(/WebSocket connection to|Failed to load resource|net::ERR/);
  const owner = await enter('qiye');
  const path = await startProject(owner, named('离线填写'));
  await openSheet(owner, path);
  const content = box(owner, 'construction_content');
  await content.fill('第一句。');
  await expect(saved(owner, 'project')).toBeVisible();
  await server.stop();
  await expect(section(owner, 'project').getByTestId('link').getByText(zh.sheet.away, { exact: true })).toBeVisible();
  await content.press('End');
  await owner.keyboard.type('断开时写的第二句。');
  await expect(section(owner, 'project').getByTestId('link').getByText(zh.sheet.away_unsaved, { exact: true })).toBeVisible();
  await server.start();
  await expect(saved(owner, 'project')).toBeVisible({ timeout: 30_000 });
  const other = await owner.context().newPage();
  await openSheet(other, path);
  await expect(box(other, 'construction_content')).toHaveValue('第一句。断开时写的第二句。');
  // A page that is closed before it could send comes back with what was typed.
  await server.stop();
  await content.press('End');
  await owner.keyboard.type('第三句。');
  await expect(section(owner, 'project').getByTestId('link').getByText(zh.sheet.away_unsaved, { exact: true })).toBeVisible();
  await owner.close();
  await server.start();
  await other.reload();
  await expect(box(other, 'construction_content')).toHaveValue('第一句。断开时写的第二句。第三句。');
});

test('an office fills in what it knows, and looks at the rest', async ({ enter }) => {
  const owner = await enter('qiye');
  const path = await startProject(owner, named('部门填写'));
  const office = await enter('zhugui');
  await openSheet(office, path, 'land');
  await expect(box(office, 'total_investment')).not.toBeEditable();
  await expect(section(office, 'project').getByTestId('link').getByText(zh.sheet.read_only, { exact: true })).toBeVisible();
  // Whose identity number is masked gets no live document of its section, and is told so, once and calmly.
  await expect(section(office, 'applicant').getByTestId('link').getByText(zh.sheet.masked, { exact: true })).toBeVisible();
  await openSheet(owner, path);
  await expect(box(owner, 'deposit_amount')).toHaveCount(1);
  await expect(box(owner, 'land_use_class')).not.toBeEditable();
  await box(office, 'land_use_class').fill('二类工业用地');
  await expect(box(owner, 'land_use_class')).toHaveValue('二类工业用地');
});

test('the sheet is right on a phone, in English, for axe and without JavaScript', async ({ enter, browser, baseURL }) => {
  test.slow();
  const owner = await enter('qiye');
  const path = await startProject(owner, named('各种读者'));
  await openSheet(owner, path);
  await audit(owner);
  await owner.setViewportSize({ width: 360, height: 740 });
  await fitsWidth(owner);
  await visit(owner, `${path}/sheet?lang=en`);
  await fitsWidth(owner);
  const plain = await browser.newContext({ baseURL, javaScriptEnabled: false, storageState: await owner.context().storageState() });
  const page = await plain.newPage();
  await page.goto(`${path}/sheet`);
  await box(page, 'main_products').fill('体外诊断试剂');
  await box(page, 'headcount').fill('120');
  await section(page, 'project').getByRole('button', { name: zh.sheet.save, exact: true }).click();
  await expect(box(page, 'headcount')).toHaveValue('120');
  await box(page, 'headcount').fill('许多');
  await box(page, 'main_products').fill('体外诊断试剂盒');
  await section(page, 'project').getByRole('button', { name: zh.sheet.save, exact: true }).click();
  await expect(page.getByText('应为数字').first()).toBeVisible();
  await expect(box(page, 'headcount')).toHaveValue('许多');
  await expect(box(page, 'main_products')).toHaveValue('体外诊断试剂盒');
  await plain.close();
});

test('what is written after the session has ended is kept for who wrote it, and for nobody else', async ({ enter, trouble }) => {
  test.slow();
  // The feed and the sockets that are refused once.
  trouble.expect(/WebSocket connection to|status of 401/);
  const owner = await enter('qiye');
  const path = await startProject(owner, named('退出后填写'));
  const team = await owner.getByRole('main').locator('.panel').filter({ hasText: zh.project.team }).innerText();
  const agent = team.includes('孙浩') ? 'daiban2' : 'daiban';
  await openSheet(owner, path);
  const content = box(owner, 'construction_content');
  const link = section(owner, 'project').getByTestId('link');
  const ended = owner.getByTestId('signed-out').getByText(zh.project.signed_out);
  /** The person turns to the page again. */
  const turnTo = async (): Promise<unknown> => owner.evaluate(() => window.dispatchEvent(new Event('focus')));
  await content.fill('退出前写的。');
  await expect(saved(owner, 'project')).toBeVisible();

  const elsewhere = await enter('qiye');
  await visit(elsewhere, '/account');
  await elsewhere.getByRole('button', { name: zh.account.end_others, exact: true }).click();
  await expect(ended).toBeVisible();
  await expect(link.getByText(zh.sheet.signed_out, { exact: true })).toBeVisible();
  await content.press('End');
  await owner.keyboard.type('退出后写的。');
  await expect(link.getByText(zh.sheet.signed_out_unsaved, { exact: true })).toBeVisible();
  await mark(owner);

  // Somebody else of the project signs in in the same browser: it is not sent as theirs.
  const other = await owner.context().newPage();
  await signIn(other, agent);
  const asked = owner.waitForResponse((response) => new URL(response.url()).pathname.startsWith('/rpc/me'));
  await turnTo();
  await asked;
  await openSheet(other, path);
  await expect(box(other, 'construction_content')).toHaveValue('退出前写的。');
  await expect(ended).toBeVisible();
  await expect(content).toHaveValue('退出前写的。退出后写的。');

  // Whoever wrote it is back: it goes out, and the others have it.
  await visit(other, '/sign-in');
  await signIn(other, 'qiye');
  await turnTo();
  await expect(saved(owner, 'project')).toBeVisible();
  await expect(ended).toHaveCount(0);
  await openSheet(elsewhere, path);
  await expect(box(elsewhere, 'construction_content')).toHaveValue('退出前写的。退出后写的。');
  await expectNotReloaded(owner);
});

test('a number is masked for an office, which is told so calmly and counts the same mistakes', async ({ enter }) => {
  test.slow();
  const owner = await enter('qiye');
  const path = await startProject(owner, named('证件号'), '科技城', 'needs_project_company=true');
  const office = await enter('zhugui');
  await openSheet(owner, path, 'applicant');
  const number = field(owner, 'legal_rep_id');
  const readers = fill(zh.sheet.readers, { names: '建设单位、帮代办专员、市场监管部门' });
  await expect(number.getByText(readers, { exact: true })).toBeVisible();
  await expect(box(owner, 'legal_rep_id')).toHaveAccessibleDescription(new RegExp(`^${readers}`));

  for (const [typed, masked, wrong] of [
    ['110105194912310021', '110***********0021', 1],
    ['11010519491231002X', '110***********002X', 0],
  ] as const) {
    await box(owner, 'legal_rep_id').fill(typed);
    await box(owner, 'legal_rep_id').press('Tab');
    await expect(number.getByText('校验位不对')).toHaveCount(wrong);
    await expect(saved(owner, 'applicant')).toBeVisible();
    await visit(office, `${path}/sheet`);
    await expect(section(office, 'applicant').getByTestId('link').getByText(zh.sheet.masked, { exact: true })).toBeVisible();
    await expect(box(office, 'legal_rep_id')).toHaveValue(masked);
    await expect(box(office, 'legal_rep_id')).not.toBeEditable();
    await expect(field(office, 'legal_rep_id').getByText('号码有误')).toHaveCount(wrong);
    await expect(field(office, 'legal_rep_id').getByText(readers, { exact: true })).toHaveCount(0);
    await expect.poll(async () => (await missing(office)) === (await missing(owner))).toBe(true);
  }
  // What cannot be written in cannot be pulled larger either.
  await expect(box(office, 'applicant_name')).toHaveCSS('resize', 'none');
  await expect(box(owner, 'applicant_name')).toHaveCSS('resize', 'vertical');
  await audit(owner);
  await audit(office);
});

test('a section that changed meanwhile is not marked ready, and says so in its whole width', async ({ enter, trouble }) => {
  // The refused mark.
  trouble.expect(/status of 409/);
  const owner = await enter('qiye');
  const path = await startProject(owner, named('备好之前'));
  const other = await owner.context().newPage();
  await openSheet(owner, path, 'utilities');
  await openSheet(other, path, 'utilities');
  await other.route('**/rpc/mark_section', async (route) => {
    await box(owner, 'water_demand').fill('120');
    await box(owner, 'water_demand').press('Tab');
    await expect(saved(owner, 'utilities')).toBeVisible();
    await route.continue();
  });
  const marking = section(other, 'utilities').locator('.sheet-marking');
  await marking.getByRole('button', { name: zh.sheet.mark_ready, exact: true }).click();
  const notice = marking.getByRole('alert');
  await expect(notice).toContainText('本节没有标为备好');
  for (const width of [1280, 360]) {
    await other.setViewportSize({ width, height: 800 });
    const [inner, outer] = [await notice.boundingBox(), await marking.boundingBox()];
    expect(inner?.width ?? 0, `at ${width}`).toBeGreaterThan(0.9 * (outer?.width ?? Infinity));
    await fitsWidth(other);
  }
});
