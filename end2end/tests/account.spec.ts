// One's own account: the first password, where one is signed in, which programs act as oneself.

import type { Locator, Page } from '@playwright/test';
import { audit, chooseOtherLanguage, expect, expectNotReloaded, fitsWidth, hydrated, mark, PASSWORD, signIn, test, visit } from '../fixtures';
import { ask, formOf, named, openTab, SITING, startProject, talk } from '../project';
import type { Server } from '../server';
import { en, fill, zh } from '../words';

const EDGE =
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.68';

const [FIRST, OWN] = ['from the operator', 'wild geese in May'];

async function newcomer(server: Server, login: string): Promise<void> {
  const args = ['account', 'add', '--login', login, '--name', '新人', '--role', 'supervisor', '--organisation', '全链管理办公室'];
  expect((await server.cliWith(`${FIRST}\n`, ...args)).stderr).toBe('');
}

async function change(page: Page, old: string, fresh: string): Promise<void> {
  await page.getByLabel(zh.account.old, { exact: true }).fill(old);
  await page.getByLabel(zh.account.new, { exact: true }).fill(fresh);
  await page.getByLabel(zh.account.again, { exact: true }).fill(fresh);
  await page.getByRole('button', { name: zh.account.change, exact: true }).click();
}

test('a first password is changed before anything else; then sessions and tokens are one’s own', async ({ enter, server, trouble }) => {
  // The refused password.
  trouble.expect(/status of 422/);
  await newcomer(server, 'newcomer');
  const page = await enter();
  await signIn(page, 'newcomer', FIRST);
  await expect(page).toHaveURL(/\/account$/);
  await page.goto('/projects');
  await expect(page).toHaveURL(/\/account$/);
  await hydrated(page);
  await expect(page.getByText(zh.account.first)).toBeVisible();
  await expect(page.getByRole('alert'), 'a notice, and no alarm').toHaveCount(0);
  await change(page, FIRST, 'quanlian-demo');
  await expect(page.getByLabel(zh.account.new, { exact: true })).toHaveAccessibleDescription(/密码不能只是登录名/);
  await change(page, FIRST, OWN);
  const changed = page.getByRole('status').filter({ hasText: zh.account.changed });
  await expect(changed).toBeFocused();
  await expect(page.getByText(zh.account.first)).toHaveCount(0);
  await expect(page).toHaveURL(/\/account$/);
  await page.reload();
  await hydrated(page);
  await expect(page.getByRole('heading', { name: zh.account.sessions, exact: true })).toBeVisible();
  await expect(changed, 'it is told once').toHaveCount(0);
  const elsewhere = await enter();
  await signIn(elsewhere, 'newcomer', OWN);
  expect((await server.cli('account', 'token', '--login', 'newcomer', '--name', '报表', '--scope', 'read')).code).toBe(0);
  await visit(page, '/account');
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 800 });
    await fitsWidth(page);
    await audit(page);
  }
  await page.getByRole('row').filter({ hasText: '报表' }).getByRole('button', { name: zh.account.revoke, exact: true }).click();
  await expect(page.getByText(zh.account.no_tokens, { exact: true })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: fill(zh.account.done_token, { name: '报表' }) })).toBeFocused();
  await page.getByRole('button', { name: zh.account.end_others, exact: true }).click();
  await expect(page.getByRole('status').filter({ hasText: fill(zh.account.done_others, { n: 1 }) })).toBeFocused();
  await expect(page.getByRole('button', { name: zh.account.end_others, exact: true })).toHaveCount(0);
  await elsewhere.goto('/projects');
  await expect(elsewhere).toHaveURL(/\/sign-in/);
  await chooseOtherLanguage(page, zh.language.other, 'en');
  await expect(page.getByRole('heading', { level: 1, name: en.account.title })).toBeVisible();
});

test('without JavaScript a password is changed by a plain form', async ({ enter, server, trouble }) => {
  // The refused password.
  trouble.expect(/status of 422/);
  await newcomer(server, 'plain');
  const page = await enter(undefined, { javaScriptEnabled: false });
  await page.goto('/sign-in');
  await page.getByLabel(zh.sign_in.login, { exact: true }).fill('plain');
  await page.getByLabel(zh.sign_in.password, { exact: true }).fill(FIRST);
  await page.getByRole('button', { name: zh.sign_in.submit, exact: true }).click();
  await change(page, 'not the one it is', OWN);
  const old = page.getByLabel(zh.account.old, { exact: true });
  await expect(old).toHaveAccessibleDescription(/现在的密码不对/);
  await expect(old).toBeFocused();
  await change(page, FIRST, OWN);
  await expect(page.getByText(zh.account.changed)).toBeVisible();
  await expect(page).toHaveURL(/\/account$/);
  await page.goto('/account');
  await expect(page.getByRole('heading', { name: zh.account.sessions, exact: true })).toBeVisible();
  await expect(page.getByText(zh.account.changed), 'it is told once').toHaveCount(0);
});

test('with a first password one reads what everybody reads', async ({ enter, server }) => {
  await newcomer(server, 'reader');
  const page = await enter();
  await signIn(page, 'reader', FIRST);
  for (const [path, title] of [
    ['/', zh.home.title],
    ['/guide/map?industry=electronics', zh.map.title],
    ['/matters', zh.matters.title],
    ['/verify', zh.verify.title],
  ] as const) {
    await visit(page, path);
    await expect(page.getByRole('heading', { level: 1, name: title })).toBeVisible();
  }
  await page.goto('/work');
  await expect(page).toHaveURL(/\/account$/);
});

test('what is wrong with a password is said at its box, which has the focus', async ({ enter, trouble }) => {
  trouble.expect(/status of 422/);
  const page = await enter('qiye2');
  await visit(page, '/account');
  await expect(page.getByText(zh.account.effect), 'what becomes of other sessions and of tokens').toBeVisible();
  const [old, fresh, again] = [zh.account.old, zh.account.new, zh.account.again].map((label) => page.getByLabel(label, { exact: true }));
  if (!old || !fresh || !again) {
    throw new Error('three boxes');
  }
  const wrong = [
    { boxes: ['not the one it is', OWN, OWN], at: old, why: /现在的密码不对/ },
    { boxes: [PASSWORD, 'kurz', 'kurz'], at: fresh, why: /至少 12 位/ },
    { boxes: [PASSWORD, '1qaz2wsx3edc', '1qaz2wsx3edc'], at: fresh, why: /太常见/ },
    { boxes: [PASSWORD, OWN, `${OWN}!`], at: again, why: /不一致/ },
  ] as const;
  for (const { boxes, at, why } of wrong) {
    await old.fill(boxes[0]);
    await fresh.fill(boxes[1]);
    await again.fill(boxes[2]);
    await page.getByRole('button', { name: zh.account.change, exact: true }).click();
    await expect(at).toHaveAccessibleDescription(why);
    await expect(at).toHaveAttribute('aria-invalid', 'true');
    await expect(at).toBeFocused();
    await expect(page.locator('[aria-invalid]'), 'the others are not called wrong').toHaveCount(1);
  }
  await audit(page);
});

test('the account says who one is, and sessions are told apart and ended one by one', async ({ enter }) => {
  const page = await enter('shouxi');
  const elsewhere = await enter('shouxi', { userAgent: EDGE });
  await visit(page, '/account');
  const term = (name: string) => page.locator('dl > div').filter({ has: page.getByText(name, { exact: true }) });
  await expect(term(zh.account.name)).toContainText('陈立');
  await expect(term(zh.sign_in.login)).toContainText('shouxi');
  await expect(term(zh.account.firm)).toContainText('全链管理办公室');
  await expect(term(zh.account.areas)).toContainText('狮山');
  const edge = page.getByRole('row').filter({ hasText: 'Edge · Windows' });
  await expect(page.getByRole('row').filter({ hasText: zh.account.this })).toContainText('Chrome');
  await mark(page);
  await edge.getByRole('button', { name: zh.account.end, exact: true }).click();
  const said = page.getByRole('status').filter({ hasText: fill(zh.account.done_session, { browser: 'Edge · Windows', address: '127.0.0.1' }) });
  await expect(said).toBeFocused();
  await expect(edge).toHaveCount(0);
  await expectNotReloaded(page);
  await elsewhere.goto('/projects');
  await expect(elsewhere).toHaveURL(/\/sign-in/);
});

test('on a telephone each cell says its column; on paper there are no buttons', async ({ enter, server }) => {
  expect((await server.cli('account', 'token', '--login', 'duban', '--name', '月报', '--scope', 'read')).code).toBe(0);
  const page = await enter('duban');
  await page.setViewportSize({ width: 360, height: 800 });
  await visit(page, '/account');
  await fitsWidth(page);
  for (const scroll of await page.locator('.table-scroll').all()) {
    const { content, room } = await scroll.evaluate((box) => ({ content: box.scrollWidth, room: box.clientWidth }));
    expect(content, 'no table is scrolled sideways').toBeLessThanOrEqual(room);
  }
  const label = await page.locator('td[data-label]').first().evaluate((cell) => getComputedStyle(cell, '::before').content);
  expect(label).toContain(zh.account.browser);
  await page.emulateMedia({ forcedColors: 'active' });
  await fitsWidth(page);
  await page.emulateMedia({ forcedColors: 'none', media: 'print' });
  await expect(page.getByRole('button', { name: zh.account.change, exact: true })).toBeHidden();
  await expect(page.getByRole('button', { name: zh.account.revoke, exact: true })).toBeHidden();
  await expect(page.getByText('月报')).toBeVisible();
});

test('a wrong password leaves one where one was, with the focus on it', async ({ page, trouble }) => {
  trouble.expect(/status of 422/);
  await visit(page, '/sign-in?to=/account');
  const [login, password] = [page.getByLabel(zh.sign_in.login, { exact: true }), page.getByLabel(zh.sign_in.password, { exact: true })];
  await login.fill('lingdao');
  await password.fill('not the one it is');
  await page.getByRole('button', { name: zh.sign_in.submit, exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('登录名或密码不对');
  await expect(password).toBeFocused();
  await expect(password).toHaveValue('');
  await expect(password).toHaveAccessibleDescription(/登录名或密码不对/);
  await expect(login).toHaveValue('lingdao');
  await expect(page).toHaveURL(/\/sign-in\?to=\/account$/);
  await password.fill(PASSWORD);
  await password.press('Enter');
  await expect(page).toHaveURL(/\/account$/);
  await expect(page.getByRole('heading', { level: 1, name: zh.account.title })).toBeVisible();
});

test('a number that was looked up stays in its box', async ({ page, trouble }) => {
  trouble.expect(/status of 404/);
  await visit(page, '/verify');
  const number = page.getByLabel(zh.verify.number, { exact: true });
  await number.fill('建字第0号');
  await page.getByRole('button', { name: zh.verify.look, exact: true }).click();
  await expect(page.getByText(fill(zh.verify.unknown, { number: '建字第0号' }))).toBeVisible();
  await hydrated(page);
  await expect(number).toHaveValue('建字第0号');
  await page.emulateMedia({ media: 'print' });
  await expect(page.getByRole('button', { name: zh.verify.look, exact: true })).toBeHidden();
});

/** What a project's page says once its person is signed out. */
const ended = (page: Page): Locator => page.getByTestId('signed-out').getByText(zh.project.signed_out);

/** Ends all other sessions of the same person, from another browser. */
async function endElsewhere(page: Page): Promise<void> {
  await visit(page, '/account');
  const ended = page.waitForResponse((response) => response.url().endsWith('/rpc/end_session'));
  await page.getByRole('button', { name: zh.account.end_others, exact: true }).click();
  await ended;
  await expect(page.getByRole('button', { name: zh.account.end_others, exact: true })).toHaveCount(0);
}

/** The way back in that a page offers: it opens beside the page. */
async function signInBeside(page: Page, link: Locator, login: string): Promise<Page> {
  const opened = page.context().waitForEvent('page');
  await link.click();
  const beside = await opened;
  await hydrated(beside);
  await signIn(beside, login);
  return beside;
}

/** The person turns to the page again. */
async function turnTo(page: Page): Promise<void> {
  await page.bringToFront();
  await page.evaluate(() => window.dispatchEvent(new Event('focus')));
}

test('a page whose session has ended elsewhere says so, stops trying, and goes on after signing in', async ({ enter, trouble }) => {
  test.slow();
  // The feed that is refused once.
  trouble.expect(/status of 401/);
  const page = await enter('qiye');
  await page.clock.install();
  const path = await startProject(page, named('登录到期的页面'));
  await visit(page, `${path}/consultations`);
  await expect(page.getByTestId('connection').getByText(zh.project.live, { exact: true })).toBeVisible();
  await mark(page);
  const half = '写到一半的提问';
  await page.getByRole('textbox', { name: zh.ask.text, exact: true }).fill(half);

  const elsewhere = await enter('qiye');
  await endElsewhere(elsewhere);
  await expect(ended(page)).toBeVisible();
  await expect(page.getByTestId('connection').getByText(zh.project.stopped, { exact: true })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: zh.project.signed_out })).toBeVisible();
  const link = page.getByTestId('signed-out').getByRole('link', { name: zh.form.sign_in, exact: true });
  await expect(link).toHaveAttribute('href', `/sign-in?to=${path}/consultations`);
  await audit(page);
  // It asks for nothing any more, also much later than it would have tried again.
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.clock.runFor(120_000);
  expect(asked).toEqual([]);

  const beside = await signInBeside(page, link, 'qiye');
  await expect(beside).toHaveURL(new RegExp(`${path}/consultations$`));
  await turnTo(page);
  await expect(ended(page)).toHaveCount(0);
  // What was written is there still, and what happened meanwhile arrives.
  await expect(page.getByRole('textbox', { name: zh.ask.text, exact: true })).toHaveValue(half);
  await ask(beside, SITING, '另一页提出的问题');
  await expect(talk(page, '另一页提出的问题')).toBeVisible();
  await expectNotReloaded(page);
});

test('what an open page reads because of others is no use of its session', async ({ enter }) => {
  test.slow();
  const page = await enter('qiye');
  const path = await startProject(page, named('离开座位'));
  const called: string[] = [];
  page.on('request', (request) => {
    const name = /^\/rpc\/([a-z_]+)$/.exec(new URL(request.url()).pathname)?.[1];
    if (name) {
      called.push(name);
    }
  });
  // Coming to the page by its tab is a click; what somebody else does afterwards is none.
  await openTab(page, zh.filing.nav);
  await expect(page.getByRole('heading', { name: zh.filing.on_file, exact: true })).toBeVisible();
  await expect.poll(() => called).toEqual(['view_masked']);
  await expect(page.getByTestId('connection')).toHaveText(zh.project.live);
  const beside = await enter('qiye');
  await visit(beside, `${path}/consultations`);
  await ask(beside, SITING, '别人提出的问题');
  await expect.poll(() => called).toEqual(['view_masked', 'view_masked_anew']);
});

test('a form refused because of being signed out leads to the sign-in, and keeps what was typed', async ({ enter, trouble }) => {
  test.slow();
  // The refused form, and the feed.
  trouble.expect(/status of 401/);
  const page = await enter('qiye');
  const path = await startProject(page, named('退出后提交'));
  await visit(page, `${path}/consultations`);
  await endElsewhere(await enter('qiye'));
  const question = '退出之后提交的问题';
  const form = formOf(page, zh.ask.send);
  const box = form.getByRole('textbox', { name: zh.ask.text, exact: true });
  await box.fill(question);
  await form.getByRole('button', { name: zh.ask.send, exact: true }).click();
  const notice = form.getByRole('alert');
  await expect(notice).toContainText('请先登录。');
  await expect(notice).toContainText(zh.form.signed_out);
  await expect(box).toHaveValue(question);
  await audit(page);
  await signInBeside(page, notice.getByRole('link', { name: zh.form.sign_in, exact: true }), 'qiye');
  await turnTo(page);
  await form.getByRole('button', { name: zh.ask.send, exact: true }).click();
  await expect(talk(page, question)).toHaveCount(1);
  await expect(form.getByRole('alert')).toHaveCount(0);
});
