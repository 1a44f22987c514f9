// Sent twice, sent too late, sent by the wrong person, sent from elsewhere: what then.

import type { APIResponse, Locator, Page } from '@playwright/test';
import { expect, expectNotReloaded, hydrated, mark, signIn, test, visit } from '../fixtures';
import { SITING, answer, ask, askAgain, formOf, named, openTab, said, startProject, talk } from '../project';
import { zh } from '../words';

/** Where a form goes and what it would send. */
interface Filled {
  action: string;
  form: Record<string, string>;
}

async function filled(form: Locator): Promise<Filled> {
  return form.evaluate((element) => {
    const form = element as HTMLFormElement;
    const pairs = [...new FormData(form)].map(([name, value]) => [name, String(value)]);
    return { action: form.action, form: Object.fromEntries(pairs) as Record<string, string> };
  });
}

/** Sends a form's body with a browser's session, past the page. */
async function post(page: Page, { action, form }: Filled, headers: Record<string, string> = {}): Promise<APIResponse> {
  return page.request.post(action, { form, headers: { accept: 'application/json', origin: new URL(action).origin, ...headers } });
}

/** Sends a form's body twice at once, from within the page; the two statuses and answers. */
async function twice(page: Page, filled: Filled): Promise<{ status: number; text: string }[]> {
  return page.evaluate(async ({ action, form }) => {
    const send = async (): Promise<{ status: number; text: string }> => {
      const answer = await fetch(action, { method: 'POST', body: new URLSearchParams(form) });
      return { status: answer.status, text: await answer.text() };
    };
    return Promise.all([send(), send()]);
  }, filled);
}

test('a question sent twice is asked once', async ({ enter }) => {
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('重复提交的项目'));
  await visit(enterprise, `${path}/consultations`);

  await test.step('by two quick clicks', async () => {
    const text = '连点两次会提两个问题吗？';
    await enterprise.getByRole('textbox', { name: zh.ask.text, exact: true }).fill(text);
    await enterprise.getByRole('button', { name: zh.ask.send, exact: true }).dblclick();
    await expect(talk(enterprise, text)).toBeVisible();
    await expect(enterprise.getByRole('textbox', { name: zh.ask.text, exact: true })).toHaveValue('');
    await enterprise.reload();
    await expect(talk(enterprise, text)).toHaveCount(1);
    await hydrated(enterprise);
  });

  await test.step('by two requests at once', async () => {
    const text = '同一张表单同时到两次呢？';
    const form = formOf(enterprise, zh.ask.send);
    await form.getByRole('textbox', { name: zh.ask.text, exact: true }).fill(text);
    const answers = await twice(enterprise, await filled(form));
    expect(answers.map((a) => a.status)).toEqual([200, 200]);
    expect(answers[0]?.text).toBe(answers[1]?.text);
    await expect(talk(enterprise, text)).toHaveCount(1);
    await enterprise.reload();
    await expect(talk(enterprise, text)).toHaveCount(1);
    await hydrated(enterprise);
  });
});

test('a project started twice from one form is one project', async ({ enter }) => {
  const enterprise = await enter('qiye');
  const name = named('只立一次的项目');
  await visit(enterprise, '/guide/map?industry=equipment');
  await enterprise.getByRole('textbox', { name: zh.map.name, exact: true }).fill(name);
  const answers = await twice(enterprise, await filled(formOf(enterprise, zh.map.start)));
  expect(answers.map((a) => a.status)).toEqual([200, 200]);
  await visit(enterprise, '/projects');
  await expect(enterprise.getByRole('link', { name, exact: true })).toHaveCount(1);
});

test('a long talk on open pages loses nothing', async ({ enter }) => {
  test.slow();
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('往来多次的项目'));
  const officer = await enter('gugan');
  for (const page of [enterprise, officer]) {
    await visit(page, `${path}/consultations`);
    await mark(page);
  }
  const question = '范围图用哪个坐标系？';
  await ask(enterprise, SITING, question);
  for (const round of ['一', '二', '三', '四']) {
    await answer(officer, question, `第${round}次答复`);
    await expect(said(talk(enterprise, question), `第${round}次答复`)).toBeVisible();
    await askAgain(enterprise, question, `第${round}次追问`);
    await expect(said(talk(officer, question), `第${round}次追问`)).toBeVisible();
  }
  await expectNotReloaded(enterprise);
  await expectNotReloaded(officer);
});

test('a page that is behind is told what changed and keeps what was written', async ({ enter, trouble }) => {
  trouble.expect(/status of 409/);
  trouble.expect(/net::ERR_FAILED/);
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('两人同时答复的项目'));
  await visit(enterprise, `${path}/consultations`);
  const question = '选址范围可以跨两个地块吗？';
  const [theirs, mine] = ['可以，分别标注即可。', '原则上不跨地块，请先来窗口。'];
  await ask(enterprise, SITING, question);

  const second = await enter('zhugui');
  await second.route('**/live?*', (route) => route.abort());
  await visit(second, `${path}/consultations`);
  await mark(second);
  const item = talk(second, question);
  await expect(item).toBeVisible();

  const first = await enter('gugan');
  await visit(first, `${path}/consultations`);
  await answer(first, question, theirs);

  const box = item.getByRole('textbox', { name: zh.ask.answer, exact: true });
  await box.fill(mine);
  await item.getByRole('button', { name: zh.ask.send_answer, exact: true }).click();
  const alert = item.getByRole('alert');
  await expect(alert).toContainText('您打开页面之后情况有变');
  await expect(alert).toContainText(zh.form.stale);
  await expect(alert).toContainText(`答复：${theirs}`);
  await expect(box).toHaveValue(mine);
  await expect(said(talk(enterprise, question), mine)).toHaveCount(0);

  await test.step('connected again, having seen the change, it may send after all', async () => {
    await second.unroute('**/live?*');
    await expect(said(item, theirs)).toBeVisible();
    await expect(box).toHaveValue(mine);
    await item.getByRole('button', { name: zh.ask.send_answer, exact: true }).click();
    await expect(said(talk(enterprise, question), mine)).toBeVisible();
    await expectNotReloaded(second);
  });
});

test('what one is writing stays while others speak', async ({ enter }) => {
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('边写边听的项目'));
  await visit(enterprise, `${path}/consultations`);
  const question = '临时用地也要核查吗？';
  await ask(enterprise, SITING, question);
  const [first, second] = [await enter('gugan'), await enter('zhugui')];
  for (const page of [first, second]) {
    await visit(page, `${path}/consultations`);
    await expect(page.getByText(zh.project.live, { exact: true })).toBeVisible();
  }
  const box = talk(second, question).getByRole('textbox', { name: zh.ask.answer, exact: true });
  await box.fill('我正在写的答复');
  await answer(first, question, '不需要，临时用地另有程序。');
  await expect(said(talk(second, question), '不需要，临时用地另有程序。')).toBeVisible();
  await expect(box).toHaveValue('我正在写的答复');
});

test('an empty text is refused by a sentence', async ({ enter, trouble }) => {
  trouble.expect(/status of 422/);
  const enterprise = await enter('qiye');
  await visit(enterprise, `${await startProject(enterprise, named('空白提问的项目'))}/consultations`);
  const form = formOf(enterprise, zh.ask.send);
  await form.getByRole('textbox', { name: zh.ask.text, exact: true }).fill('   ');
  await form.getByRole('button', { name: zh.ask.send, exact: true }).click();
  await expect(form.getByRole('alert')).toHaveText('请填写内容。');
  await expect(enterprise.getByText(zh.ask.empty, { exact: true })).toBeVisible();
});

test('who may not do a thing is told why; who may not know is told nothing', async ({ enter, request }) => {
  const enterprise = await enter('qiye');
  const path = await startProject(enterprise, named('各司其职的项目'));
  await visit(enterprise, `${path}/consultations`);
  const question = '企业能自己答复自己吗？';
  const asking = formOf(enterprise, zh.ask.send);
  await asking.getByRole('textbox', { name: zh.ask.text, exact: true }).fill('冒名的提问');
  const toAsk = await filled(asking);
  await ask(enterprise, SITING, question);

  const officer = await enter('gugan');
  await visit(officer, `${path}/consultations`);
  const answering = formOf(officer, zh.ask.send_answer);
  await answering.getByRole('textbox', { name: zh.ask.answer, exact: true }).fill('冒名的答复');
  const toAnswer = await filled(answering);

  const refused = await post(enterprise, toAnswer);
  expect(refused.status()).toBe(403);
  expect(await refused.json()).toMatchObject({ forbidden: { sentence: { zh: expect.stringContaining('您的身份是建设单位') } } });

  const foreign = await post(officer, toAsk);
  expect(foreign.status()).toBe(403);
  expect(await foreign.json()).toMatchObject({ forbidden: { sentence: { zh: expect.stringContaining('由建设单位或其帮代办专员提问') } } });

  const stranger = await enter('qiye2');
  expect((await post(stranger, toAsk)).status()).toBe(404);

  const nobody = await request.post(toAsk.action, { form: toAsk.form, headers: { origin: new URL(toAsk.action).origin } });
  expect(nobody.status()).toBe(401);
  expect(await nobody.json()).toBe('signed_out');

  const elsewhere = await post(enterprise, toAsk, { origin: 'https://elsewhere.example' });
  expect(elsewhere.status(), 'a form on another site').toBe(403);

  await enterprise.reload();
  await hydrated(enterprise);
  await expect(enterprise.getByRole('article')).toHaveCount(1);
  await expect(enterprise.getByText(/冒名/)).toHaveCount(0);
});

test('a signed-out visitor signs in and is back where they were going', async ({ enter }) => {
  const enterprise = await enter('qiye');
  const name = named('先登录再看的项目');
  const path = await startProject(enterprise, name);
  const visitor = await enter();
  await visitor.goto(`${path}/difficulties`);
  await expect(visitor.getByRole('heading', { level: 1, name: zh.sign_in.title })).toBeVisible();
  await signIn(visitor, 'qiye');
  expect(new URL(visitor.url()).pathname).toBe(`${path}/difficulties`);
  await expect(visitor.getByRole('heading', { level: 1, name })).toBeVisible();
  await openTab(visitor, zh.project.log);
  await expect(visitor.getByText(/^记录链完整：\d+ 条，逐条验过。$/)).toBeVisible();
});

test('another enterprise does not even learn that the project exists', async ({ enter, trouble }) => {
  trouble.expect(/status of 404/);
  const enterprise = await enter('qiye');
  const name = named('别人看不到的项目');
  const path = await startProject(enterprise, name);
  const other = await enter('qiye2');
  await visit(other, '/projects');
  await expect(other.getByText(zh.projects.empty, { exact: true })).toBeVisible();
  expect((await visit(other, path)).status()).toBe(404);
  await expect(other.getByText(zh.project.gone, { exact: true })).toBeVisible();
  expect(await other.content()).not.toContain(name);
  const live = await other.request.get(`/live?project=${path.split('/').pop()}`);
  expect(live.status()).toBe(404);
});
