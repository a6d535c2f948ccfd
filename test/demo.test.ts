// The demo as a person starts it: a process of its own that plays the story, ends when asked, and leaves nothing running.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isAlive } from '../sandbox/postgres/processes.ts';
import { removePostgres } from '../sandbox/postgres/server.ts';
import { connectSlackControl } from '../sandbox/slack/remote-control.ts';
import { actionIds } from '../src/message/action-ids.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
/** The longest takes 45 s on an idle machine. */
const timeoutMs = 180_000;

let state: string;
let demos: Demo[];

beforeEach(async () => {
  state = await mkdtemp(join(tmpdir(), 'headroom-demo-test-'));
  demos = [];
});

afterEach(async () => {
  for (const demo of demos) {
    demo.process.kill('SIGKILL');
    await demo.ended;
  }
  await removePostgres(join(state, 'postgres'));
  await rm(state, { recursive: true, force: true });
});

test(
  'the script plays every step, also where a killed demo was, and leaves no process behind',
  async () => {
    const killed = start();
    await killed.says('Headroom is ready');
    const left = await tracesOf(killed);
    const second = start();
    expect(await second.ended).toBe(1);
    expect(second.output()).toContain('A demo already runs here');
    killed.process.kill('SIGKILL');
    await killed.ended;
    await expectGone(left);

    const demo = start('--script', '--seed', '7');
    await demo.says('Headroom is ready');
    const traces = await tracesOf(demo);
    expect(await demo.ended, demo.output()).toBe(0);
    const steps = demo.output().matchAll(/^ {2}✓ +\d+\.\d s {2}(.*)$/gm);
    expect([...steps].map(([, words]) => words)).toEqual([
      expect.stringMatching(/stand-ins/),
      expect.stringMatching(/PostgreSQL runs/),
      expect.stringMatching(/Headroom is ready: .* over Socket Mode/),
      expect.stringMatching(/InspectionQueueBacklog posted .* answered 200/),
      expect.stringMatching(/812 jobs wait, 300 arrive a minute, 5 → at least 8 workers/),
      expect.stringMatching(/eve clicks Approve: refused, and only eve is told/),
      expect.stringMatching(/ann clicks Approve/),
      expect.stringMatching(/worker scaled 5 → 8 by one patch of its scale/),
      expect.stringMatching(/rollout seen ready: 8 of 8/),
      expect.stringMatching(/metric seen below its target of 250/),
      expect.stringMatching(/alert resolved: delivered and answered 200/),
      expect.stringMatching(/outcome posted: it helped; audit checkpoint/),
      expect.stringMatching(/audit verify --expect .*intact/),
      expect.stringMatching(/InspectionQueueBacklog posted .* answered 200/),
      expect.stringMatching(/541 jobs wait, .* 5 → at least 8 workers/),
      expect.stringMatching(/bob clicks Deny/),
      expect.stringMatching(/audit verify --expect .*intact/),
    ]);
    await expectGone(traces);
  },
  timeoutMs,
);

test(
  'over signed HTTP a person finds the page, approves, and ends everything with Ctrl-C',
  async () => {
    const demo = start('--http');
    const [, page = ''] = await demo.says(/Open +(http:\/\/127\.0\.0\.1:\d+)\//);
    const traces = await tracesOf(demo);
    const control = connectSlackControl(page);
    const [card] = await control.messages('C0CAPACITY1');
    await control.click('U0ANN00001', 'C0CAPACITY1', card?.ts ?? '', actionIds.approve);
    await demo.says('approved: the worker has 8 of 8 pods ready');
    demo.process.kill('SIGINT');
    expect(await demo.ended, demo.output()).toBe(0);
    await expectGone([...traces, Number(new URL(page).port)]);
  },
  timeoutMs,
);

test(
  'the script fails when a step does not happen, and says why',
  async () => {
    const demo = start('--script');
    await demo.says('Headroom is ready');
    const traces = await tracesOf(demo);
    process.kill(await appOf(demo), 'SIGKILL');
    expect(await demo.ended).toBe(1);
    expect(demo.output()).toMatch(/^ {2}✗ .*the app was ended by SIGKILL$/m);
    expect(demo.output()).toContain("The end of the app's log");
    await expectGone(traces);
  },
  timeoutMs,
);

interface Demo {
  readonly process: ChildProcess;
  readonly ended: Promise<number | null>;
  output(): string;
  /** Waits until its output holds this. */
  says(words: string | RegExp): Promise<readonly string[]>;
}

function start(...flags: readonly string[]): Demo {
  const child = spawn(process.execPath, ['sandbox/demo.mjs', '--state', state, ...flags], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const collect = (part: string): void => {
    output += part;
  };
  child.stdout.setEncoding('utf8').on('data', collect);
  child.stderr.setEncoding('utf8').on('data', collect);
  const demo: Demo = {
    process: child,
    ended: new Promise((done) => child.once('close', (code) => done(code))),
    output: () => output,
    says: (words) =>
      until(
        () => `the demo to say ${words}; it said:\n${output}`,
        () => {
          const found = typeof words === 'string' ? wordsIn(output, words) : words.exec(output);
          if (found !== null) return found;
          if (child.exitCode !== null) throw new Error(`the demo ended and said:\n${output}`);
          return undefined;
        },
      ),
  };
  demos.push(demo);
  return demo;
}

function wordsIn(text: string, words: string): readonly string[] | null {
  return text.includes(words) ? [words] : null;
}

async function appOf(demo: Demo): Promise<number> {
  return until(
    () => `the app of the demo; it said:\n${demo.output()}`,
    async () => {
      const pid = Number(await readFile(join(state, 'app.pid'), 'utf8').catch(() => ''));
      return pid > 0 ? pid : undefined;
    },
  );
}

/** The app's process and PostgreSQL's port: what must be gone afterwards. */
async function tracesOf(demo: Demo): Promise<readonly number[]> {
  const [, port = ''] = await demo.says(/PostgreSQL runs on port (\d+)/);
  return [await appOf(demo), Number(port)];
}

async function expectGone([app = 0, ...ports]: readonly number[]): Promise<void> {
  await until(
    () => `the app's process ${app} to be gone`,
    async () => ((await isAlive(app)) ? undefined : true),
  );
  for (const port of ports) {
    await until(
      () => `port ${port} to be closed`,
      async () => ((await isListening(port)) ? undefined : true),
    );
  }
}

function isListening(port: number): Promise<boolean> {
  return new Promise((done) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => done(true));
    socket.once('error', () => done(false));
    socket.once('close', () => socket.destroy());
    socket.once('connect', () => socket.destroy());
  });
}

async function until<T>(
  what: () => string,
  look: () => Promise<T | undefined> | T | undefined,
): Promise<T> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what()}`);
    await sleep(50);
  }
}
