// What every test has: a running server, browsers that are watched for errors, people who sign in.

import AxeBuilder from '@axe-core/playwright';
import { type BrowserContext, type BrowserContextOptions, type Page, type Response, test as base, expect } from '@playwright/test';
import { Server } from './server';
import { zh } from './words';

export { expect };

/** The password of every demonstration account. */
export const PASSWORD = 'quanlian-demo';

/** Errors of the pages. A test fails on every one it did not say it expects. */
export class Trouble {
  private readonly seen: string[] = [];
  private readonly expected: RegExp[] = [];

  /** Says that errors like this belong to the test: a refused request, a connection that was cut. */
  expect(error: RegExp): void {
    this.expected.push(error);
  }

  watch(context: BrowserContext): void {
    context.on('weberror', (event) => this.seen.push(`uncaught: ${event.error().stack ?? event.error().message}`));
    context.on('console', (message) => {
      if (message.type() === 'error') {
        this.seen.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
  }

  unexpected(): string[] {
    return this.seen.filter((error) => !this.expected.some((expected) => expected.test(error)));
  }
}

/** Another browser with its own cookies; signed in when a login is given. Closed after the test. */
type Enter = (login?: string, options?: BrowserContextOptions) => Promise<Page>;

interface OfTest {
  trouble: Trouble;
  enter: Enter;
}

interface OfWorker {
  server: Server;
}

export const test = base.extend<OfTest, OfWorker>({
  server: [
    async ({}, use) => {
      const server = await Server.create();
      try {
        await server.start();
        await use(server);
      } finally {
        await server.remove();
      }
    },
    { scope: 'worker', timeout: 150_000 },
  ],

  baseURL: async ({ server }, use) => {
    await use(server.url);
  },

  trouble: [
    async ({ server }, use, testInfo) => {
      const trouble = new Trouble();
      await use(trouble);
      if (testInfo.status !== testInfo.expectedStatus) {
        await testInfo.attach('server.log', { body: server.log, contentType: 'text/plain' });
      }
      expect(trouble.unexpected().join('\n'), 'errors in the pages').toBe('');
    },
    { auto: true },
  ],

  context: async ({ context, trouble }, use) => {
    trouble.watch(context);
    await use(context);
  },

  enter: async ({ browser, baseURL, trouble }, use) => {
    const opened: BrowserContext[] = [];
    await use(async (login, options = {}) => {
      const context = await browser.newContext({ baseURL, ...options });
      opened.push(context);
      trouble.watch(context);
      const page = await context.newPage();
      if (login) {
        await signIn(page, login);
      }
      return page;
    });
    for (const context of opened) {
      await context.close();
    }
  },
});

/** Waits until the page answers at once: the browser side has taken over what the server rendered. */
export async function hydrated(page: Page): Promise<void> {
  await expect(page.locator('html'), 'the page should come alive').toHaveAttribute('data-hydrated', 'true');
}

/** Opens a page and waits until it answers. */
export async function visit(page: Page, path: string): Promise<Response> {
  const response = await page.goto(path);
  if (!response) {
    throw new Error(`${path} gave no answer`);
  }
  await hydrated(page);
  return response;
}

/** Signs in through the form: the one being shown, else the one at /sign-in. */
export async function signIn(page: Page, login: string, password = PASSWORD): Promise<void> {
  if (new URL(page.url()).pathname !== '/sign-in') {
    await page.goto('/sign-in');
  }
  await hydrated(page);
  await page.getByLabel(zh.sign_in.login, { exact: true }).fill(login);
  await page.getByLabel(zh.sign_in.password, { exact: true }).fill(password);
  await page.getByRole('button', { name: zh.sign_in.submit, exact: true }).click();
  await page.waitForURL((url) => url.pathname !== '/sign-in');
  await hydrated(page);
  await expect(page.getByRole('button', { name: zh.nav.sign_out })).toBeVisible();
}

/** The other language, by the link in the page's head. */
export async function chooseOtherLanguage(page: Page, link: string, tag: string): Promise<void> {
  await page.getByRole('banner').getByRole('link', { name: link, exact: true }).click();
  await expect(page.locator('html')).toHaveAttribute('lang', tag);
}

/** axe finds nothing on the page as it is. The test goes on, so that one run tells of every page. */
export async function audit(page: Page): Promise<void> {
  const tags = ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'];
  // axe names the page's type by its own copy of playwright-core; the page is the same.
  type AxePage = ConstructorParameters<typeof AxeBuilder>[0]['page'];
  const { violations } = await new AxeBuilder({ page: page as unknown as AxePage }).withTags(tags).analyze();
  const found = violations.map((violation) => {
    const nodes = violation.nodes.map((node) => {
      const why = (node.failureSummary ?? '').replaceAll('\n', '\n      ');
      return `    ${node.target.join(' ')}\n      ${node.html.slice(0, 200)}\n      ${why}`;
    });
    return `${violation.id} (${violation.impact}): ${violation.help}\n${nodes.join('\n')}`;
  });
  expect.soft(found.join('\n'), `axe on ${page.url()}`).toBe('');
}

/** Nothing reaches beyond the right edge of the window. The test goes on. */
export async function fitsWidth(page: Page): Promise<void> {
  const { content, room, beyond } = await page.evaluate(() => {
    const room = window.innerWidth;
    const wide = [...document.querySelectorAll('body *')].filter((e) => e.getBoundingClientRect().right > room + 1);
    const beyond = wide.slice(0, 10).map((e) => `${e.tagName.toLowerCase()}.${e.className}`);
    return { content: document.documentElement.scrollWidth, room, beyond };
  });
  expect.soft(content, `${page.url()} is wider than the window; beyond its edge: ${beyond.join(', ')}`).toBeLessThanOrEqual(room);
}

/** Puts a mark into the page that a reload would wipe away. */
export async function mark(page: Page): Promise<void> {
  await page.evaluate(() => Object.assign(window, { markOfThisPage: true }) && undefined);
}

/** The page has not been reloaded since it was marked. */
export async function expectNotReloaded(page: Page): Promise<void> {
  expect(await page.evaluate(() => 'markOfThisPage' in window), `${page.url()} was reloaded`).toBe(true);
}
