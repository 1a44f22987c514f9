// Writing together by clients nobody here wrote: the npm packages yjs and y-websocket against /collab.

import type { Page } from '@playwright/test';
import WebSocket from 'ws';
import { expect, test, visit } from '../fixtures';
import { named, startProject } from '../project';
import { Server } from '../server';
import { zh } from '../words';
import { Client } from '../yjs';

/** The session's cookie of a browser that is signed in. */
async function cookieOf(page: Page): Promise<string> {
  const session = (await page.context().cookies()).find((cookie) => cookie.name === 'session');
  expect(session, 'a session').toBeTruthy();
  return `session=${session?.value}`;
}

/** A project of the enterprise, and the room of one of its sections. */
async function room(page: Page, section: string): Promise<string> {
  const path = await startProject(page, named('共同填写'));
  return `${path.split('/').pop()}.${section}`;
}

/** The agent of the project that is being shown: the least busy got it. */
async function agentOf(page: Page): Promise<{ login: string; name: string }> {
  const team = page.getByRole('main').locator('.panel').filter({ hasText: zh.project.team });
  const text = await team.innerText();
  return text.includes('孙浩') ? { login: 'daiban2', name: '孙浩' } : { login: 'daiban', name: '李静' };
}

async function token(server: { cli(...args: string[]): Promise<{ code: number; stdout: string }> }, login: string): Promise<string> {
  const ran = await server.cli('account', 'token', '--login', login);
  expect(ran.code).toBe(0);
  return ran.stdout.trim();
}

test('two npm clients write one text, by cookie and by token', async ({ enter, server }) => {
  const page = await enter('qiye');
  const name = await room(page, 'project');
  const agent = await agentOf(page);
  const a = new Client(server.url, name, { cookie: await cookieOf(page) });
  const b = new Client(server.url, name, { token: await token(server, agent.login) });
  await a.synced();
  await b.synced();
  expect(b.text('project_name'), 'the sheet begins with what is known').toContain('共同填写');

  const field = 'construction_content';
  a.doc.getText(field).insert(0, '新建厂房两栋');
  await expect.poll(() => b.text(field)).toBe('新建厂房两栋');
  // Both at once, in the same text: nothing typed is lost.
  a.doc.getText(field).insert(2, '标准');
  b.doc.getText(field).insert(6, '及研发楼一栋');
  await expect.poll(() => a.text(field)).toBe('新建标准厂房两栋及研发楼一栋');
  await expect.poll(() => b.text(field)).toBe('新建标准厂房两栋及研发楼一栋');

  // Where the last value counts, the other stays beside it.
  a.doc.getArray('total_investment').push(['80000']);
  b.doc.getArray('total_investment').push(['90000']);
  await expect.poll(() => a.list('total_investment')).toEqual(expect.arrayContaining(['80000', '90000']));
  await expect.poll(() => b.list('total_investment')).toEqual(a.list('total_investment'));

  // Who somebody is, the server says.
  b.provider.awareness.setLocalState({ user: { name: '冒名' }, field });
  await expect
    .poll(() => [...a.provider.awareness.getStates().values()].map((s) => [s['user']?.name, s['field']]))
    .toContainEqual([agent.name, field]);

  // Away, and back: what was written meanwhile on both sides is merged.
  b.provider.disconnect();
  b.doc.getText(field).insert(0, '【离线】');
  a.doc.getText(field).insert(a.text(field).length, '【在线】');
  b.provider.connect();
  await expect.poll(() => a.text(field)).toBe('【离线】新建标准厂房两栋及研发楼一栋【在线】');
  await expect.poll(() => b.text(field)).toBe(a.text(field));

  // Everything is on disk: the same after the server was stopped.
  const before = a.text(field);
  a.destroy();
  b.destroy();
  await server.restart();
  const c = await new Client(server.url, name, { cookie: await cookieOf(page) }).synced();
  expect(c.text(field)).toBe(before);
  c.destroy();
});

test('who may only look cannot write, and what is not theirs is refused', async ({ enter, server }) => {
  const page = await enter('qiye');
  const name = await room(page, 'land');
  const owner = await new Client(server.url, name, { cookie: await cookieOf(page) }).synced();

  // A leader sees every project and fills in none.
  const looker = await new Client(server.url, name, { token: await token(server, 'lingdao') }).synced();
  owner.doc.getText('site_address').insert(0, '科技城');
  await expect.poll(() => looker.text('site_address')).toBe('科技城');
  looker.doc.getText('site_address').insert(0, '改写');

  // A field an office knows: the enterprise's update is refused, and nobody gets it.
  const other = await new Client(server.url, name, { cookie: await cookieOf(page) }).synced();
  other.doc.getArray('land_price').push(['1']);
  owner.doc.getText('site_address').insert(3, '东区');
  await expect.poll(() => looker.text('site_address')).toContain('科技城东区');
  const fresh = await new Client(server.url, name, { cookie: await cookieOf(page) }).synced();
  expect(fresh.text('site_address')).toBe('科技城东区');
  expect(fresh.list('land_price')).toEqual([]);
  expect(server.log).toContain('an update was refused');

  // The office itself may.
  const office = await new Client(server.url, name, { token: await token(server, 'zhugui') }).synced();
  office.doc.getArray('land_price').push(['3000']);
  await expect.poll(() => fresh.list('land_price')).toEqual(['3000']);

  for (const client of [owner, looker, other, fresh, office]) {
    client.destroy();
  }
});

test('a ticket opens one socket, and no token stands in an address', async ({ enter, server, request }) => {
  const page = await enter('qiye');
  const name = await room(page, 'project');
  const by = await token(server, 'qiye');
  const asked = await request.post(`${server.url}/collab/ticket`, { headers: { authorization: `Bearer ${by}` } });
  const { ticket } = (await asked.json()) as { ticket: string };
  const client = await new Client(server.url, name, { ticket }).synced();
  expect(client.text('project_name')).toContain('共同填写');
  client.destroy();
  for (const [query, status] of [
    [`ticket=${ticket}`, 401],
    [`token=${by}`, 400],
  ] as const) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/collab/${name}?${query}`);
    const refused = new Promise((resolve) =>
      socket.once('unexpected-response', (sent, response) => {
        resolve(response.statusCode);
        sent.destroy();
      }),
    );
    socket.once('error', () => {});
    expect(await refused, query).toBe(status);
  }
});

test('garbage ends that connection with a reason, never the room', async ({ enter, server }) => {
  const page = await enter('qiye');
  const name = await room(page, 'applicant');
  const cookie = await cookieOf(page);
  const good = await new Client(server.url, name, { cookie }).synced();
  const address = `${server.url.replace('http', 'ws')}/collab/${name}`;
  for (const [bytes, why] of [
    [Buffer.alloc(40, 255), 'a number is too long'],
    [Buffer.from([0, 2, 9, 1]), 'the frame ends too early'],
    [Buffer.from([0, 2, 4, 1, 1, 200, 200]), 'not an update'],
    ['text', 'frames are binary'],
  ] as const) {
    const socket = new WebSocket(address, { headers: { cookie } });
    const closed = new Promise<[number, string]>((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)])));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(bytes);
    expect(await closed).toEqual([1003, why]);
  }
  good.doc.getText('applicant_name').insert(0, '甲');
  const another = await new Client(server.url, name, { cookie }).synced();
  await expect.poll(() => another.text('applicant_name')).toMatch(/^甲/);
  good.destroy();
  another.destroy();

  // Without a session, of another project's people, from another site: not let in.
  const refusal = async (headers: Record<string, string>): Promise<number | undefined> =>
    new Promise((resolve) => {
      const socket = new WebSocket(address, { headers });
      socket.once('unexpected-response', (request, response) => {
        resolve(response.statusCode);
        request.destroy();
      });
      socket.once('error', () => {});
      socket.once('open', () => resolve(undefined));
    });
  expect(await refusal({})).toBe(401);
  const stranger = await enter('qiye2');
  expect(await refusal({ cookie: await cookieOf(stranger) })).toBe(404);
  expect(await refusal({ cookie, origin: 'https://evil.example' })).toBe(403);
  await visit(page, '/projects');
});

test('two servers on one PostgreSQL hold the same room', async ({}) => {
  test.slow();
  const database = await Server.postgres();
  const one = await Server.create(database);
  const two = await Server.create(database, one);
  try {
    await one.start();
    await two.start();
    const opened = await one.cli('project', 'open', '--login', 'qiye', '--name', named('两台服务器'), '--area', '科技城');
    const name = `${opened.stdout.trim()}.project`;
    const by = { token: await token(one, 'qiye') };
    const a = await new Client(one.url, name, by).synced();
    const b = await new Client(two.url, name, by).synced();
    const field = 'construction_content';
    a.doc.getText(field).insert(0, '甲机');
    await expect.poll(() => b.text(field)).toBe('甲机');
    b.doc.getText(field).insert(2, '乙机');
    await expect.poll(() => a.text(field)).toBe('甲机乙机');
    // Both at once, many times: each server stores its own and hears the other's.
    for (let i = 0; i < 50; i += 1) {
      a.doc.getText(field).insert(0, 'a');
      b.doc.getText(field).insert(b.text(field).length, 'b');
    }
    for (const client of [a, b]) {
      await expect.poll(() => client.text(field)).toBe(`${'a'.repeat(50)}甲机乙机${'b'.repeat(50)}`);
    }
    // So many that each merges what is stored while the other is still reading it.
    for (let i = 0; i < 1500; i += 1) {
      (i % 3 === 0 ? a : b).doc.getText(field).insert(0, 'c');
      if (i % 10 === 0) {
        await new Promise(setImmediate);
      }
    }
    for (const client of [a, b]) {
      await expect.poll(() => client.text(field).length, { timeout: 20_000 }).toBe(1604);
    }
    expect(a.text(field)).toBe(b.text(field));
    // Who is where is told across servers.
    b.provider.awareness.setLocalState({ field });
    await expect.poll(() => [...a.provider.awareness.getStates().values()].map((s) => s['user']?.name)).toContain('王敏');
    // One ends without a word; the other has everything.
    await one.kill();
    const c = await new Client(two.url, name, by).synced();
    expect(c.text(field)).toBe(a.text(field));
    for (const client of [a, b, c]) {
      client.destroy();
    }
  } finally {
    await one.remove();
    await two.remove();
  }
});
