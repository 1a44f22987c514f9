// The built program, started for the tests on a free port and a database of its own.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const BUILT = fileURLToPath(new URL('../target/release/quanlian', import.meta.url));
/** The first start makes the demonstration, on a machine that may be busy. */
const START_MILLIS = 90_000;
const STOP_MILLIS = 20_000;
const POLL_MILLIS = 50;
/** Lines of the server's log that are kept to be shown with a failed test. */
const KEPT_LINES = 400;

export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => (address && typeof address === 'object' ? resolve(address.port) : reject(new Error('no free port'))));
    });
  });
}

export class Server {
  private child: ChildProcess | undefined;
  private lines: string[] = [];

  private constructor(
    private readonly program: string,
    private readonly folder: string,
    private readonly port: number,
    readonly database: string,
    /** Where documents and the signing key are: servers on one database share them. */
    private readonly store: string,
  ) {}

  /**
   * A database of its own on the tests' PostgreSQL server. Servers of one database share their keys: what was signed there by keys that
   * are gone would hold for nobody.
   */
  static async postgres(): Promise<string> {
    const base = process.env['QUANLIAN_TEST_POSTGRES'];
    if (!base) {
      throw new Error('QUANLIAN_TEST_POSTGRES names no server: run by `make test`, or with scripts/with-postgres.sh');
    }
    const name = `e2e_${process.pid}_${Date.now()}`;
    await new Promise<void>((resolve, reject) =>
      execFile('psql', ['-q', base, '-c', `create database ${name}`], (error) => (error ? reject(error) : resolve())),
    );
    return base.replace(/[^/]*$/, name);
  }

  /** Chooses port and folder; `start` starts it. Its database is a SQLite file of its own if none is given; `beside`: a server whose documents it shares. */
  static async create(database?: string, beside?: Server): Promise<Server> {
    const program = process.env['QUANLIAN_BIN'] || BUILT;
    if (!existsSync(program)) {
      throw new Error(`${program} is not there: build the release first (make run), or name it in QUANLIAN_BIN`);
    }
    const folder = await mkdtemp(join(tmpdir(), 'quanlian-end2end-'));
    return new Server(program, folder, await freePort(), database ?? `sqlite:${join(folder, 'test.db')}`, beside?.store ?? folder);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The SQLite file. */
  get file(): string {
    return join(this.folder, 'test.db');
  }

  /** The last lines the server wrote. */
  get log(): string {
    return this.lines.join('');
  }

  /** Starts it and waits until it is healthy. */
  async start(): Promise<void> {
    if (this.child) {
      throw new Error('the server runs already');
    }
    const args = ['serve', '--demo', '--listen', `127.0.0.1:${this.port}`, '--database', this.database];
    const child = spawn(this.program, args, { env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    let ended: string | undefined;
    child.once('error', (error) => (ended = error.message));
    child.once('exit', (code, signal) => (ended = `ended with ${code ?? signal}`));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => this.keep(text));
    }
    process.once('exit', () => child.kill('SIGKILL'));
    const deadline = Date.now() + START_MILLIS;
    while (!(await this.healthy())) {
      if (ended !== undefined) {
        this.child = undefined;
        throw new Error(`the server did not start: ${ended}\n${this.log}`);
      }
      if (Date.now() > deadline) {
        await this.stop();
        throw new Error(`the server was not healthy after ${START_MILLIS / 1000} s\n${this.log}`);
      }
      await wait(POLL_MILLIS);
    }
  }

  /** Asks it to end (SIGTERM) and waits until it has. */
  async stop(): Promise<void> {
    const child = this.child;
    if (!child) {
      return;
    }
    this.child = undefined;
    if (child.exitCode !== null || child.signalCode !== null) {
      return;
    }
    const exited = new Promise<true>((resolve) => child.once('exit', () => resolve(true)));
    child.kill('SIGTERM');
    const late = new AbortController();
    const inTime = await Promise.race([exited, wait(STOP_MILLIS, false, { signal: late.signal })]);
    if (!inTime) {
      child.kill('SIGKILL');
      await exited;
      throw new Error(`the server did not end within ${STOP_MILLIS / 1000} s of SIGTERM\n${this.log}`);
    }
    late.abort();
  }

  /** Ends it at once, as a crash does. */
  async kill(): Promise<void> {
    const child = this.child;
    this.child = undefined;
    if (child) {
      const exited = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      await exited;
    }
  }

  /** The same port and database again. */
  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Stops it and removes its folder. */
  async remove(): Promise<void> {
    try {
      await this.stop();
    } finally {
      await rm(this.folder, { recursive: true, force: true });
    }
  }

  /** Runs a command of the program on the same database. */
  async cli(...args: string[]): Promise<Ran> {
    return this.cliWith('', ...args);
  }

  /** The same with something typed, such as a password. */
  async cliWith(typed: string, ...args: string[]): Promise<Ran> {
    return new Promise((resolve, reject) => {
      const child = execFile(this.program, [...args, '--database', this.database], { env: this.environment() }, (error, stdout, stderr) => {
        if (error && typeof error.code !== 'number') {
          reject(error);
        } else {
          resolve({ code: Number(error?.code ?? 0), stdout, stderr });
        }
      });
      // A command that reads nothing may have ended already.
      child.stdin?.once('error', () => {}).end(typed);
    });
  }

  /** The terminal speaks English, whatever the machine's language; no other database is looked at. */
  private environment(): NodeJS.ProcessEnv {
    const { DATABASE_URL: _, ...rest } = process.env;
    const store = { QUANLIAN_DOCUMENTS: join(this.store, 'documents'), QUANLIAN_KEYS: join(this.store, 'keys') };
    return { ...rest, ...store, LC_ALL: 'C.UTF-8' };
  }

  private keep(text: string): void {
    this.lines.push(text);
    this.lines.splice(0, Math.max(0, this.lines.length - KEPT_LINES));
  }

  private async healthy(): Promise<boolean> {
    return new Promise((resolve) => {
      const request = get(`${this.url}/health`, { agent: false, timeout: 5_000 }, (response) => {
        response.resume();
        resolve(response.statusCode === 200);
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve(false));
    });
  }
}
