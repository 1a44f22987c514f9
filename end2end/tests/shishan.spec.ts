// The Shishan case, from its documents to six permits on one afternoon: the data sheet filled in by two people, filed
// ahead of the land, reviewed by every office at once, corrected once, converted on the land day, issued in one act;
// the certificates checked by somebody else's library, and the log that proves it.

import { fileURLToPath } from 'node:url';
import type { Page } from '@playwright/test';
import { createLocalJWKSet, flattenedVerify, type FlattenedJWSInput, type JSONWebKeySet } from 'jose';
import { PASSWORD, audit, chooseOtherLanguage, expect, expectNotReloaded, fitsWidth, mark, signIn, test, visit } from '../fixtures';
import { openTab } from '../project';
import { Server } from '../server';
import { fill, pattern, zh } from '../words';

const CASE = fileURLToPath(new URL('../../catalogue/case-shishan.yaml', import.meta.url));
const SCREENS = fileURLToPath(new URL('../test-results/screens/', import.meta.url));
const EARLY = [
  '建设用地规划许可证核发', '施工图设计文件审查', '建设工程规划许可证核发', '应建防空地下室的民用建筑项目报建审批',
  '建筑工程施工许可证核发',
];
const REGISTRATION = '国有建设用地使用权首次登记';
const FIRE = '特殊建设工程消防设计审查';

/** What the sheet is filled in with, by whom. */
const OWNER: Record<string, string> = {
  project_code: '2204-320505-89-01-123456', contract_price: '52000', contractor_name: '苏州一建集团有限公司',
  supervisor_name: '苏州监理有限公司', project_manager: '钱建国', planned_start_date: '2027-01-04', planned_end_date: '2028-12-29',
  dangerous_works: '深基坑、高支模', designer_name: '中衡设计集团股份有限公司', geotech_name: '江苏省地质工程勘察院',
};
const AGENT: Record<string, string> = {
  plot_ratio: '3.3', building_density: '42', green_ratio: '15', building_height: '58', storeys_above: '12', storeys_below: '1',
  underground_area: '18000', civil_defence_area: '4200', unit_buildings: '1 号楼 研发楼；2 号楼 厂房；3 号楼 厂房',
};
const CHOSEN = ['structure_type', 'seismic_class', 'fire_class', 'green_building_level', 'fire_hazard_category'];
const PAPERS = [
  'construction-drawings', 'calculation-book', 'geotech-report', 'design-scheme', 'civil-defence-table', 'civil-defence-drawings',
  'construction-contract', 'supervision-contract', 'funds-commitment', 'safety-measures', 'site-ready-proof', 'fire-design-docs',
  'fire-special-demo', 'cadastral-survey', 'proxy-letter',
];

/** Officers of the offices of the six, beside the demonstration's people. */
const OFFICES: [string, string, string][] = [
  ['zhujian', '住房和城乡建设部门', 'housing-construction'], ['renfang', '人防（国防动员）部门', 'civil-defence'], ['dengji', '不动产登记机构', 'registry'],
];

/** Who decides what, in the order in which one rests on the other. */
const DECISIONS: [string, string][] = [
  ['dengji', REGISTRATION], ['zhugui', '建设用地规划许可证核发'], ['zhujian', '施工图设计文件审查'],
  ['zhugui', '建设工程规划许可证核发'], ['renfang', '应建防空地下室的民用建筑项目报建审批'], ['zhujian', FIRE],
  ['zhujian', '建筑工程施工许可证核发'],
];

const pdf = (name: string) => ({
  name: `${name}.pdf`, mimeType: 'application/pdf', buffer: Buffer.from(`%PDF-1.7\n${name}`),
});

/** The officers' own password. */
const OFFICERS_PASSWORD = 'wild geese in May';

async function addOfficers(server: Server): Promise<void> {
  for (const [login, organisation, office] of OFFICES) {
    const args = ['account', 'add', '--login', login, '--name', `${organisation}承办人`, '--role', 'department'];
    await server.cliWith(`${OFFICERS_PASSWORD}\n`, ...args, '--organisation', organisation, '--office', office, '--own-password');
  }
}

const box = (page: Page, field: string) => page.locator(`#in-${field}`);

async function fillIn(page: Page, values: Record<string, string>): Promise<void> {
  for (const [field, value] of Object.entries(values)) {
    await box(page, field).fill(value);
    await box(page, field).press('Tab');
  }
}

/** The office's opinion on a matter, on its page. */
async function opine(page: Page, path: string, matter: string, verdict: string, before?: () => Promise<void>): Promise<void> {
  await visit(page, `${path}/filing`);
  await page.getByRole('table').getByRole('link', { name: matter, exact: true }).first().click();
  const form = page.locator('form').filter({ has: page.getByRole('button', { name: zh.review.give, exact: true }) });
  await expect(form).toBeVisible();
  await before?.();
  await form.getByRole('radio', { name: verdict, exact: true }).check();
  await form.getByRole('button', { name: zh.review.give, exact: true }).click();
  await expect(page.locator('.opinions').getByText(pattern(verdict === zh.review.pass ? '通过' : '需补正 {{ n }} 处')).first()).toBeVisible();
}

/** Chooses matters on the filing page and files them together. */
async function file(page: Page, path: string, matters: string[], declares: boolean): Promise<void> {
  await visit(page, `${path}/filing`);
  for (const matter of matters) {
    await page.getByRole('listitem').filter({ hasText: matter }).getByRole('checkbox').check();
  }
  if (declares) {
    await page.getByRole('checkbox', { name: zh.filing.declare }).check();
  }
  await page.getByRole('button', { name: zh.filing.file, exact: true }).click();
  for (const matter of matters) {
    await expect(page.getByRole('table').getByRole('link', { name: matter, exact: true })).toBeVisible();
  }
}

for (const where of ['SQLite', 'PostgreSQL with two servers']) {
  test(`Shishan on ${where}: from the sheet to six permits`, async ({ server: worker, browser, enter, request, trouble }) => {
    // Refusals the test asks for: a filing without its declaration, a correction that corrects nothing.
    trouble.expect(/status of 422/);
    // And a number nobody issued.
    trouble.expect(/status of 404 .*\/verify\//);
    test.setTimeout(420_000);
    const own = where !== 'SQLite';
    const database = own ? await Server.postgres() : undefined;
    const one = own ? await Server.create(database) : worker;
    const two = own ? await Server.create(database, one) : worker;
    try {
      if (own) {
        await one.start();
        await two.start();
      }
      await addOfficers(one);
      const replay = async (...args: string[]) => {
        const ran = await one.cli('load-case', CASE, '--owner', 'qiye', '--agent', 'daiban', ...args);
        expect(ran.stderr).toBe('');
        return ran.stdout.trim();
      };
      const path = await replay('--until', '2022-07-10');
      const project = path.split('/').at(-1) ?? '';
      // People of the enterprise's side on one server, offices on the other.
      const enterprise = await enter('qiye', { baseURL: one.url });
      const agent = await enter('daiban', { baseURL: two.url });
      const officer = async (login: string) => {
        const page = await enter(undefined, { baseURL: two.url });
        await signIn(page, login, OFFICES.some(([of]) => of === login) ? OFFICERS_PASSWORD : PASSWORD);
        return page;
      };

      await test.step('two people fill in the sheet; the enterprise confirms what the agent wrote', async () => {
        for (const page of [enterprise, agent]) {
          await visit(page, `${path}/sheet`);
          await expect(page.getByTestId('link').filter({ hasNotText: zh.sheet.saved })).toHaveCount(0);
        }
        await Promise.all([fillIn(enterprise, OWNER), fillIn(agent, AGENT)]);
        for (const field of CHOSEN) {
          await box(agent, field).selectOption({ index: 1 });
        }
        await expect(box(enterprise, 'building_height')).toHaveValue('58');
        for (const page of [enterprise, agent]) {
          await expect(page.getByTestId('link').filter({ hasNotText: zh.sheet.saved })).toHaveCount(0);
        }
        await visit(enterprise, `${path}/sheet`);
        const waiting = '.sheet-section:has(.sheet-confirming)';
        for (const section of await enterprise.locator(waiting).evaluateAll((all) => all.map((e) => e.id))) {
          const confirming = enterprise.locator(`#${section} .sheet-confirming`);
          await confirming.getByRole('button', { name: zh.sheet.confirm_all, exact: true }).click();
          await expect(confirming).toHaveCount(0);
        }
      });

      await test.step('the papers, each once', async () => {
        await visit(agent, `${path}/documents`);
        for (const paper of PAPERS) {
          await agent.locator(`#paper-${paper} input[type=file]`).first().setInputFiles(pdf(paper));
          await expect(agent.locator(`#paper-${paper}`).getByText(`${paper}.pdf`)).toBeVisible();
        }
      });

      await test.step('five matters filed in one package, one paper promised', async () => {
        await visit(enterprise, `${path}/filing`);
        const promise = enterprise.locator('#promise-key-personnel');
        await expect(promise).toBeVisible();
        await enterprise.locator('.filing-row').filter({ hasText: EARLY[0] }).getByRole('checkbox').check();
        await enterprise.getByRole('button', { name: zh.filing.file, exact: true }).click();
        await expect(enterprise.getByText('请先声明所报内容真实。')).toBeVisible();
        for (const matter of EARLY) {
          await enterprise.locator('.filing-row').filter({ hasText: matter }).getByRole('checkbox').check();
        }
        const due = await promise.locator('input[type=date]').getAttribute('max');
        await promise.getByLabel(zh.filing.promise_text).fill('人员名单三日内补齐');
        await promise.locator('input[type=date]').fill(due ?? '');
        await enterprise.getByRole('checkbox', { name: zh.filing.declare }).check();
        await audit(enterprise);
        await enterprise.getByRole('button', { name: zh.filing.file, exact: true }).click();
        for (const matter of EARLY) {
          await expect(enterprise.getByRole('table').getByRole('link', { name: matter, exact: true })).toBeVisible();
        }
        await expect(enterprise.getByRole('table').getByText(zh.filing.no_permit).first()).toBeVisible();
        await mark(enterprise);
      });

      await test.step('offices review at once; one notice of them all; only what changed is looked at again', async () => {
        const [planning, housing, defence] = [await officer('zhugui'), await officer('zhujian'), await officer('renfang')];
        const height = async () => {
          const row = housing.getByRole('row').filter({ hasText: '建筑高度' });
          await row.getByText(zh.review.point, { exact: true }).click();
          await row.getByRole('textbox').fill('与总平面图的 60 米不一致');
          await row.getByRole('combobox').selectOption({ label: '前后不一致' });
        };
        // What was filed is on the office's work list; it takes two of them on at once, by keyboard.
        await visit(housing, '/work');
        const waiting = (matter: string) => housing.getByRole('row').filter({ hasText: matter }).filter({ hasText: '狮山生物医药创新基地' }).last();
        await waiting('施工图设计文件审查').getByRole('link').focus();
        await housing.keyboard.press('x');
        await waiting('建筑工程施工许可证核发').getByRole('checkbox').check();
        await expect(waiting('施工图设计文件审查').getByRole('checkbox')).toBeChecked();
        await housing.getByRole('button', { name: zh.worklist.run, exact: true }).click();
        await expect(waiting('施工图设计文件审查').getByRole('cell', { name: zh.worklist.me, exact: true })).toBeVisible();
        await expect(waiting('建筑工程施工许可证核发').getByRole('cell', { name: zh.worklist.me, exact: true })).toBeVisible();
        await audit(housing);
        await housing.screenshot({ path: `${SCREENS}shishan-worklist-wide.png`, fullPage: true, animations: 'disabled' });
        const wide = housing.viewportSize();
        await housing.setViewportSize({ width: 360, height: 740 });
        await fitsWidth(housing);
        await housing.screenshot({ path: `${SCREENS}shishan-worklist-phone.png`, fullPage: true, animations: 'disabled' });
        await housing.setViewportSize(wide ?? { width: 1280, height: 800 });
        await opine(housing, path, '施工图设计文件审查', zh.review.to_correct, height);
        await opine(housing, path, '建筑工程施工许可证核发', zh.review.pass);
        await opine(defence, path, '应建防空地下室的民用建筑项目报建审批', zh.review.pass);
        await opine(planning, path, '建设用地规划许可证核发', zh.review.pass);
        await expect(enterprise.getByText(zh.filing.notice)).toHaveCount(0);
        await opine(planning, path, '建设工程规划许可证核发', zh.review.pass);
        // The last office has spoken: the notice is there by itself.
        const notice = enterprise.locator('.correction');
        await expect(notice).toBeVisible();
        await expect(notice.getByText('与总平面图的 60 米不一致')).toBeVisible();
        await expectNotReloaded(enterprise);
        await notice.getByRole('button', { name: zh.filing.give_back, exact: true }).click();
        await expect(notice.getByText('“建筑高度”还没有改')).toBeVisible();
        await visit(enterprise, `${path}/sheet#field-building_height`);
        await expect(enterprise.getByTestId('link').filter({ hasNotText: zh.sheet.saved })).toHaveCount(0);
        await fillIn(enterprise, { building_height: '60' });
        await expect(enterprise.getByTestId('link').filter({ hasNotText: zh.sheet.saved })).toHaveCount(0);
        await visit(enterprise, `${path}/filing`);
        await enterprise.locator('.correction').getByRole('button', { name: zh.filing.give_back, exact: true }).click();
        await expect(enterprise.locator('.correction')).toHaveCount(0);
        // Works permit and drawings have the height; the others keep their opinions.
        for (const [page, matter] of [[housing, '施工图设计文件审查'], [planning, '建设工程规划许可证核发']] as const) {
          await opine(page, path, matter, zh.review.pass, async () => {
            await expect(page.getByRole('row').filter({ hasText: '建筑高度' }).getByText(fill(zh.review.was, { value: '58 米' }))).toBeVisible();
          });
        }
        await visit(enterprise, `${path}/filing`);
        await expect(enterprise.getByRole('table').getByText(zh.filing.no_opinion)).toHaveCount(0);
      });

      await test.step('the land day: what was reviewed ahead is converted without filing again', async () => {
        await replay('--project', project, '--after', '2022-07-10', '--until', '2022-09-12');
        const planning = await officer('zhugui');
        await visit(planning, path);
        await planning.getByRole('link', { name: '土地交付确认（交地）', exact: true }).first().click();
        await planning.getByText(zh.work.record, { exact: true }).first().click();
        const record = planning.locator('form').filter({ has: planning.getByRole('textbox', { name: zh.work.number, exact: true }) });
        await record.getByRole('textbox', { name: zh.work.number, exact: true }).fill('苏新交地〔2022〕18号');
        await record.getByRole('textbox', { name: zh.work.system, exact: true }).fill('自然资源一体化平台');
        await record.getByLabel(zh.work.on, { exact: true }).fill('2022-09-13');
        await record.getByRole('button', { name: zh.work.record, exact: true }).click();
        await expect(planning.locator('.work .state-issued').first()).toBeVisible();

        await file(agent, path, [REGISTRATION, FIRE], false);
        await opine(await officer('dengji'), path, REGISTRATION, zh.review.pass);
        await opine(await officer('zhujian'), path, FIRE, zh.review.pass);
        await visit(agent, `${path}/documents`);
        await agent.locator('#paper-key-personnel input[type=file]').first().setInputFiles(pdf('key-personnel'));
        await expect(agent.locator('#paper-key-personnel').getByText('key-personnel.pdf')).toBeVisible();
        await visit(enterprise, `${path}/filing`);
        // Of both packages in one act: they wait for each other.
        await enterprise.getByRole('button', { name: zh.filing.convert, exact: true }).first().click();
        await expect(enterprise.getByText(pattern(zh.filing.convert_intro))).toHaveCount(0);
      });

      await test.step('each office decides, one upon the other; nobody decides for it', async () => {
        const lead = await enter('shouxi', { baseURL: two.url });
        await visit(lead, `${path}/issue`);
        await expect(lead.getByText('主办部门还没有作出决定').first()).toBeVisible();
        const pages = new Map<string, Page>();
        for (const [login, matter] of DECISIONS) {
          const page = pages.get(login) ?? (await officer(login));
          pages.set(login, page);
          await visit(page, `${path}/filing`);
          await page.getByRole('table').getByRole('link', { name: matter, exact: true }).first().click();
          await page.getByRole('button', { name: zh.work.decide, exact: true }).click();
          await expect(page.locator('.work .state-decided').first()).toBeVisible();
        }
        // It waits for no reload: what stood in the way has gone.
        await expect(lead.getByText('主办部门还没有作出决定')).toHaveCount(0);
      });

      let numbers: string[] = [];
      await test.step('six permits and the fire opinion in one act, live on every page', async () => {
        await openTab(enterprise, zh.issue.nav);
        await mark(enterprise);
        const lead = await enter('shouxi', { baseURL: two.url });
        await visit(lead, `${path}/issue`);
        await expect(lead.getByText(zh.issue.all_free)).toBeVisible();
        await lead.getByRole('checkbox', { name: FIRE }).check();
        await audit(lead);
        await lead.screenshot({ path: `${SCREENS}shishan-gate-wide.png`, fullPage: true, animations: 'disabled' });
        await lead.getByRole('button', { name: zh.issue.issue, exact: true }).click();
        await expect(enterprise.getByText(pattern(zh.issue.receipt)).first()).toBeVisible();
        await expect(enterprise.locator('.certificate')).toHaveCount(7);
        await expectNotReloaded(enterprise);
        await enterprise.screenshot({ path: `${SCREENS}shishan-issue-wide.png`, fullPage: true, animations: 'disabled' });
        numbers = await enterprise.locator('.certificate-number').allInnerTexts();
        await openTab(enterprise, zh.library.nav);
        await expect(enterprise.locator('#paper-construction-planning-permit').getByText(zh.library.here)).toBeVisible();
      });

      await test.step('anybody can check a certificate, here and without us', async () => {
        const anybody = await enter(undefined, { baseURL: two.url });
        const number = numbers.find((n) => n.startsWith('建字第')) ?? '';
        await visit(anybody, '/verify');
        await anybody.getByRole('textbox', { name: zh.verify.number, exact: true }).fill(number);
        await anybody.getByRole('button', { name: zh.verify.look, exact: true }).click();
        await expect(anybody.getByText(zh.verify.valid)).toBeVisible();
        await expect(anybody.getByText('140000 ㎡')).toBeVisible();
        await audit(anybody);
        const keys = createLocalJWKSet((await (await request.get(`${one.url}/.well-known/jwks.json`)).json()) as JSONWebKeySet);
        for (const each of numbers) {
          const signed = await request.get(`${one.url}/verify/${encodeURIComponent(each)}/signed.json`);
          const jws = (await signed.json()) as FlattenedJWSInput;
          const { payload } = await flattenedVerify(jws, keys);
          expect(JSON.parse(new TextDecoder().decode(payload)).number).toBe(each);
          const forged = { ...jws, payload: `${String(jws.payload).slice(0, -2)}AA` };
          await expect(flattenedVerify(forged, keys)).rejects.toThrow();
        }
        await visit(anybody, `/verify/${encodeURIComponent('建字第0号')}`);
        await expect(anybody.getByText(fill(zh.verify.unknown, { number: '建字第0号' }))).toBeVisible();
        await visit(enterprise, `${path}/issue`);
        const link = enterprise.locator('.certificate').first().getByRole('link', { name: zh.issue.pdf, exact: true });
        const printed = await enterprise.request.get((await link.getAttribute('href')) ?? '');
        expect((await printed.body()).subarray(0, 5).toString()).toBe('%PDF-');
      });

      await test.step('the pages on a phone and in English', async () => {
        const phone = await enter('qiye', { baseURL: one.url, viewport: { width: 360, height: 740 } });
        const english = await enter('shouxi', { baseURL: one.url });
        await visit(english, '/');
        await chooseOtherLanguage(english, zh.language.other, 'en');
        const work = `${path}/matters/construction-drawing-review`;
        for (const [name, to] of Object.entries({ filing: `${path}/filing`, issue: `${path}/issue`, documents: `${path}/documents`, work, verify: `/verify/${encodeURIComponent(numbers[0] ?? '')}` })) {
          for (const [look, page] of [['phone', phone], ['en', english]] as const) {
            await visit(page, to);
            await fitsWidth(page);
            await audit(page);
            await page.screenshot({ path: `${SCREENS}shishan-${name}-${look}.png`, fullPage: true, animations: 'disabled' });
          }
        }
      });

      const verified = await one.cli('verify');
      expect(verified.code, verified.stderr).toBe(0);
    } finally {
      if (own) {
        // A page that is still open asks a server that is gone.
        await Promise.all(browser.contexts().map((context) => context.close()));
        await two.remove();
        await one.remove();
      }
    }
  });
}
