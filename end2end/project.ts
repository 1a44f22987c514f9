// What people do with a project, in their words.

import { randomBytes } from 'node:crypto';
import type { Locator, Page } from '@playwright/test';
import { expect, visit } from './fixtures';
import { zh } from './words';

/** The matter the tests talk about, and the office that decides it. */
export const SITING = '选址合规性核查';
export const PLANNING_OFFICE = '自然资源和规划部门';

/** A name no other project has. */
export function named(name: string): string {
  return `${name} ${randomBytes(3).toString('hex')}`;
}

/** Chooses an answer of the guide as a person does: by its words. */
export async function choose(page: Page, group: string, answer: string): Promise<void> {
  const field = page.getByRole('group', { name: group, exact: true });
  await field.getByText(answer, { exact: true }).click();
  await expect(field.getByRole('radio', { name: answer, exact: true })).toBeChecked();
}

/** Fills in the form under a guide map and sends it. */
export async function startFromMap(page: Page, name: string, area: string): Promise<void> {
  await page.getByRole('textbox', { name: zh.map.name, exact: true }).fill(name);
  await page.getByRole('combobox', { name: zh.map.area, exact: true }).selectOption({ label: area });
  await page.getByRole('button', { name: zh.map.start, exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
}

/** Starts a project, with the default answers if none are given; its path. */
export async function startProject(page: Page, name: string, area = '科技城', answers = ''): Promise<string> {
  await visit(page, `/guide/map${answers && '?'}${answers}`);
  await startFromMap(page, name, area);
  await expect(page).toHaveURL(/\/projects\/[^/?]+$/);
  return new URL(page.url()).pathname;
}

/** Goes to a section of the project by its tab. */
export async function openTab(page: Page, section: string): Promise<void> {
  await page.getByRole('navigation', { name: zh.project.tabs }).getByRole('link', { name: section }).click();
}

/** The form a button sends. */
export function formOf(page: Page | Locator, button: string): Locator {
  const owner = 'page' in page ? page.page() : page;
  return page.locator('form').filter({ has: owner.getByRole('button', { name: button, exact: true }) });
}

/** A question or difficulty of the page, by something said in it. */
export function talk(page: Page, text: string): Locator {
  return page.getByRole('article').filter({ hasText: text });
}

export async function ask(page: Page, about: string, text: string): Promise<void> {
  await page.getByRole('main').getByRole('combobox', { name: zh.ask.about, exact: true }).selectOption({ label: about });
  await page.getByRole('textbox', { name: zh.ask.text, exact: true }).fill(text);
  await page.getByRole('button', { name: zh.ask.send, exact: true }).click();
  await expect(talk(page, text)).toBeVisible();
}

/** Answers the question that says `question`. */
export async function answer(page: Page, question: string, text: string): Promise<void> {
  const item = talk(page, question);
  await item.getByRole('textbox', { name: zh.ask.answer, exact: true }).fill(text);
  await item.getByRole('button', { name: zh.ask.send_answer, exact: true }).click();
  await expect(said(item, text)).toBeVisible();
}

/** Asks again under the question that says `question`. */
export async function askAgain(page: Page, question: string, text: string): Promise<void> {
  const item = talk(page, question);
  const box = item.getByRole('textbox', { name: zh.ask.again, exact: true });
  if (!(await box.isVisible())) {
    await item.getByText(zh.ask.again, { exact: true }).first().click();
  }
  await box.fill(text);
  await item.getByRole('button', { name: zh.ask.send_again, exact: true }).click();
  await expect(said(item, text)).toBeVisible();
}

/** Something said in a talk; not what is being written in a form. */
export function said(item: Locator, text: string): Locator {
  return item.getByRole('listitem').getByText(text, { exact: true });
}

export async function raise(page: Page, about: string, text: string): Promise<void> {
  await page.getByRole('main').getByRole('combobox', { name: zh.ask.about, exact: true }).selectOption({ label: about });
  await page.getByRole('textbox', { name: zh.difficulty.text, exact: true }).fill(text);
  await page.getByRole('button', { name: zh.difficulty.send, exact: true }).click();
  await expect(talk(page, text)).toBeVisible();
}
