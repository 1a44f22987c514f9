// Pictures for people to look at, in test-results/screens; and axe on the pages behind the sign-in.

import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from '@playwright/test';
import { audit, chooseOtherLanguage, expect, fitsWidth, hydrated, test, visit } from '../fixtures';
import { PLANNING_OFFICE, SITING, answer, ask, raise, startProject, talk } from '../project';
import { en, fill, zh } from '../words';

const SCREENS = fileURLToPath(new URL('../test-results/screens/', import.meta.url));
const CASE = '狮山生物医药创新基地';
const ANSWERS =
  'project_category=mixed&industry=medical-device&total_investment_10k=38000&needs_project_company=true&site_constraints=river-control' +
  '&site_area_sqm=26000&gross_floor_area_sqm=52000&building_height_m=45&has_civil_buildings=true&product_types=device-2-3';

interface Look {
  name: 'wide' | 'phone' | 'en';
  words: typeof zh;
  options: BrowserContextOptions;
}

const LOOKS: Look[] = [
  { name: 'wide', words: zh, options: { viewport: { width: 1280, height: 800 } } },
  { name: 'phone', words: zh, options: { viewport: { width: 360, height: 740 }, hasTouch: true } },
  { name: 'en', words: en, options: { viewport: { width: 1280, height: 800 } } },
];

/** Opens a page in its look and takes its picture. */
async function picture(page: Page, look: Look, name: string, path: string, heading: string): Promise<void> {
  await test.step(`${name}, ${look.name}`, async () => {
    expect((await visit(page, path)).status()).toBe(200);
    await expect(page.getByRole('heading', { level: 1, name: heading })).toBeVisible();
    await page.evaluate(async () => {
      await document.fonts.ready;
    });
    await fitsWidth(page);
    await page.screenshot({ path: `${SCREENS}${name}-${look.name}.png`, fullPage: true, animations: 'disabled' });
  });
}

/** From here on the browser reads the look's language. */
async function speak(page: Page, look: Look): Promise<void> {
  if (look.words === en) {
    await visit(page, '/');
    await chooseOtherLanguage(page, zh.language.other, 'en');
    await hydrated(page);
  }
}

for (const look of LOOKS) {
  test(`public pages, ${look.name}`, async ({ enter }) => {
    test.slow();
    const page = await enter(undefined, look.options);
    await speak(page, look);
    const { words } = look;
    const matter = words === en ? 'Construction permit' : '建筑工程施工许可证核发';
    await picture(page, look, 'home', '/', words.home.title);
    await picture(page, look, 'guide', `/guide?${ANSWERS}`, words.guide.title);
    await picture(page, look, 'map', `/guide/map?${ANSWERS}`, words.map.title);
    await picture(page, look, 'plan', `/guide/plan?${ANSWERS}&start=2026-03-02`, words.plan.title);
    await picture(page, look, 'chart', `/guide/chart?${ANSWERS}`, words.chart.title);
    await picture(page, look, 'case', '/cases/shishan', words === en ? 'Shishan Biomedical Innovation Base' : CASE);
    await picture(page, look, 'questions', '/catalogue/questions', words.editor.title);
    await picture(page, look, 'changes', '/catalogue/changes', words.changes.title);
    await picture(page, look, 'matters', '/matters', words.matters.title);
    await picture(page, look, 'matter', '/matters/construction-permit', matter);
    await picture(page, look, 'sign-in', '/sign-in', words.sign_in.title);
    await audit(page);
  });
}

test('pages behind the sign-in', async ({ enter }) => {
  test.setTimeout(300_000);
  const name = '高端医疗影像设备基地';
  const path = await test.step('a project in which people talk', async () => {
    const enterprise = await enter('qiye');
    const path = await startProject(enterprise, name, '狮山', ANSWERS);
    await visit(enterprise, `${path}/consultations`);
    const question = '选址核查需要提供哪一版范围图？';
    await ask(enterprise, SITING, question);
    await ask(enterprise, zh.ask.project, '我们计划明年三月开工，请帮忙看看关键节点是否来得及。');
    const officer = await enter('gugan');
    await visit(officer, `${path}/consultations`);
    await answer(officer, question, '请用 CGCS2000 坐标的最新一版，标出河道管理线和高压走廊。');

    await visit(enterprise, `${path}/difficulties`);
    const trouble = '河道管理线与厂房红线重叠约四米，方案无法落位，希望本月内明确退让要求。';
    await raise(enterprise, SITING, trouble);
    const lead = await enter('shouxi');
    await visit(lead, `${path}/difficulties`);
    await talk(lead, trouble).getByRole('combobox', { name: zh.difficulty.lead_office, exact: true }).selectOption({ label: PLANNING_OFFICE });
    await talk(lead, trouble).getByRole('button', { name: zh.difficulty.save, exact: true }).click();
    await expect(talk(lead, trouble).getByText(fill(zh.difficulty.led_by, { name: PLANNING_OFFICE }))).toBeVisible();
    const form = talk(enterprise, trouble);
    await form.getByText(zh.difficulty.propose, { exact: true }).click();
    await form.getByRole('textbox', { name: zh.difficulty.your_proposal, exact: true }).fill('厂房整体西移五米，绿地率相应下调。');
    await form.getByRole('button', { name: zh.difficulty.send_proposal, exact: true }).click();
    await expect(form.getByText(fill(zh.difficulty.proposal, { n: 1 }), { exact: true })).toBeVisible();
    // The forms of the enterprise and of the department are not those of the lead officer.
    for (const section of ['', '/sheet', '/consultations', '/difficulties', '/log', '/matters/siting-compliance-check']) {
      for (const page of [enterprise, officer]) {
        await visit(page, `${path}${section}`);
        await audit(page);
      }
    }
    return path;
  });

  for (const look of LOOKS) {
    const page = await enter('shouxi', look.options);
    await visit(page, '/projects');
    const link = page.getByRole('link', { name: CASE, exact: true });
    const base = (await link.getAttribute('href')) ?? '';
    expect(base).toMatch(/^\/projects\//);
    await speak(page, look);
    const shots: [string, string, string][] = [
      ['projects', '/projects', look.words.projects.title],
      ['overview', base, CASE],
      ['overview-new', path, name],
      ['work', `${path}/matters/siting-compliance-check`, name],
      ['consultations', `${path}/consultations`, name],
      ['difficulties', `${path}/difficulties`, name],
      ['sheet', `${path}/sheet`, name],
      ['log', `${base}/log`, CASE],
      ['project-plan', `${base}/plan`, CASE],
      ['project-chart', `${base}/chart`, CASE],
    ];
    for (const [shot, at, heading] of shots) {
      await picture(page, look, shot, at, heading);
      await audit(page);
    }
  }
});
