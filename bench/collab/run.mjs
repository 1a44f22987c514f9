// Writing together: 20 documents with 5 clients each, every client 10 edits a second. Measured is the time from an
// edit to each other client of its document, and what the server's process takes meanwhile. Clients are the npm
// packages as they are: y-websocket for ours, @hocuspocus/provider for @hocuspocus/server.
//
//   QUANLIAN_BIN=…/quanlian node run.mjs [seconds] [documents] [clients]

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import WebSocket from 'ws';
import { WebsocketProvider } from 'y-websocket';
import * as Y from 'yjs';

const [SECONDS = 20, DOCUMENTS = 20, CLIENTS = 5] = process.argv.slice(2).map(Number);
const EDITS_A_SECOND = 10;
const FIELD = 'construction_content';
/** Fields hold 4000 characters: the oldest go. */
const KEEP = 2500;
const folder = mkdtempSync(join(tmpdir(), 'quanlian-bench-'));

const freePort = () =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });

/** CPU seconds of a process, its resident memory (MB) and what of that is its own (KB), from /proc. */
function taken(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kilobytes = (name) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)[1]);
  return { cpu: (Number(stat[11]) + Number(stat[12])) / 100, memory: kilobytes('VmRSS') / 1024, own: kilobytes('RssAnon') };
}

async function started(child, sign) {
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => String(text).includes(sign) && resolve());
    child.once('exit', (code) => reject(new Error(`the server ended with ${code}`)));
  });
}

/** Ours, with a project for each document: the rooms are sections of their sheets. */
async function quanlian() {
  const bin = process.env.QUANLIAN_BIN;
  const database = process.env.QUANLIAN_BENCH_DATABASE || `sqlite:${join(folder, 'bench.db')}`;
  const port = await freePort();
  // All it makes goes with the folder, the key it signs with too.
  const own = ['--documents', join(folder, 'documents'), '--keys', join(folder, 'keys')];
  const child = spawn(bin, ['serve', '--demo', '--listen', `127.0.0.1:${port}`, '--database', database, ...own], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await started(child, 'quanlian is at');
  const run = (...args) => execFileSync(bin, [...args, '--database', database, ...own], { encoding: 'utf8' }).trim();
  const token = run('account', 'token', '--login', 'qiye');
  // A token goes in a header: y-websocket gives the class the address alone.
  class WithToken extends WebSocket {
    constructor(address) {
      super(address, [], { headers: { authorization: `Bearer ${token}` } });
    }
  }
  const rooms = [];
  for (let i = 0; i < DOCUMENTS; i += 1) {
    rooms.push(`${run('project', 'open', '--login', 'qiye', '--name', `bench ${i}`, '--area', '科技城')}.project`);
  }
  const join_ = (room) => {
    const doc = new Y.Doc();
    const provider = new WebsocketProvider(`ws://127.0.0.1:${port}/collab`, room, doc, {
      WebSocketPolyfill: WithToken,
      disableBc: true,
    });
    return { doc, provider, synced: new Promise((resolve) => provider.once('sync', resolve)) };
  };
  return { name: 'quanlian', child, rooms, join: join_ };
}

/** The same server twice: as its documentation starts it, and storing each edit at once, as ours does. */
async function hocuspocus(debounce) {
  const port = await freePort();
  const child = spawn(process.execPath, ['hocuspocus.mjs', port, join(folder, `hocuspocus-${debounce}`), debounce], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await started(child, 'ready');
  const rooms = Array.from({ length: DOCUMENTS }, (_, i) => `bench-${i}`);
  const join_ = (room) => {
    const doc = new Y.Doc();
    const websocketProvider = new HocuspocusProviderWebsocket({ url: `ws://127.0.0.1:${port}`, WebSocketPolyfill: WebSocket });
    let done;
    const synced = new Promise((resolve) => (done = resolve));
    const provider = new HocuspocusProvider({ websocketProvider, name: room, document: doc, onSynced: () => done() });
    provider.attach();
    return { doc, provider, websocketProvider, synced };
  };
  const name = debounce === 0 ? '… storing each edit' : '@hocuspocus/server';
  return { name, child, rooms, join: join_ };
}

async function measure(server) {
  const idle = taken(server.child.pid);
  const sent = new Map();
  const latencies = [];
  const clients = [];
  let first;
  for (const room of server.rooms) {
    for (let c = 0; c < CLIENTS; c += 1) {
      const me = clients.length;
      const client = server.join(room);
      const text = client.doc.getText(FIELD);
      text.observe((event, transaction) => {
        if (transaction.local) {
          return;
        }
        const now = performance.now();
        for (const { insert } of event.delta) {
          for (const mark of String(insert ?? '').matchAll(/(\d+)\.(\d+);/g)) {
            const at = sent.get(mark[0]);
            if (at !== undefined && Number(mark[1]) !== me) {
              latencies.push(now - at);
            }
          }
        }
      });
      clients.push({ ...client, text, me, n: 0 });
      // One after another, as people come.
      await client.synced;
    }
    first ??= taken(server.child.pid);
  }
  const before = taken(server.child.pid);
  const began = performance.now();
  const pause = 1000 / EDITS_A_SECOND / clients.length;
  // One after another all the time, as people write: not all in the same millisecond.
  let next = 0;
  let due = began;
  while (performance.now() - began < SECONDS * 1000) {
    while (due <= performance.now()) {
      const client = clients[next % clients.length];
      const mark = `${client.me}.${client.n};`;
      client.n += 1;
      sent.set(mark, performance.now());
      client.doc.transact(() => {
        client.text.insert(client.text.length, mark);
        if (client.text.length > KEEP) {
          client.text.delete(0, client.text.length - KEEP);
        }
      });
      next += 1;
      due += pause;
    }
    await wait(1);
  }
  await wait(1000);
  const after = taken(server.child.pid);
  const edits = next;
  const same = server.rooms.every((_, i) => {
    const group = clients.slice(i * CLIENTS, (i + 1) * CLIENTS).map((c) => c.text.toString());
    return group.every((text) => text === group[0]);
  });
  for (const client of clients) {
    client.provider.destroy();
    client.websocketProvider?.destroy();
  }
  latencies.sort((a, b) => a - b);
  const at = (share) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))];
  return {
    server: server.name,
    edits,
    'edits/s': Math.round(edits / SECONDS),
    'heard %': Number(((100 * latencies.length) / (edits * (CLIENTS - 1))).toFixed(2)),
    'p50 ms': Number(at(0.5).toFixed(2)),
    'p99 ms': Number(at(0.99).toFixed(2)),
    'max ms': Number(latencies.at(-1).toFixed(1)),
    'CPU s': Number((after.cpu - before.cpu).toFixed(2)),
    'idle MB': Number(idle.memory.toFixed(1)),
    'MB': Number(after.memory.toFixed(1)),
    // Opened, with its connections, and nothing written in it yet.
    'KB a room': Math.round((before.own - first.own) / (DOCUMENTS - 1)),
    'all the same': same,
  };
}

const results = [];
try {
  for (const start of [() => hocuspocus(2000), () => hocuspocus(0), quanlian]) {
    const server = await start();
    results.push(await measure(server));
    server.child.kill('SIGTERM');
    await new Promise((resolve) => server.child.once('exit', resolve));
  }
  console.table(results);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit(0);
