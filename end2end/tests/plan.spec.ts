// Guide maps and plans that people rely on: the four panels, what-if, chart, plan, probability, the story of the case.

import type { Page } from '@playwright/test';
import { PASSWORD, audit, expect, expectNotReloaded, hydrated, mark, test, visit } from '../fixtures';
import { named, startProject } from '../project';
import { fill, pattern, zh } from '../words';

const ANSWERS =
  'project_category=mixed&industry=biomedical&needs_project_company=true&site_area_sqm=42133.54&gross_floor_area_sqm=140000' +
  '&total_investment_10k=120000&earthwork_m3=160000&has_civil_buildings=true&annual_energy_tce=3200&eia_category=report-book' +
  '&special_fire_project=true&product_types=drug,device-2-3';

/** A row of the milestone table by its name: earliest, latest, target, against the plan. */
async function milestone(page: Page, name: string): Promise<string[]> {
  const row = page.getByRole('region', { name: zh.plan.milestones }).getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  return row.getByRole('cell').allInnerTexts();
}

test('the four panels follow the answers at once, and each other answer says what it would change', async ({ page }) => {
  await visit(page, `/guide?${ANSWERS}`);
  await mark(page);
  const panels = page.getByRole('complementary', { name: zh.guide.result });
  for (const heading of [zh.guide.applies, zh.guide.to_do, zh.guide.how_long, zh.guide.how_much]) {
    await expect(panels.getByRole('heading', { name: heading })).toBeVisible();
  }
  const days = panels.getByRole('row').filter({ hasText: zh.guide.to_start }).getByRole('cell').first();
  const before = await days.innerText();
  const investment = page.getByRole('group', { name: '投资类型', exact: true });
  await expect(investment.getByText('+1 −1')).toBeVisible();
  await investment.getByText('政府投资', { exact: true }).click();
  await expect(page).toHaveURL(/investment_type=government/);
  await expect(days).not.toHaveText(before);
  await expect(panels.getByText(fill(zh.guide.because, { why: '投资类型为政府投资' }))).toBeVisible();
  await page.getByText(zh.guide.unsure, { exact: true }).first().click();
  await expect(page.getByRole('link', { name: zh.guide.take_along }).first()).toHaveAttribute('href', /investment_type=government/);
  await expectNotReloaded(page);
});

test('a number that is none is refused beside its field, and the rest stays', async ({ page }) => {
  await visit(page, `/guide?${ANSWERS}`);
  const area = page.getByRole('textbox', { name: '总建筑面积' });
  await area.fill('五万');
  await area.blur();
  await expect(page.getByRole('alert')).toHaveText('“总建筑面积”应填数字，不小于 0。');
  await expect(area).toHaveValue('五万');
  await expect(page).toHaveURL(/gross_floor_area_sqm=140000/);
  await area.fill('50000');
  await area.blur();
  await expect(page.getByRole('alert')).toBeHidden();
  await expect(page).toHaveURL(/gross_floor_area_sqm=50000/);
  // On a phone the panels come after the questions and do not stand over them.
  await page.setViewportSize({ width: 360, height: 740 });
  await expect(page.getByRole('complementary', { name: zh.guide.result })).toHaveCSS('position', 'static');
});

test('the map says who does what and when, each paper once, and can be taken along', async ({ page }) => {
  await visit(page, `/guide/map?${ANSWERS}`);
  const permit = page.locator('.map-item').filter({ has: page.getByRole('link', { name: '建筑工程施工许可证核发', exact: true }) });
  await expect(permit.getByText(pattern(zh.map.prepares)).first()).toBeVisible();
  await expect(permit.getByText(pattern(zh.map.done_by))).toBeVisible();
  const papers = page.getByRole('region', { name: zh.map.papers }).getByRole('row');
  const names = await papers.getByRole('rowheader').allInnerTexts();
  expect(names.length).toBeGreaterThan(40);
  expect(new Set(names).size).toBe(names.length);
  await expect(page.getByRole('img', { name: zh.map.qr })).toBeVisible();
  const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: zh.map.json }).click()]);
  const stream = await download.createReadStream();
  let text = '';
  for await (const chunk of stream) text += chunk;
  expect((JSON.parse(text) as { matters: unknown[] }).matters.length).toBe(48);
  // The law of another day.
  await visit(page, `/guide/map?${ANSWERS}&as_of=2022-09-13`);
  await expect(page.getByText(fill(zh.map.as_of, { date: '2022-09-13' }))).toBeVisible();
});

test('without the pre-review the six permits come later and apart, and the difference is shown', async ({ page }) => {
  await visit(page, `/guide/plan?${ANSWERS}&start=2022-03-15`);
  await mark(page);
  const [six] = await milestone(page, '六证联发');
  await page.getByText(zh.plan.pre_review, { exact: true }).first().click();
  await expect(page).toHaveURL(/with=tolerance,parallel$/);
  await expect(async () => {
    const row = await milestone(page, '六证联发');
    expect((row[0] ?? '') > (six ?? '')).toBe(true);
    expect(row[3]).toMatch(pattern(zh.plan.later));
  }).toPass();
  // Back again, by the address.
  await page.goBack();
  await visit(page, `/guide/plan?${ANSWERS}&start=2022-03-15`);
  expect((await milestone(page, '六证联发'))[0]).toBe(six);
});

test('a target that cannot be kept says by how much, along which chain, and what would help', async ({ page }) => {
  await visit(page, `/guide/plan?${ANSWERS}&start=2022-03-15&way=step-by-step`);
  await page.getByLabel('开工', { exact: true }).fill('2022-09-14');
  await page.getByLabel('开工', { exact: true }).blur();
  await expect(page).toHaveURL(/finish\.start=2022-09-14/);
  await expect(page.getByRole('heading', { name: zh.plan.infeasible })).toBeVisible();
  await expect(page.getByText(pattern(zh.plan.missed)).first()).toBeVisible();
  await expect(page.getByText(zh.plan.would_help)).toBeVisible();
  await expect(page.getByRole('listitem').filter({ hasText: zh.plan.parallel }).getByText(pattern(zh.plan.brings))).toBeVisible();
  // A target before the start: a sentence, and what was last right stays.
  await page.getByLabel('开工', { exact: true }).fill('2022-01-04');
  await page.getByLabel('开工', { exact: true }).blur();
  await expect(page.getByRole('alert')).toContainText('早于开始日期');
  await expect(page.getByRole('heading', { name: zh.plan.infeasible })).toBeVisible();
});

test('a length is typed or pulled, and everything follows', async ({ page }) => {
  await visit(page, `/guide/plan?${ANSWERS}&start=2022-03-15`);
  const [before] = await milestone(page, '投产');
  await page.getByText(pattern(zh.plan.tasks)).click();
  const days = page.getByRole('spinbutton', { name: fill(zh.plan.length_of, { name: '设备调试与试运行' }) });
  await days.fill('120');
  await days.blur();
  await expect(page).toHaveURL(/d\.trial-run=120/);
  await expect(async () => expect((await milestone(page, '投产'))[0] ?? '').not.toBe(before)).toPass();
  await days.fill('');
  await days.blur();
  await expect(page).not.toHaveURL(/d\.trial-run/);
  await expect(async () => expect((await milestone(page, '投产'))[0]).toBe(before)).toPass();
  // What the law sets as a minimum cannot be shortened.
  const listing = page.getByRole('spinbutton', { name: fill(zh.plan.length_of, { name: '国有建设用地使用权挂牌（招标、拍卖）出让' }) });
  await listing.fill('3');
  await listing.blur();
  await expect(page).toHaveURL(/d\.land-listing\/decision=3/);
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: '国有建设用地使用权挂牌（招标、拍卖）出让', exact: true }) });
  const [, from = '', to = ''] = await row.getByRole('cell').allInnerTexts();
  expect((Date.parse(to) - Date.parse(from)) / 86_400_000, 'thirty calendar days, the first included').toBeGreaterThanOrEqual(29);

  await visit(page, `/guide/plan?${ANSWERS}&start=2022-03-15`);
  const grip = page.locator('[data-task="construction-drawing-review/preparation"] [data-grip]');
  await grip.scrollIntoViewIfNeeded();
  const box = await grip.boundingBox();
  if (!box) throw new Error('the bar has no end to take hold of');
  const [six] = await milestone(page, '六证联发');
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 - 60, box.y + box.height / 2, { steps: 5 });
  await page.mouse.up();
  await expect(page).toHaveURL(/d\.construction-drawing-review\/preparation=\d+/);
  await expect(async () => expect(((await milestone(page, '六证联发'))[0] ?? '') < (six ?? '')).toBe(true)).toPass();
});

test('the probability is simulated in the page, the same for everybody', async ({ page }) => {
  await visit(page, `/guide/plan?${ANSWERS}&start=2022-03-15&finish.start=2022-09-14`);
  await page.getByRole('button', { name: pattern(zh.plan.simulate) }).click();
  await expect(page.getByText(fill(zh.plan.on_time, { name: '开工' }))).toBeVisible();
  const share = page.locator('.chance .result-figure strong');
  const first = await share.innerText();
  expect(first).toMatch(/^\d+ %$/);
  await expect(page.getByRole('heading', { name: zh.plan.raises })).toBeVisible();
  await page.getByRole('button', { name: pattern(zh.plan.simulate) }).click();
  await expect(share).toHaveText(first);
  // A distribution that is none is refused; a longer one takes the result away, and gives another.
  await page.getByText(zh.plan.spreads, { exact: true }).click();
  const most = page.getByRole('textbox', { name: `申请人准备材料 ${zh.plan.most}`, exact: true });
  await most.fill('0.1');
  await most.blur();
  await expect(page.getByRole('alert')).toHaveText(zh.plan.no_spread);
  await expect(share).toHaveText(first);
  await most.fill('6');
  await most.blur();
  await expect(page.getByRole('alert')).toBeHidden();
  await expect(share).toBeHidden();
  await page.getByRole('button', { name: pattern(zh.plan.simulate) }).click();
  await expect(share).not.toHaveText(first);
});

test('the chart is enlarged by keyboard, saved as SVG and PNG, and read as a table', async ({ page }) => {
  await visit(page, `/guide/chart?${ANSWERS}`);
  const frame = page.getByRole('region', { name: zh.chart.title });
  const drawing = frame.locator('svg');
  const width = async (): Promise<number> => Number(await drawing.getAttribute('width'));
  const before = await width();
  await frame.focus();
  await page.keyboard.press('+');
  await expect.poll(width).toBeGreaterThan(before);
  await page.keyboard.press('-');
  await expect.poll(width).toBeCloseTo(before, -1);
  const [png] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'PNG', exact: true }).click()]);
  expect(png.suggestedFilename()).toBe('quanlian-chart.png');
  const [svg] = await Promise.all([page.waitForEvent('download'), page.getByRole('link', { name: 'SVG', exact: true }).click()]);
  expect(svg.suggestedFilename()).toBe('quanlian-chart.svg');
  await page.getByText(zh.chart.table, { exact: true }).click();
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: '建筑工程施工许可证核发', exact: true }) });
  await expect(row).toContainText('施工图设计文件审查');
});

test('the story of the case is replayed by a slider', async ({ page }) => {
  await visit(page, '/cases/shishan?told=0');
  await expect(page.getByText(zh.case.not_begun)).toBeVisible();
  await expect(page.getByText(fill(zh.case.counts, { done: 0, all: 54, six: 0 }))).toBeVisible();
  await mark(page);
  const slider = page.getByRole('slider', { name: zh.case.slider });
  await slider.fill('50');
  await expect(page).toHaveURL(/told=50/);
  await expect(page.getByText('2022-09-13 六证联发完成')).toBeVisible();
  await expect(page.getByText(pattern(zh.case.counts))).toContainText('六证已得 6');
  await slider.press('ArrowLeft');
  await expect(page).toHaveURL(/told=49/);
  await expectNotReloaded(page);
  await expect(page.getByRole('listitem').filter({ hasText: '建筑工程施工许可证' }).getByText(zh.case.fact, { exact: true }).first()).toBeVisible();
});

test('matters are found by name, pinyin, department and result', async ({ page }) => {
  await visit(page, '/matters');
  const search = page.getByRole('searchbox', { name: zh.matters.search });
  for (const words of ['施工许可', 'sgxk', 'construction permit']) {
    await search.fill(words);
    await expect(page.getByRole('main').getByRole('link', { name: '建筑工程施工许可证核发', exact: true })).toBeVisible();
    await expect(page.getByRole('link', { name: '选址合规性核查', exact: true })).toBeHidden();
  }
  await search.fill('完全没有的事项');
  await expect(page.getByText(pattern(zh.matters.none))).toBeVisible();
  await search.fill('');
  await page.getByRole('link', { name: '自然资源和规划部门', exact: true }).first().click();
  await expect(page.getByRole('heading', { level: 1, name: '自然资源和规划部门' })).toBeVisible();
  await audit(page);
});

test('a project adopts a variant as its plan, the enterprise sees it live, and the trail says what moved', async ({ enter }) => {
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('排计划的项目'), '狮山', ANSWERS);
  await visit(enterprise, `${path}/plan`);
  await expect(enterprise.getByText(zh.plan.none_yet)).toBeVisible();
  await expect(enterprise.getByRole('button', { name: zh.plan.adopt }), 'not the enterprise’s to adopt').toHaveCount(0);
  await mark(enterprise);

  const lead = await enter('shouxi');
  await visit(lead, `${path}/plan`);
  await lead.getByRole('textbox', { name: zh.plan.reason }).fill('首次排定');
  await lead.getByRole('button', { name: zh.plan.adopt }).click();
  await expect(enterprise.getByText(zh.plan.none_yet), 'live').toBeHidden();
  await visit(lead, `${path}/plan?d.trial-run=100`);
  await expect(lead.getByRole('link', { name: 'SVG', exact: true })).toHaveAttribute('href', `${path}/plan.svg?d.trial-run=100`);
  await lead.getByRole('textbox', { name: zh.plan.reason }).fill('调试需要更久');
  await lead.getByRole('button', { name: zh.plan.adopt }).click();
  await enterprise.getByText(zh.plan.trail, { exact: true }).click();
  const moved = enterprise.getByRole('listitem').filter({ hasText: '调试需要更久' });
  await expect(moved).toContainText(/投产 \d{4}-\d{2}-\d{2} → \d{4}-\d{2}-\d{2}/);
  await expectNotReloaded(enterprise);
  await audit(enterprise);
  await visit(enterprise, `${path}/chart`);
  await expect(enterprise.getByRole('region', { name: zh.chart.title }).locator('svg')).toContainText('可以办');
  await audit(enterprise);
});

test.describe('without JavaScript', () => {
  test.use({ javaScriptEnabled: false });

  test('the plan’s form works, the probability comes from the server, the story is told by links', async ({ page }) => {
    await page.goto(`/guide/plan?${ANSWERS}&start=2022-03-15`);
    const [six] = await milestone(page, '六证联发');
    await page.getByRole('checkbox', { name: zh.plan.pre_review }).uncheck();
    await page.getByRole('button', { name: zh.plan.apply, exact: true }).first().click();
    const row = await milestone(page, '六证联发');
    expect((row[0] ?? '') > (six ?? '')).toBe(true);
    await expect(page.getByRole('checkbox', { name: zh.plan.pre_review })).not.toBeChecked();
    await page.getByRole('button', { name: pattern(zh.plan.simulate) }).click();
    await expect(page.getByRole('heading', { name: zh.plan.raises })).toBeVisible();
    await expect(page.locator('.drawing svg')).toBeVisible();
    await page.goto('/cases/shishan?told=42');
    await expect(page.getByText('2022-09-13 交地')).toBeVisible();
    await page.goto('/matters?q=sgxk');
    await expect(page.getByRole('link', { name: '建筑工程施工许可证核发', exact: true })).toBeVisible();
  });
});

test('the session of a signed-in person carries over to the plan', async ({ enter }) => {
  const page = await enter();
  await visit(page, `/guide/map?${ANSWERS}`);
  await page.getByRole('link', { name: zh.map.sign_in, exact: true }).click();
  await hydrated(page);
  await page.getByLabel(zh.sign_in.login, { exact: true }).fill('qiye');
  await page.getByLabel(zh.sign_in.password, { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: zh.sign_in.submit, exact: true }).click();
  await expect(page).toHaveURL(/\/guide\/map\?.*biomedical/);
});
