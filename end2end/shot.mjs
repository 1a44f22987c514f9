import { chromium } from '@playwright/test';
const base = process.argv[2], out = process.argv[3];
const jobs = JSON.parse(process.argv[4]);
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--headless','--no-sandbox','--disable-gpu','--disable-quic','--no-first-run','--disable-background-networking','--disable-component-update','--disable-sync'] });
for (const j of jobs) {
  const ctx = await browser.newContext({ viewport: { width: j.w ?? 1280, height: j.h ?? 900 }, javaScriptEnabled: j.js ?? true });
  if (j.lang) await ctx.addCookies([{ name: 'lang', value: j.lang, url: base }]);
  const page = await ctx.newPage();
  page.on('console', m => { if (m.type() === 'error' || m.type() === 'warning') console.log(j.name, m.type(), m.text().slice(0, 300)); });
  page.on('pageerror', e => console.log(j.name, 'PAGEERROR', String(e).slice(0, 400)));
  if (j.as) { await page.goto(base + '/sign-in'); await page.fill('[name=login]', j.as); await page.fill('[name=password]', 'quanlian-demo'); await page.click('main button'); await page.waitForURL(/projects/); }
  await page.goto(base + j.path);
  if (j.click) await page.click(j.click);
  if (j.js !== false) await page.waitForSelector('html[data-hydrated]', { timeout: 20000 }).catch(() => console.log(j.name, 'not hydrated'));
  console.log(j.name, page.url(), await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]));
  await page.screenshot({ path: `${out}/${j.name}.png`, fullPage: j.full ?? false });
  await ctx.close();
}
await browser.close();
