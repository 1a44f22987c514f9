// One's own account: the first password, where one is signed in, which programs act as oneself.

import type { Page } from '@playwright/test';
import { audit, chooseOtherLanguage, expect, fitsWidth, hydrated, signIn, test, visit } from '../fixtures';
import type { Server } from '../server';
import { en, zh } from '../words';

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
  await change(page, FIRST, 'quanlian-demo');
  await expect(page.getByRole('alert').last()).toContainText('密码不能只是登录名');
  await change(page, FIRST, OWN);
  await expect(page.getByRole('status').filter({ hasText: zh.account.changed })).toBeVisible();
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
  await page.getByRole('button', { name: zh.account.end_others, exact: true }).click();
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
  await expect(page.getByRole('alert').last()).toContainText('现在的密码不对');
  await change(page, FIRST, OWN);
  await expect(page.getByText(zh.account.changed)).toBeVisible();
});
