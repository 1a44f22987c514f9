// The documents of a project in the browser: files arrive, also over a bad connection; they are sorted, replaced,
// limited, removed, and leave one by one or all in one zip.

import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import type { Locator, Page } from '@playwright/test';
import { unzipSync, zipSync } from 'fflate';
import { type DetailedError, Upload } from 'tus-js-client';
import { audit, expect, expectNotReloaded, fitsWidth, mark, test, visit } from '../fixtures';
import { formOf, named, startProject } from '../project';
import { en, fill, pattern, zh } from '../words';

/** Two papers the default project has to hand in. */
const PAPER = 'geotech-report';
const OTHER = 'investment-agreement';
/** One that holds a person's identity document. */
const IDENTITY = 'proxy-letter';
const MEGABYTE = 1024 * 1024;

const file = (name: string, contents: string | Uint8Array) => ({ name, mimeType: '', buffer: Buffer.from(contents as string) });
const pdf = (name: string, bytes = 0) => file(name, Buffer.concat([Buffer.from(`%PDF-1.7\n% ${name}\n`), randomBytes(bytes)]));
const input = (within: Locator): Locator => within.locator('input[type=file]').first();
const paper = (page: Page, id: string): Locator => page.locator(`#paper-${id}`);
/** A document of the page, by its name. */
const document = (page: Page, name: string, within: Locator = page.getByRole('main')): Locator =>
  within.getByRole('article').filter({ has: page.getByRole('link', { name, exact: true }) });
/** What is said of a file on its way. */
const way = (page: Page, name: string, words: string): Locator => page.locator('.under li').filter({ hasText: name }).getByText(words);

async function openLibrary(page: Page, path: string): Promise<string> {
  await visit(page, `${path}/documents`);
  await expect(page.getByTestId('connection')).toHaveText(zh.project.live);
  return path;
}

/** Uploads files as a paper, or to be sorted afterwards; waits until they are in the list. */
async function upload(page: Page, files: ReturnType<typeof file>[], to?: string): Promise<void> {
  await input(to ? paper(page, to) : page.locator('.drop')).setInputFiles(files);
  for (const { name } of files) {
    const times = files.filter((file) => file.name === name).length;
    await expect(document(page, name)).toHaveCount(times);
  }
}

/** The bytes a link saves, and the name they get. */
async function save(page: Page, link: Locator): Promise<{ name: string; bytes: Buffer }> {
  const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}
const saved = async (page: Page, name: string) => save(page, document(page, name).getByRole('link', { name: zh.library.save }));

/** Opens what can be done with a document. */
async function change(page: Page, name: string): Promise<Locator> {
  await document(page, name).getByText(zh.library.change, { exact: true }).click();
  return document(page, name);
}

async function sortAs(page: Page, name: string, to: string): Promise<void> {
  const sort = formOf(await change(page, name), zh.library.sort);
  await sort.getByRole('combobox', { name: zh.library.is }).selectOption(to);
  await sort.getByRole('button', { name: zh.library.sort, exact: true }).click();
  await expect(document(page, name, paper(page, to))).toBeVisible();
}

test('many files are uploaded at once; the agent sees them come, looks at them and keeps them', async ({ enter }) => {
  test.slow();
  const owner = await enter('qiye');
  const path = await startProject(owner, named('文件上传'));
  const team = await owner.getByRole('main').locator('.panel').filter({ hasText: zh.project.team }).innerText();
  const agent = await enter(team.includes('孙浩') ? 'daiban2' : 'daiban');
  for (const page of [owner, agent]) {
    await openLibrary(page, path);
    await mark(page);
  }
  const lacking = Number((await owner.getByText(pattern(zh.library.lacking)).innerText()).match(/\d+/)?.[0]);
  const [report, map, more] = [pdf('勘察报告（报审稿）.pdf', MEGABYTE), file('钻孔平面图.png', await owner.screenshot()), pdf('附图一.pdf')];

  await test.step('progress is shown, then each is kept; the paper is no longer missing', async () => {
    let go = (): void => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    await owner.route('**/uploads/*', async (route) => held.then(() => route.continue()));
    await input(paper(owner, PAPER)).setInputFiles([report, map, more]);
    await expect(owner.locator('.under').getByRole('progressbar')).toHaveCount(3);
    go();
    for (const page of [owner, agent]) {
      for (const { name } of [report, map, more]) {
        await expect(document(page, name, paper(page, PAPER))).toBeVisible();
      }
      await expect(paper(page, PAPER).getByText(zh.library.here, { exact: true })).toBeVisible();
      await expect(page.getByText(fill(zh.library.lacking, { n: lacking - 1 }), { exact: true })).toBeVisible();
    }
    await expect(owner.locator('.under-done')).toContainText(fill(zh.library.arrived, { n: 3 }));
    await owner.unrouteAll();
  });

  await test.step('a picture is shown in the page; what is saved is what was sent', async () => {
    await document(agent, map.name).getByRole('button', { name: zh.library.show }).click();
    const picture = agent.getByRole('img', { name: map.name });
    await expect.poll(async () => picture.evaluate((img: HTMLImageElement) => img.naturalWidth)).toBe(1280);
    await document(agent, map.name).getByRole('button', { name: zh.library.hide }).click();
    await expect(picture).toHaveCount(0);
    expect(await saved(agent, report.name)).toEqual({ name: report.name, bytes: report.buffer });
  });

  await test.step('files that are dropped are sorted by hand', async () => {
    const dataTransfer = await owner.evaluateHandle(() => {
      const data = new DataTransfer();
      ['拖入的协议.pdf', '拖入的第二份.pdf'].forEach((name) => data.items.add(new File([`%PDF-1.7 ${name}`], name)));
      return data;
    });
    await owner.locator('.drop').dispatchEvent('drop', { dataTransfer });
    await expect(owner.getByRole('heading', { name: zh.library.unsorted })).toBeVisible();
    await expect(document(owner, '拖入的第二份.pdf')).toBeVisible();
    await sortAs(owner, '拖入的协议.pdf', OTHER);
    await expect(document(agent, '拖入的协议.pdf', paper(agent, OTHER))).toBeVisible();
  });
  await expectNotReloaded(owner);
  await expectNotReloaded(agent);
});

test('what somebody is choosing, writing or looking at stays while others upload', async ({ enter }) => {
  const owner = await enter('qiye');
  const path = await openLibrary(owner, await startProject(owner, named('边写边传')));
  await upload(owner, [file('现状照片.png', await owner.screenshot())], PAPER);
  const one = await change(owner, '现状照片.png');
  await one.getByLabel(zh.library.why, { exact: true }).fill('传错了项目');
  await one.getByRole('button', { name: zh.library.show }).click();
  const [chooser] = await Promise.all([owner.waitForEvent('filechooser'), paper(owner, PAPER).getByText(zh.library.choose, { exact: true }).click()]);
  const other = await owner.context().newPage();
  await openLibrary(other, path);
  for (const [name, to] of [['别的材料.pdf', OTHER], ['同一材料.pdf', PAPER]] as const) {
    await upload(other, [pdf(name)], to);
    await expect(document(owner, name)).toBeVisible();
    await expect.soft(one.getByRole('img'), `the preview, after ${name}`).toBeVisible();
    await expect.soft(one.getByLabel(zh.library.why, { exact: true }), `what was written, after ${name}`).toHaveValue('传错了项目');
  }
  await chooser.setFiles([pdf('正在选的.pdf')]);
  await expect(document(owner, '正在选的.pdf', paper(owner, PAPER))).toBeVisible();
});

test('the scan of an identity document is for those who need it; others see that it is there', async ({ enter }) => {
  const owner = await enter('qiye');
  const path = await openLibrary(owner, await startProject(owner, named('身份证件')));
  const scan = pdf('代办人身份证.pdf');
  await upload(owner, [scan], IDENTITY);
  const link = document(owner, scan.name, paper(owner, IDENTITY)).getByRole('link', { name: scan.name, exact: true });
  const address = (await link.getAttribute('href')) ?? '';
  expect(await saved(owner, scan.name)).toEqual({ name: scan.name, bytes: scan.buffer });

  // An officer of an office that does not register land.
  const officer = await enter('gugan');
  await openLibrary(officer, path);
  const withheld = paper(officer, IDENTITY).getByRole('article');
  await expect(withheld).toContainText(scan.name);
  await expect(withheld).toContainText(zh.library.withheld);
  await expect(withheld.getByRole('code')).toHaveText(/^[0-9a-f]{64}$/);
  await expect(withheld.getByRole('link')).toHaveCount(0);
  await expect(withheld.getByRole('button')).toHaveCount(0);
  await audit(officer);
  for (const asked of [address, `${address}?save=1`, `${address}?version=1`]) {
    expect((await officer.request.get(asked)).status(), asked).toBe(403);
  }
  const zip = await officer.request.get(`${path}/documents.zip`);
  expect(Object.keys(unzipSync(await zip.body())).filter((name) => name.endsWith(scan.name))).toEqual([]);
});

test('a file that is not what its name says is refused with its reason, and nothing of it stays', async ({ enter, trouble }) => {
  trouble.expect(/Failed to load resource.* 422/);
  const owner = await enter('qiye');
  await openLibrary(owner, await startProject(owner, named('谎称的文件')));
  const lies = [
    [file('报告.pdf', 'MZ\x90\0 this program cannot be run in DOS mode'), '这是可执行程序，不能上传。'],
    [file('图纸合集.pdf', zipSync({ '总图.pdf': Buffer.from('%PDF-1.7') })), '这是压缩包，请解开后逐个上传（可一次选多个）。'],
    [file('说明.pdf', '<!DOCTYPE html><script>alert(1)</script>'), '这是网页或脚本，请导出为 PDF 后上传。'],
    [file('图标.png', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), '这是网页或脚本，请导出为 PDF 后上传。'],
    [file('便条.docx', '只是文字'), '认不出文件类型'],
    [file('空白.pdf', ''), '文件是空的。'],
  ] as const;
  await input(paper(owner, PAPER)).setInputFiles([...lies.map(([lie]) => lie), pdf('真的.pdf')]);
  for (const [{ name }, reason] of lies) {
    await expect(way(owner, name, reason)).toBeVisible();
  }
  // One that is refused does not keep the others from arriving.
  await expect(document(owner, '真的.pdf')).toBeVisible();
  await owner.reload();
  await expect(document(owner, '真的.pdf')).toBeVisible();
  await expect(owner.getByRole('main').getByRole('article')).toHaveCount(1);
});

test('an upload goes on by itself: the server went down, answers are lost', async ({ enter, server, trouble }) => {
  test.slow();
  trouble.expect(/Failed to load resource|net::ERR/);
  const owner = await enter('qiye');
  await openLibrary(owner, await startProject(owner, named('断点续传')));
  const [big, next] = [pdf('十一兆.pdf', 11 * MEGABYTE), pdf('九兆.pdf', 9 * MEGABYTE)];
  let [parts, back] = [0, false];
  await owner.route('**/uploads/*', async (route) => {
    parts += route.request().method() === 'PATCH' ? 1 : 0;
    // The first part arrives; the second finds no server.
    if (parts === 2 && !back) {
      await server.kill();
    }
    return parts === 1 || back ? route.continue() : route.abort('connectionreset');
  });
  await input(paper(owner, PAPER)).setInputFiles([big]);
  await expect(way(owner, big.name, zh.library.away)).toBeVisible();
  await server.start();
  back = true;
  await expect(document(owner, big.name)).toBeVisible({ timeout: 40_000 });
  expect((await saved(owner, big.name)).bytes.equals(big.buffer)).toBe(true);
  await owner.unrouteAll();

  // Parts arrive and every answer is lost on its way back, the last one's too.
  const devtools = await owner.context().newCDPSession(owner);
  await devtools.send('Fetch.enable', { patterns: [{ urlPattern: '*/uploads/*', requestStage: 'Response' }] });
  devtools.on('Fetch.requestPaused', ({ requestId, request: { method } }) => {
    const lost = { requestId, errorReason: 'ConnectionReset' } as const;
    void (method === 'PATCH' ? devtools.send('Fetch.failRequest', lost) : devtools.send('Fetch.continueRequest', { requestId }));
  });
  await upload(owner, [next], OTHER);
  await devtools.detach();
  expect((await saved(owner, next.name)).bytes.equals(next.buffer)).toBe(true);
});

/** Sends bytes with the npm package tus-js-client as it is, or goes on; the upload's address when it ended or has `stop` bytes. */
async function tus(endpoint: string, by: string, bytes: Buffer, { uploadUrl = '', stop = Infinity } = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${by}` };
    const metadata = { filename: '勘察报告.pdf', material: PAPER };
    const options = { endpoint, uploadUrl: uploadUrl || null, headers, metadata, chunkSize: MEGABYTE, retryDelays: null, onError: reject };
    const end = (): void => resolve(upload.url ?? '');
    const onChunkComplete = (_: number, accepted: number): unknown => accepted >= stop && upload.abort().then(end);
    const upload: Upload = new Upload(bytes, { ...options, onSuccess: end, onChunkComplete: (n, m) => void onChunkComplete(n, m) });
    upload.start();
  });
}

test('a client nobody here wrote uploads, pauses and goes on; a stranger finds nothing', async ({ enter, server, request }) => {
  const owner = await enter('qiye');
  const path = await openLibrary(owner, await startProject(owner, named('通用客户端')));
  const token = async (login: string): Promise<string> => (await server.cli('account', 'token', '--login', login)).stdout.trim();
  const [by, stranger] = [await token('qiye'), await token('qiye2')];
  const [endpoint, bytes] = [`${server.url}${path}/uploads`, pdf('', 5 * MEGABYTE).buffer];
  const as = (token: string, more = {}) => ({ headers: { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0', ...more } });

  const uploadUrl = await tus(endpoint, by, bytes, { stop: 2 * MEGABYTE });
  const stands = Number((await request.head(uploadUrl, as(by))).headers()['upload-offset']);
  expect(stands >= 2 * MEGABYTE && stands < bytes.length, `stands at ${stands}`).toBe(true);
  expect((await request.delete(uploadUrl, as(stranger))).status()).toBe(404);
  const refused = tus(endpoint, stranger, bytes, { uploadUrl });
  expect(await refused.catch((error: DetailedError) => error.originalResponse?.getStatus())).toBe(404);
  expect(await tus(endpoint, by, bytes, { uploadUrl }), 'the same upload went on').toBe(uploadUrl);
  const link = document(owner, '勘察报告.pdf', paper(owner, PAPER)).getByRole('link', { name: '勘察报告.pdf' });
  const address = `${server.url}${await link.getAttribute('href')}`;
  expect((await (await request.get(address, as(by))).body()).equals(bytes)).toBe(true);
  for (const other of [address, `${server.url}${path}/documents.zip`]) {
    expect((await request.get(other, as(stranger))).status(), other).toBe(404);
  }
  // Numbers no file has are answered, and nothing dies of them.
  const [most, type] = ['18446744073709551615', 'application/offset+octet-stream'];
  const part = await request.get(address, as(by, { range: `bytes=5-${most}` }));
  expect((await part.body()).equals(bytes.subarray(5))).toBe(true);
  const beyond = await request.patch(uploadUrl, { ...as(by, { 'content-type': type, 'upload-offset': most }), data: Buffer.from('x') });
  expect(beyond.status()).toBeLessThan(500);
});

test('all documents leave in one zip, under their papers, also those of one name', async ({ enter }) => {
  const owner = await enter('qiye');
  await openLibrary(owner, await startProject(owner, named('全部下载')));
  // The last one's name is what the second of one name would be called.
  const reports = [pdf('报告.pdf', 10), pdf('报告.pdf', 20), pdf('报告 (2).pdf', 30)];
  const map = file('总平面图.png', await owner.screenshot());
  await upload(owner, reports, PAPER);
  await upload(owner, [map], OTHER);
  await upload(owner, [pdf('还没归类.pdf')]);
  const { name, bytes } = await save(owner, owner.getByRole('link', { name: zh.library.all }));
  expect(name).toMatch(/^全部下载 \w+\.zip$/);
  const zip = Object.entries(unzipSync(bytes)).map(([at, bytes]) => ({ at, bytes: Buffer.from(bytes) }));
  expect(zip).toHaveLength(5);
  const folder = async (id: string): Promise<string> => `${await paper(owner, id).getByRole('heading').innerText()}/`;
  const kept = zip.find(({ at }) => at.endsWith(map.name));
  expect(kept?.at).toBe(`${await folder(OTHER)}${map.name}`);
  expect(kept?.bytes.length).toBe(map.buffer.length);
  expect(kept?.bytes.equals(map.buffer)).toBe(true);
  expect(zip.map(({ at }) => at)).toContain(`${zh.library.unsorted}/还没归类.pdf`);
  const geotech = await folder(PAPER);
  expect(zip.filter(({ at }) => at.startsWith(geotech)).map(({ bytes }) => bytes)).toEqual(expect.arrayContaining(reports.map((r) => r.buffer)));
});

test('a document is replaced, limited and removed, and what was stays to be read', async ({ enter, trouble }) => {
  trouble.expect(/Failed to load resource.* 4(09|22)/);
  const owner = await enter('qiye');
  const path = await openLibrary(owner, await startProject(owner, named('文件版本')));
  const [before, after] = [pdf('协议.pdf', 10), pdf('协议（盖章）.pdf', 20)];
  await upload(owner, [before], OTHER);
  await input(await change(owner, before.name)).setInputFiles([after]);
  const one = document(owner, after.name, paper(owner, OTHER));
  await expect(one.getByText(fill(zh.library.version, { n: 2 }))).toBeVisible();
  await one.getByText(zh.library.earlier, { exact: true }).click();
  await expect(one.getByText(fill(zh.library.until, { why: zh.library.newer }))).toBeVisible();
  const earlier = one.getByRole('link', { name: fill(zh.library.version, { n: 1 }) });
  expect(await (await owner.request.get((await earlier.getAttribute('href')) ?? '')).body()).toEqual(before.buffer);
  // The same contents under another name are no new version, and change nothing.
  const same = file('协议（同一份）.pdf', after.buffer);
  await input(await change(owner, after.name)).setInputFiles([same]);
  await expect.soft(way(owner, same.name, '与现有版本内容相同，没有新增版本。')).toBeVisible();
  await openLibrary(owner, path);
  await expect(one).toBeVisible();

  const limit = formOf(await change(owner, after.name), zh.library.save_day);
  for (const date of ['2020-01-01', '2099-12-31']) {
    await limit.getByLabel(zh.library.last_day).fill(date);
    await limit.getByRole('button', { name: zh.library.save_day }).click();
    await expect(date < '2099' ? limit.getByText('有效期不能早于今天。') : one.getByText(fill(zh.library.expires, { date }))).toBeVisible();
  }
  const remove = formOf(await change(owner, after.name), zh.library.remove);
  await remove.getByLabel(zh.library.why, { exact: true }).fill('改由平台生成');
  await remove.getByRole('button', { name: zh.library.remove }).click();
  await expect(one).toHaveCount(0);
  await expect(paper(owner, OTHER).getByText(zh.library.missing, { exact: true })).toBeVisible();
});

test('the library is right on a phone, in English, for axe, for an office and without JavaScript', async ({ enter }) => {
  test.slow();
  const owner = await enter('qiye');
  const path = await openLibrary(owner, await startProject(owner, named('各种读者')));
  const long = ['项目可行性研究报告（含投资估算与资金筹措方案、节能专篇）2026年修订版-最终稿-盖章扫描件.pdf', `${'site_plan_final_'.repeat(5)}.pdf`];
  await upload(owner, long.map((name) => pdf(name)), PAPER);
  await upload(owner, [pdf('还没归类.pdf')]);
  await change(owner, '还没归类.pdf');
  await fitsWidth(owner);
  await audit(owner);
  await owner.setViewportSize({ width: 360, height: 740 });
  await fitsWidth(owner);
  const plain = await enter(undefined, { javaScriptEnabled: false, storageState: await owner.context().storageState() });
  await visit(owner, `${path}/documents?lang=en`);
  await expect(owner.getByText(en.library.intro)).toBeVisible();
  await fitsWidth(owner);
  await audit(owner);
  // An office of the project reads and changes nothing.
  const office = await enter('zhugui');
  await openLibrary(office, path);
  await expect(document(office, '还没归类.pdf')).toBeVisible();
  await expect(office.locator('.library').locator('.choose, .drop, .more')).toHaveCount(0);

  await plain.goto(`${path}/documents`);
  await expect(document(plain, long[0]!, paper(plain, PAPER))).toBeVisible();
  await expect(plain.locator('.choose, .drop').filter({ visible: true }), 'nothing is offered that cannot work').toHaveCount(0);
  await sortAs(plain, '还没归类.pdf', OTHER);
});
