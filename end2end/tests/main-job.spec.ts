// The main job: from the guide to a project, a question answered and a difficulty resolved, each seen
// by the others as it happens; the same after the server was restarted; and the log that proves it.

import { execFileSync } from 'node:child_process';
import type { Locator, Page } from '@playwright/test';
import { expect, expectNotReloaded, mark, signIn, test, visit } from '../fixtures';
import {
  PLANNING_OFFICE, SITING, answer, ask, choose, named, openTab, raise, said, startFromMap, startProject, talk,
} from '../project';
import { fill, pattern, zh } from '../words';

const live = (page: Page): Locator => page.getByText(zh.project.live, { exact: true });
const away = (page: Page): Locator => page.getByText(pattern(zh.project.away));
const back = (page: Page): Locator => page.getByText(zh.project.back, { exact: true });

/** A day in the future, as a date field takes it. */
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

test('guide, map, project, question and difficulty, live on every page', async ({ enter }) => {
  test.slow();
  const name = named('体外诊断试剂中试基地');
  const enterprise = await enter();
  let path = '';

  await test.step('a few answers lead to a map', async () => {
    await visit(enterprise, '/');
    await enterprise.getByRole('link', { name: zh.home.start, exact: true }).click();
    await choose(enterprise, '项目类别', '研发加生产');
    await choose(enterprise, '产业方向', '医疗器械');
    const area = enterprise.getByRole('textbox', { name: '总建筑面积' });
    await area.fill('52000');
    await area.press('Tab');
    await expect(enterprise).toHaveURL(/project_category=mixed.*industry=medical-device.*gross_floor_area_sqm=52000/);
    await enterprise.getByRole('complementary').getByRole('link', { name: zh.guide.show }).click();
    await expect(enterprise.getByRole('heading', { level: 1, name: zh.map.title })).toBeVisible();
  });

  await test.step('the map becomes a project; its answers come along through the sign-in', async () => {
    const summary = await enterprise.getByText(pattern(zh.map.summary)).innerText();
    const matters = pattern(zh.map.summary).exec(summary)?.[1];
    await enterprise.getByRole('link', { name: zh.map.sign_in, exact: true }).click();
    await expect(enterprise).toHaveURL(/\/sign-in\?to=/);
    await signIn(enterprise, 'qiye');
    await expect(enterprise).toHaveURL(/\/guide\/map\?.*gross_floor_area_sqm=52000/);
    await startFromMap(enterprise, name, '科技城');
    await expect(enterprise).toHaveURL(/\/projects\/[^/?]+$/);
    path = new URL(enterprise.url()).pathname;
    const main = enterprise.getByRole('main');
    await expect(main.getByText(`立起项目“${name}”，列出 ${matters} 个事项`)).toBeVisible();
    await expect(main.getByText('陈立').first(), 'the lead officer of the area').toBeVisible();
    await expect(main.getByText('苏州新芯生物科技有限公司').first()).toBeVisible();
    await expect(live(enterprise)).toBeVisible();
    await mark(enterprise);
  });

  const officer = await enter('gugan');
  const question = '拟选地块东侧紧邻河道，选址核查需要先征求水务部门意见吗？';

  await test.step('the enterprise asks; the officer finds the question', async () => {
    await openTab(enterprise, zh.project.consultations);
    await ask(enterprise, SITING, question);
    const asked = talk(enterprise, question);
    await expect(asked.getByText(fill(zh.ask.about_line, { name: SITING }))).toBeVisible();
    await expect(asked.getByText(fill(zh.ask.to, { name: '顾明' }))).toBeVisible();
    await expect(asked.getByText(pattern(zh.ask.due))).toBeVisible();

    await visit(officer, '/projects');
    await officer.getByRole('link', { name, exact: true }).click();
    await openTab(officer, zh.project.consultations);
    await expect(talk(officer, question).getByText(zh.ask.waiting, { exact: true })).toBeVisible();
    await expect(live(officer)).toBeVisible();
    await mark(officer);
  });

  await test.step('answered, asked to be closed: each sees it without reloading', async () => {
    const reply = '需要。核查时我们会同步征求，您无需另跑；请在范围图上标出河道管理线。';
    await answer(officer, question, reply);
    await expect(said(talk(enterprise, question), reply)).toBeVisible();
    await expect(talk(enterprise, question).getByText(zh.ask.answered, { exact: true })).toBeVisible();
    await talk(enterprise, question).getByRole('button', { name: zh.ask.close, exact: true }).click();
    await expect(talk(officer, question).getByText(zh.ask.closed, { exact: true })).toBeVisible();
    await expectNotReloaded(enterprise);
    await expectNotReloaded(officer);
  });

  const lead = await enter('shouxi');
  const department = await enter('zhugui');
  const trouble = '河道管理线与厂房红线重叠约四米，方案无法落位。';

  await test.step('a difficulty is raised; the lead officer names the leading office', async () => {
    for (const page of [lead, department]) {
      await visit(page, `${path}/difficulties`);
      await expect(live(page)).toBeVisible();
      await mark(page);
    }
    await openTab(enterprise, zh.project.difficulties);
    await raise(enterprise, SITING, trouble);
    const seen = talk(lead, trouble);
    await expect(seen.getByText(zh.difficulty.open, { exact: true })).toBeVisible();
    await seen.getByRole('combobox', { name: zh.difficulty.lead_office, exact: true }).selectOption({ label: PLANNING_OFFICE });
    await seen.getByRole('group', { name: zh.difficulty.cooperating, exact: true }).getByText('水务部门', { exact: true }).click();
    await seen.getByRole('button', { name: zh.difficulty.save, exact: true }).click();
    for (const page of [enterprise, department, lead]) {
      await expect(talk(page, trouble).getByText(fill(zh.difficulty.led_by, { name: PLANNING_OFFICE }))).toBeVisible();
      await expect(talk(page, trouble).getByText(fill(zh.difficulty.with, { names: '水务部门' }))).toBeVisible();
      await expect(talk(page, trouble).getByText(zh.difficulty.negotiating, { exact: true })).toBeVisible();
    }
  });

  await test.step('the office proposes, the enterprise accepts', async () => {
    const proposal = '厂房整体西移五米，绿地率按不低于百分之十二核定。';
    const form = talk(department, trouble);
    await form.getByText(zh.difficulty.propose, { exact: true }).click();
    await form.getByRole('textbox', { name: zh.difficulty.your_proposal, exact: true }).fill(proposal);
    await form.getByRole('button', { name: zh.difficulty.send_proposal, exact: true }).click();
    await expect(said(talk(enterprise, trouble), proposal)).toBeVisible();
    await expect(said(talk(lead, trouble), proposal)).toBeVisible();
    await talk(enterprise, trouble).getByRole('button', { name: zh.difficulty.accept, exact: true }).click();
    for (const page of [lead, department]) {
      await expect(talk(page, trouble).getByText(zh.difficulty.agreed, { exact: true })).toBeVisible();
    }
  });

  await test.step('the lead officer resolves with action, owner and date', async () => {
    const [action, due] = ['出具西移五米后的选址核查意见', inDays(30)];
    const form = talk(lead, trouble);
    await form.getByRole('textbox', { name: zh.difficulty.action, exact: true }).fill(action);
    await form.getByRole('combobox', { name: zh.difficulty.owner, exact: true }).selectOption({ label: PLANNING_OFFICE });
    await form.getByLabel(zh.difficulty.date, { exact: true }).fill(due);
    await form.getByRole('button', { name: zh.difficulty.resolve, exact: true }).click();
    const line = fill(zh.difficulty.resolution_line, { action, owner: PLANNING_OFFICE, date: due });
    for (const page of [enterprise, department, lead]) {
      await expect(talk(page, trouble).getByText(line)).toBeVisible();
      await expect(talk(page, trouble).getByText(zh.difficulty.resolved, { exact: true })).toBeVisible();
    }
  });

  for (const page of [enterprise, officer, lead, department]) {
    await expectNotReloaded(page);
  }
});

test('open pages outlive a restart of the server', async ({ server, enter, trouble }) => {
  test.slow();
  trouble.expect(/net::ERR_/);
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('精密光学装备厂房'));
  const officer = await enter('gugan');
  for (const page of [enterprise, officer]) {
    await visit(page, `${path}/consultations`);
    await expect(live(page)).toBeVisible();
    await mark(page);
  }
  const question = '租用过渡厂房期间，选址核查可以先做吗？';
  const reply = '可以，核查意见两年内有效。';

  await test.step('both pages say that the connection is away', async () => {
    await server.stop();
    await expect(away(enterprise)).toBeVisible();
    await expect(away(officer)).toBeVisible();
  });

  await test.step('one is back and asks; the other, away for longer, catches up', async () => {
    await officer.context().setOffline(true);
    await server.start();
    await expect(back(enterprise)).toBeVisible();
    await ask(enterprise, SITING, question);
    await expect(away(officer)).toBeVisible();
    await expect(talk(officer, question)).toBeHidden();
    await officer.context().setOffline(false);
    await expect(talk(officer, question)).toBeVisible();
    await expect(back(officer)).toBeVisible();
  });

  await test.step('once more, and the answer arrives all the same', async () => {
    await server.restart();
    await answer(officer, question, reply);
    await expect(said(talk(enterprise, question), reply)).toHaveCount(1);
    await expect(talk(enterprise, question)).toHaveCount(1);
    await expect(back(enterprise)).toBeVisible();
  });

  await expectNotReloaded(enterprise);
  await expectNotReloaded(officer);
});

/** Changes one byte of one event's body, in the middle of the log; done twice, it is undone. */
function changeOneByte(file: string): number {
  const script = `
import sqlite3, sys
log = sqlite3.connect(sys.argv[1])
seq, text = log.execute("select seq, body from event order by seq limit 1 offset (select count(*) / 2 from event)").fetchone()
body = bytearray(text.encode())
digit = max(i for i, byte in enumerate(body) if chr(byte).isdigit() and byte < 128)
body[digit] ^= 1
log.execute("update event set body = ? where seq = ?", (body.decode(), seq))
log.commit()
print(seq)
`;
  return Number(execFileSync('python3', ['-c', script, file], { encoding: 'utf8' }));
}

test('the log verifies, and one changed byte is found', async ({ server, enter, trouble }) => {
  // The page that is open while the server is away.
  trouble.expect(/ERR_CONNECTION_REFUSED/);
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('记录可验的项目'));
  await visit(enterprise, `${path}/consultations`);
  await ask(enterprise, SITING, '这条提问会进入记录吗？');

  const whole = await server.cli('verify');
  expect(whole, whole.stderr).toMatchObject({ code: 0 });
  expect(whole.stdout).toMatch(/the log holds: \d+ events, \d+ projects/);

  await server.stop();
  try {
    const seq = changeOneByte(server.file);
    const broken = await server.cli('verify');
    expect(broken.code).toBe(1);
    expect(broken.stderr).toContain(`breaks at event ${seq} (project:`);
    expect(changeOneByte(server.file)).toBe(seq);
    expect(await server.cli('verify')).toEqual(whole);
  } finally {
    await server.start();
  }
});
