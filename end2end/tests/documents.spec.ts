// The documents of a project in the browser: files arrive, also over a bad connection; they are sorted, replaced,
// limited, removed, and leave one by one or all in one zip.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Download, Locator, Page } from '@playwright/test';
import { unzipSync, zipSync } from 'fflate';
import { type DetailedError, Upload } from 'tus-js-client';
import { audit, expect, expectNotReloaded, fitsWidth, mark, test, visit } from '../fixtures';
import { formOf, named, openTab, startProject } from '../project';
import { en, fill, pattern, zh } from '../words';

interface File {
  name: string;
  mimeType: string;
  buffer: Buffer;
}

/** A paper the default project has to hand in, and another. */
const PAPER = 'geotech-report';
const OTHER = 'investment-agreement';
const MEGABYTE = 1024 * 1024;

const file = (name: string, contents: string | Uint8Array, mimeType = 'application/pdf'): File => ({
  name,
  mimeType,
  buffer: Buffer.from(contents as string),
});
const pdf = (name: string, bytes = 0): File => file(name, Buffer.concat([Buffer.from(`%PDF-1.7\n% ${name}\n`), randomBytes(bytes)]));
const png = async (page: Page, name: string): Promise<File> => file(name, await page.screenshot(), 'image/png');

const paper = (page: Page, id: string): Locator => page.locator(`#paper-${id}`);
const list = (page: Page): Locator => page.locator('.papers');
/** A document of the page, by its name. */
const document = (within: Page | Locator, name: string): Locator =>
  within.getByRole('article').filter({ has: ('page' in within ? within.page() : within).getByRole('link', { name, exact: true }) });
/** What is said of a file on its way. */
const way = (page: Page, name: string): Locator => page.locator('.under li').filter({ hasText: name });
const done = (page: Page, name: string): Locator => way(page, name).getByText(zh.library.done, { exact: true });

async function openLibrary(page: Page, path: string): Promise<void> {
  await visit(page, `${path}/documents`);
  await expect(page.getByTestId('connection')).toHaveText(zh.project.live);
}

/** A new project whose library is open. */
async function library(page: Page, name: string): Promise<string> {
  const path = await startProject(page, named(name));
  await openLibrary(page, path);
  return path;
}

/** Chooses files for a paper; for none, they are sorted afterwards. Waits until they are here. */
async function upload(page: Page, files: File[], to?: string): Promise<void> {
  await (to ? paper(page, to) : page.locator('.drop')).locator('input[type=file]').first().setInputFiles(files);
  for (const { name } of files) {
    await expect(done(page, name).last()).toBeVisible();
    await expect(document(page, name).first()).toBeVisible();
  }
}

async function bytesOf(download: Promise<Download>): Promise<Buffer> {
  return readFile(await (await download).path());
}

/** Opens what can be done with a document. */
async function change(page: Page, name: string): Promise<Locator> {
  const one = document(page, name);
  await one.getByText(zh.library.change, { exact: true }).click();
  return one;
}

async function token(server: { cli(...args: string[]): Promise<{ stdout: string }> }, login: string): Promise<string> {
  return (await server.cli('account', 'token', '--login', login)).stdout.trim();
}

test('the enterprise uploads many files at once; its agent sees them come, looks at them and keeps them', async ({ enter }) => {
  test.slow();
  const owner = await enter('qiye');
  const path = await startProject(owner, named('文件上传'));
  const team = await owner.getByRole('main').locator('.panel').filter({ hasText: zh.project.team }).innerText();
  await openTab(owner, zh.library.nav);
  await expect(owner.getByTestId('connection')).toHaveText(zh.project.live);
  const agent = await enter(team.includes('孙浩') ? 'daiban2' : 'daiban');
  await openLibrary(agent, path);
  const lacking = Number((await owner.getByText(pattern(zh.library.lacking)).innerText()).match(/\d+/)?.[0]);
  for (const page of [owner, agent]) {
    await mark(page);
  }
  const files = [pdf('岩土工程勘察报告（报审稿）.pdf', MEGABYTE), await png(owner, '区位图.png'), pdf('附图一.pdf')];

  await test.step('progress is shown, then each is kept; the paper is no longer missing', async () => {
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    await owner.route('**/uploads/*', async (route) => {
      await held;
      await route.continue();
    });
    await paper(owner, PAPER).locator('input[type=file]').setInputFiles(files);
    await expect(owner.locator('.under').getByRole('progressbar')).toHaveCount(3);
    go();
    for (const page of [owner, agent]) {
      for (const { name } of files) {
        await expect(document(paper(page, PAPER), name)).toBeVisible();
      }
      await expect(paper(page, PAPER).getByText(zh.library.here, { exact: true })).toBeVisible();
      await expect(page.getByText(fill(zh.library.lacking, { n: lacking - 1 }), { exact: true })).toBeVisible();
    }
    await expect(owner.locator('.under').getByText(zh.library.done, { exact: true })).toHaveCount(3);
    await owner.unroute('**/uploads/*');
  });

  await test.step('a picture and a PDF are shown in the page; what is downloaded is what was sent', async () => {
    const [book, map] = files.map(({ name }) => document(agent, name));
    await map!.getByRole('button', { name: zh.library.show, exact: true }).click();
    const picture = map!.getByRole('img', { name: '区位图.png' });
    await expect.poll(async () => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1280);
    await map!.getByRole('button', { name: zh.library.hide, exact: true }).click();
    await expect(picture).toHaveCount(0);
    const download = agent.waitForEvent('download');
    await book!.getByRole('link', { name: zh.library.save, exact: true }).click();
    expect((await download).suggestedFilename()).toBe(files[0]!.name);
    expect((await bytesOf(download)).equals(files[0]!.buffer)).toBe(true);
    // Others' pages may not frame anything of ours, but ours may frame a document.
    const answer = await agent.request.get((await book!.getByRole('link', { name: files[0]!.name }).getAttribute('href')) ?? '');
    expect(answer.headers()['content-disposition']).toMatch(/^inline/);
    expect(answer.headers()['x-frame-options']).toBe('SAMEORIGIN');
  });

  await test.step('files that are dropped are sorted by hand', async () => {
    const dropped = [pdf('拖入的投资协议.pdf'), pdf('拖入的第二份.pdf')].map(({ name, buffer }) => ({ name, text: buffer.toString() }));
    const dataTransfer = await owner.evaluateHandle((files) => {
      const data = new DataTransfer();
      files.forEach(({ name, text }) => data.items.add(new File([text], name, { type: 'application/pdf' })));
      return data;
    }, dropped);
    await owner.locator('.drop').dispatchEvent('drop', { dataTransfer });
    const unsorted = owner.locator('section').filter({ has: owner.getByRole('heading', { name: zh.library.unsorted }) });
    await expect(unsorted.getByRole('article')).toHaveCount(2);
    await change(owner, '拖入的投资协议.pdf');
    const sort = formOf(document(owner, '拖入的投资协议.pdf'), zh.library.sort);
    await sort.getByRole('combobox', { name: zh.library.is }).selectOption(OTHER);
    await sort.getByRole('button', { name: zh.library.sort, exact: true }).click();
    await expect(document(paper(agent, OTHER), '拖入的投资协议.pdf')).toBeVisible();
    await expect(unsorted.getByRole('article')).toHaveCount(1);
  });

  for (const page of [owner, agent]) {
    await expectNotReloaded(page);
  }
});

test('what somebody is writing or looking at stays while others upload', async ({ enter }) => {
  const owner = await enter('qiye');
  const path = await library(owner, '边写边传');
  await upload(owner, [await png(owner, '现状照片.png')], PAPER);
  const one = await change(owner, '现状照片.png');
  await one.getByLabel(zh.library.why, { exact: true }).fill('传错了项目');
  await one.getByRole('button', { name: zh.library.show, exact: true }).click();
  const other = await owner.context().newPage();
  await openLibrary(other, path);
  await upload(other, [pdf('投资协议.pdf')], OTHER);
  await expect(document(owner, '投资协议.pdf')).toBeVisible();
  await expect(one.getByRole('img', { name: '现状照片.png' })).toBeVisible();
  await expect(one.getByLabel(zh.library.why, { exact: true })).toHaveValue('传错了项目');
});

test('a file that is not what its name says is refused with its reason, and nothing of it stays', async ({ enter, trouble }) => {
  trouble.expect(/Failed to load resource.* (400|422)/);
  const owner = await enter('qiye');
  await library(owner, '谎称的文件');
  const lies: [File, string][] = [
    [file('报告.pdf', 'MZ\x90\0 this program cannot be run in DOS mode'), '这是可执行程序，不能上传。'],
    [file('图纸合集.pdf', zipSync({ '总图.pdf': Buffer.from('%PDF-1.7') })), '这是压缩包，请解开后逐个上传（可一次选多个）。'],
    [file('说明.pdf', '<!DOCTYPE html><script>alert(1)</script>'), '这是网页或脚本，请导出为 PDF 后上传。'],
    [file('图标.png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', 'image/png'), '这是网页或脚本，请导出为 PDF 后上传。'],
    [file('便条.docx', '只是文字'), '认不出文件类型'],
    [file('空白.pdf', ''), '文件是空的。'],
  ];
  const good = pdf('真的报告.pdf');
  await paper(owner, PAPER).locator('input[type=file]').setInputFiles([...lies.map(([lie]) => lie), good]);
  for (const [{ name }, reason] of lies) {
    await expect(way(owner, name).getByText(reason)).toBeVisible();
  }
  // One that is refused does not keep the others from arriving.
  await expect(document(paper(owner, PAPER), good.name)).toBeVisible();
  await expect(list(owner).getByRole('article')).toHaveCount(1);
  await owner.reload();
  await expect(owner.getByRole('main').getByRole('article')).toHaveCount(1);
});

test('an upload goes on by itself after the connection broke and the server went down', async ({ enter, server, trouble }) => {
  test.slow();
  trouble.expect(/Failed to load resource|net::ERR/);
  const owner = await enter('qiye');
  await library(owner, '断点续传');
  const big = pdf('大文件.pdf', 11 * MEGABYTE);
  let [n, back] = [0, false];
  await owner.route('**/uploads/*', async (route) => {
    if (route.request().method() !== 'PATCH') {
      return route.continue();
    }
    n += 1;
    // The first part arrives; the second finds no server, and once more none; then it goes on.
    if (n === 2) {
      await server.kill();
    }
    return n === 1 || back ? route.continue() : route.abort('connectionreset');
  });
  await paper(owner, PAPER).locator('input[type=file]').setInputFiles([big]);
  await expect(way(owner, big.name).getByText(zh.library.away, { exact: true })).toBeVisible();
  await server.start();
  back = true;
  await expect(done(owner, big.name)).toBeVisible({ timeout: 40_000 });
  expect(n, 'what was there is not sent again').toBeLessThanOrEqual(6);
  const download = owner.waitForEvent('download');
  await document(owner, big.name).getByRole('link', { name: zh.library.save, exact: true }).click();
  expect((await bytesOf(download)).equals(big.buffer)).toBe(true);
});

test('a part whose answer is lost is not lost itself', async ({ enter, trouble }) => {
  trouble.expect(/Failed to load resource|net::ERR/);
  const owner = await enter('qiye');
  await library(owner, '丢失的应答');
  const big = pdf('九兆.pdf', 9 * MEGABYTE);
  // Every answer to a part goes missing once it is on its way back; the last one's too.
  const devtools = await owner.context().newCDPSession(owner);
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*/uploads/*', requestStage: 'Response' }] });
  devtools.on('Fetch.requestPaused', ({ requestId, request }) => {
    const lost = request.method === 'PATCH';
    void (lost ? devtools.send('Fetch.failRequest', { requestId, errorReason: 'ConnectionReset' }) : devtools.send('Fetch.continueResponse', { requestId }));
  });
  await paper(owner, PAPER).locator('input[type=file]').setInputFiles([big]);
  await expect(done(owner, big.name)).toBeVisible({ timeout: 40_000 });
  await devtools.detach();
  await expect(document(paper(owner, PAPER), big.name)).toHaveCount(1);
  const download = owner.waitForEvent('download');
  await document(owner, big.name).getByRole('link', { name: zh.library.save, exact: true }).click();
  expect((await bytesOf(download)).equals(big.buffer)).toBe(true);
});

/** Sends a file with the npm package tus-js-client as it is, or goes on with one; the upload's address once it ended or has `stop` bytes. */
async function tus(endpoint: string, by: string, bytes: Buffer, to: { uploadUrl?: string; stop?: number } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const upload: Upload = new Upload(bytes, {
      endpoint,
      uploadUrl: to.uploadUrl ?? null,
      headers: { authorization: `Bearer ${by}` },
      metadata: { filename: '勘察报告.pdf', material: PAPER },
      chunkSize: MEGABYTE,
      retryDelays: null,
      onError: reject,
      onSuccess: () => resolve(upload.url ?? ''),
      onChunkComplete: (_, accepted) => {
        if (accepted >= (to.stop ?? Infinity)) {
          void upload.abort().then(() => resolve(upload.url ?? ''));
        }
      },
    });
    upload.start();
  });
}

test('a client nobody here wrote uploads, pauses and goes on; a stranger finds nothing', async ({ enter, server, request }) => {
  const owner = await enter('qiye');
  const path = await library(owner, '通用客户端');
  const [by, stranger] = [await token(server, 'qiye'), await token(server, 'qiye2')];
  const [endpoint, { buffer }] = [`${server.url}${path}/uploads`, pdf('', 5 * MEGABYTE)];
  const uploadUrl = await tus(endpoint, by, buffer, { stop: 2 * MEGABYTE });
  const as = (token: string) => ({ headers: { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' } });
  const stands = Number((await request.head(uploadUrl, as(by))).headers()['upload-offset']);
  expect(stands).toBeGreaterThanOrEqual(2 * MEGABYTE);
  expect(stands).toBeLessThan(buffer.length);
  expect((await request.head(uploadUrl, as(stranger))).status()).toBe(404);
  expect((await request.delete(uploadUrl, as(stranger))).status()).toBe(404);
  const refused = await tus(endpoint, stranger, buffer, { uploadUrl }).catch((error: DetailedError) => error);
  expect((refused as DetailedError).originalResponse?.getStatus()).toBe(404);

  expect(await tus(endpoint, by, buffer, { uploadUrl }), 'the same upload went on').toBe(uploadUrl);
  const one = document(paper(owner, PAPER), '勘察报告.pdf');
  const address = `${server.url}${await one.getByRole('link', { name: '勘察报告.pdf' }).getAttribute('href')}`;
  expect((await (await request.get(address, as(by))).body()).equals(buffer)).toBe(true);
  for (const other of [address, `${server.url}${path}/documents.zip`]) {
    expect((await request.get(other, as(stranger))).status(), other).toBe(404);
  }

  // Numbers no file has are answered, not died of.
  const part = await request.get(address, { headers: { authorization: `Bearer ${by}`, range: 'bytes=5-18446744073709551615' } });
  expect((await part.body()).equals(buffer.subarray(5))).toBe(true);
  const beyond = { ...as(by).headers, 'content-type': 'application/offset+octet-stream', 'upload-offset': '18446744073709551615' };
  expect((await request.patch(uploadUrl, { headers: beyond, data: Buffer.from('x') })).status()).toBeLessThan(500);
});

test('all documents leave in one zip, under their papers, also those with the same name', async ({ enter }) => {
  const owner = await enter('qiye');
  const path = await library(owner, '全部下载');
  const [map, first, second, named2] = [await png(owner, '总平面图.png'), pdf('报告.pdf', 10), pdf('报告.pdf', 20), pdf('报告 (2).pdf', 30)];
  const name = async (id: string): Promise<string> => paper(owner, id).getByRole('heading').innerText();
  await upload(owner, [first], PAPER);
  await upload(owner, [second], PAPER);
  await upload(owner, [map], OTHER);
  await upload(owner, [pdf('还没归类.pdf')]);
  const download = owner.waitForEvent('download');
  await owner.getByRole('link', { name: zh.library.all, exact: true }).click();
  expect((await download).suggestedFilename()).toMatch(/^全部下载 \w+\.zip$/);
  const zip = unzipSync(await bytesOf(download));
  const [at, beside] = [await name(PAPER), await name(OTHER)];
  expect(Object.keys(zip).sort()).toEqual(
    [`${at}/报告.pdf`, `${at}/报告 (2).pdf`, `${beside}/总平面图.png`, `${zh.library.unsorted}/还没归类.pdf`].sort(),
  );
  expect(map.buffer.equals(zip[`${beside}/总平面图.png`] ?? Buffer.alloc(0))).toBe(true);
  // A name somebody else's system made of the same rule.
  await upload(owner, [named2], PAPER);
  const again = await owner.request.get(`${path}/documents.zip`);
  const reports = Object.values(unzipSync(await again.body())).filter((bytes) => bytes.length > 0);
  for (const { buffer } of [first, second, named2]) {
    expect(reports.some((bytes) => buffer.equals(bytes))).toBe(true);
  }
});

test('a document is replaced, limited and removed, and what was stays to be read', async ({ enter }) => {
  const owner = await enter('qiye');
  await library(owner, '文件版本');
  const [before, after] = [pdf('投资协议.pdf', 10), pdf('投资协议（盖章）.pdf', 20)];
  await upload(owner, [before], OTHER);
  await (await change(owner, before.name)).locator('input[type=file]').setInputFiles([after]);
  const one = document(paper(owner, OTHER), after.name);
  await expect(one.getByText(fill(zh.library.version, { n: 2 }))).toBeVisible();
  await one.getByText(zh.library.earlier, { exact: true }).click();
  await expect(one.getByText(fill(zh.library.until, { why: zh.library.newer }))).toBeVisible();
  const earlier = one.getByRole('link', { name: fill(zh.library.version, { n: 1 }), exact: true });
  const answer = await owner.request.get((await earlier.getAttribute('href')) ?? '');
  expect((await answer.body()).equals(before.buffer)).toBe(true);

  await change(owner, after.name);
  const limit = formOf(one, zh.hard.save);
  await limit.getByLabel(zh.library.last_day).fill('2020-01-01');
  await limit.getByRole('button', { name: zh.hard.save, exact: true }).click();
  await expect(limit.getByText('有效期不能早于今天。')).toBeVisible();
  await limit.getByLabel(zh.library.last_day).fill('2099-12-31');
  await limit.getByRole('button', { name: zh.hard.save, exact: true }).click();
  await expect(one.getByText(fill(zh.library.expires, { date: '2099-12-31' }))).toBeVisible();

  const remove = formOf(one, zh.library.remove);
  if (!(await remove.isVisible())) {
    await change(owner, after.name);
  }
  await remove.getByLabel(zh.library.why, { exact: true }).fill('改由平台生成');
  await remove.getByRole('button', { name: zh.library.remove, exact: true }).click();
  await expect(one).toHaveCount(0);
  await expect(paper(owner, OTHER).getByText(zh.library.missing, { exact: true })).toBeVisible();
});

test('the library is right on a phone, in English, for axe, for an office and without JavaScript', async ({ enter, browser, baseURL }) => {
  test.slow();
  const owner = await enter('qiye');
  const path = await library(owner, '各种读者');
  await upload(owner, [pdf('项目可行性研究报告（含投资估算与资金筹措方案、节能专篇）2026年修订版-最终稿-盖章扫描件.pdf'), await png(owner, 'site_plan_final_v2_with_boundary_and_setback_lines.png')], PAPER);
  await upload(owner, [pdf('还没归类.pdf')]);
  await change(owner, '还没归类.pdf');
  await audit(owner);
  await owner.setViewportSize({ width: 360, height: 740 });
  await fitsWidth(owner);
  await visit(owner, `${path}/documents?lang=en`);
  await expect(owner.getByText(en.library.intro)).toBeVisible();
  await fitsWidth(owner);
  await audit(owner);

  // An office of the project reads and changes nothing.
  const office = await enter('zhugui');
  await visit(office, `${path}/documents`);
  await expect(document(office, '还没归类.pdf')).toBeVisible();
  await expect(office.locator('.choose, .drop, .document .more')).toHaveCount(0);

  const plain = await browser.newContext({ baseURL, javaScriptEnabled: false, storageState: await owner.context().storageState() });
  const page = await plain.newPage();
  await page.goto(`${path}/documents?lang=zh-CN`);
  await expect(document(paper(page, PAPER), 'site_plan_final_v2_with_boundary_and_setback_lines.png')).toBeVisible();
  await expect(page.locator('.choose, .drop').filter({ visible: true }), 'nothing is offered that cannot work').toHaveCount(0);
  const sort = formOf(await change(page, '还没归类.pdf'), zh.library.sort);
  await sort.getByRole('combobox', { name: zh.library.is }).selectOption(OTHER);
  await sort.getByRole('button', { name: zh.library.sort, exact: true }).click();
  await expect(document(paper(page, OTHER), '还没归类.pdf')).toBeVisible();
  await plain.close();
});
