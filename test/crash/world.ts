// A small world around processes that die: emulated Slack, cluster and Prometheus, a real database, and children that are the app.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'pg';
import { type Cluster, startCluster } from '../../sandbox/cluster/server.ts';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import { wordsOf } from '../../sandbox/slack/control.ts';
import { type RunningSlack, startSlack } from '../../sandbox/slack/server.ts';
import type { Message } from '../../sandbox/slack/workspace.ts';
import { createStore } from '../../src/adapters/store/store.ts';
import { actionIds } from '../../src/message/action-ids.ts';
import type { PlanState } from '../../src/plan/plan-state.ts';
import type { CheckpointName, Store } from '../../src/ports.ts';
import { verifyStored } from '../../src/workflow/audit-trail.ts';
import { createDatabase } from '../database.ts';
import { freePort } from '../free-port.ts';
import { onlyProfile } from '../run-headroom.ts';
import {
  alertname,
  channel,
  configText,
  namespace,
  type Person,
  people,
  workerDeployment,
} from '../simulation/scene.ts';

const alertToken = 'alertmanager-token-for-tests';
const tokens = { bot: 'xoxb-1-test', app: 'xapp-1-test' };
const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export interface WorldOptions {
  /** The bundled child program. */
  readonly program: string;
  /** An address of a database instead of a fresh one on the server of the test run. */
  readonly databaseUrl?: string;
  /** How long a pod takes to become ready. (Default: 20.) */
  readonly podStartMs?: number;
  /** headroom.yaml. (Default: the system of the story.) */
  readonly config?: string;
  /** (Default: that of gl-008.) */
  readonly profilesDir?: string;
}

interface Database {
  readonly url: string;
  drop(): Promise<void>;
}

/** One process of the app. */
export interface Child {
  /** When the app said that it was up, in milliseconds since the epoch. */
  readonly readyAt: number;
  readonly url: string;
  /** How it ended: an exit code, or the signal that killed it. */
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  readonly hasEnded: boolean;
  /** The last lines it wrote. */
  log(): string;
  signal(name: 'SIGTERM' | 'SIGKILL'): void;
}

export class World {
  readonly slack: RunningSlack;
  readonly cluster: Cluster;
  readonly prometheus: RunningPrometheus;
  readonly database: Database;
  readonly pool: Pool;
  readonly store: Store;
  /** Every number of replicas the worker has had since it was seeded, whoever set it. */
  readonly sizes: number[] = [];
  readonly #options: WorldOptions;
  readonly #directory: string;
  readonly #children: { readonly process: ChildProcess; readonly log: () => string }[] = [];

  private constructor(
    parts: Pick<World, 'slack' | 'cluster' | 'prometheus' | 'database'>,
    options: WorldOptions,
    directory: string,
  ) {
    this.slack = parts.slack;
    this.cluster = parts.cluster;
    this.prometheus = parts.prometheus;
    this.database = parts.database;
    this.#options = options;
    this.#directory = directory;
    this.pool = new Pool({ connectionString: this.database.url, max: 2 });
    this.pool.on('error', () => undefined);
    this.store = createStore(this.pool);
  }

  /** The five workers and the series of the story: backlog 812, 300 arriving a minute. */
  static async start(options: WorldOptions): Promise<World> {
    const slack = await startSlack({
      manifestPath: here('../fixtures/slack/manifest.yml'),
      signingSecret: 'signing-secret-for-tests',
      botToken: tokens.bot,
      appToken: tokens.app,
      deliverTo: 'socket',
      rateLimits: true,
    });
    const startMs = options.podStartMs ?? 20;
    const cluster = await startCluster({ timings: { startMs, stopMs: 20 } });
    const prometheus = await startPrometheus({ scrapeIntervalMs: 200 });
    const database =
      options.databaseUrl === undefined
        ? await createDatabase()
        : { url: options.databaseUrl, drop: async () => undefined };
    const directory = await mkdtemp(join(tmpdir(), 'headroom-crash-'));
    await writeFile(join(directory, 'kubeconfig'), cluster.kubeconfig());
    await writeFile(
      join(directory, 'headroom.yaml'),
      options.config ?? configText({ mode: 'apply', required: 1 }),
    );
    const world = new World({ slack, cluster, prometheus, database }, options, directory);
    cluster.control.seed([workerDeployment(5)]);
    cluster.control.settle();
    cluster.control.onChange(({ name, replicas }) => {
      if (name === 'worker' && world.sizes.at(-1) !== replicas) world.sizes.push(replicas);
    });
    world.sizes.push(5);
    world.measureBacklog(812);
    prometheus.control.setRate(
      { name: 'inspections_enqueued_total', labels: { namespace } },
      300 / 60,
    );
    return world;
  }

  measureBacklog(jobs: number): void {
    this.prometheus.control.set({ name: 'inspection_queue_depth', labels: { namespace } }, jobs);
  }

  /** Starts a process of the app that kills itself when it passes a point, the first time or later, and waits until it is up. */
  async child(dieAt?: CheckpointName, dieOn = 1): Promise<Child> {
    const port = await freePort();
    const lines: string[] = [];
    const child = spawn(process.execPath, [this.#options.program], {
      env: {
        PATH: process.env['PATH'],
        SLACK_BOT_TOKEN: tokens.bot,
        SLACK_APP_TOKEN: tokens.app,
        SLACK_API_URL: this.slack.apiUrl,
        DATABASE_URL: this.database.url,
        KUBECONFIG: join(this.#directory, 'kubeconfig'),
        PROMETHEUS_URL: this.prometheus.url,
        ALERTMANAGER_TOKEN: alertToken,
        HEADROOM_CONFIG: join(this.#directory, 'headroom.yaml'),
        PROFILES_DIR: this.#options.profilesDir ?? onlyProfile(),
        MIGRATIONS: here('../../migrations'),
        HOST: '127.0.0.1',
        PORT: String(port),
        ...(dieAt !== undefined && { DIE_AT: dieAt, DIE_ON: String(dieOn) }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = () => lines.join('').split('\n').slice(-40).join('\n');
    this.#children.push({ process: child, log });
    const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
      child.once('exit', (code, signal) => resolve({ code, signal }));
    });
    let isUp = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8');
      stream.on('data', (text: string) => {
        lines.push(text);
        isUp ||= text.includes('Headroom is up');
      });
    }
    const url = `http://127.0.0.1:${port}`;
    await this.until('the app being up', async () => {
      if (child.exitCode !== null || child.signalCode !== null) {
        throw new Error(`the app ended before it was up:\n${log()}`);
      }
      return isUp || undefined;
    });
    const signal = (name: 'SIGTERM' | 'SIGKILL') => void child.kill(name);
    return {
      readyAt: Date.now(),
      url,
      ended,
      get hasEnded() {
        return child.exitCode !== null || child.signalCode !== null;
      },
      log,
      signal,
    };
  }

  /** Fires the alert of the story and waits for its card, which Slack has and the database knows. */
  async propose(child: Child): Promise<Message> {
    const answer = await fetch(`${child.url}/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${alertToken}` },
      body: JSON.stringify({ version: '4', alerts: [usualAlert] }),
    });
    if (answer.status !== 200) throw new Error(`the alert was answered ${answer.status}`);
    const card = await this.card('Waiting for approval');
    await this.until('the card being stored as sent', async () => {
      const { rows } = await this.pool.query('select from message where sent < wanted');
      return rows.length === 0 || undefined;
    });
    return card;
  }

  /** Clicks Approve; an app that dies of it answers nothing, and that is no error here. */
  async approve(card: Message, as: Person = 'ann'): Promise<void> {
    await this.slack.control.click(people[as], channel, card.ts, actionIds.approve);
  }

  async command(line: string, as: Person): Promise<void> {
    await this.slack.control.command(people[as], channel, line);
  }

  /** Waits for the newest card that says this. */
  card(says: string, timeoutMs?: number): Promise<Message> {
    const look = async () => (await this.cards()).findLast((card) => wordsOf(card).includes(says));
    return this.until(`a card that says "${says}"`, look, timeoutMs);
  }

  async cards(): Promise<readonly Message[]> {
    return (await this.slack.control.messages(channel)).filter(
      ({ ts, threadTs }) => (threadTs ?? ts) === ts,
    );
  }

  /** Changes the workload as somebody who does not know of any plan. */
  edit(replicas: number): void {
    const target = { kind: 'Deployment', namespace, name: 'worker' };
    this.cluster.control.patch(target, { spec: { replicas } }, 'kubectl-edit');
  }

  /** Requests to change replicas, dry runs left out; an answer that was lost has status 0. */
  writes() {
    return this.cluster.control.requests.writes().filter(({ path }) => path.endsWith('/scale'));
  }

  async plan(): Promise<{
    readonly id: string;
    readonly state: PlanState;
    readonly reason: string | null;
  }> {
    const { rows } = await this.pool.query<{ id: string; state: PlanState; reason: string | null }>(
      'select id, state, reason from plan',
    );
    const [only] = rows;
    if (only === undefined || rows.length !== 1) throw new Error(`there are ${rows.length} plans`);
    return only;
  }

  /** Waits for the plan's state. */
  async planIs(state: PlanState, timeoutMs?: number): Promise<void> {
    const look = async () => (await this.plan()).state === state || undefined;
    await this.until(`the plan being ${state}`, look, timeoutMs);
  }

  /** Every state the plan has been in, from the audit trail. */
  async history(): Promise<readonly string[]> {
    const entries = await this.audit();
    return entries.map(({ event }) => event).filter((event) => event.startsWith('plan.'));
  }

  async audit(): Promise<readonly { readonly event: string; readonly detail?: unknown }[]> {
    const { rows } = await this.pool.query<{ body: string }>(
      'select body from audit_entry order by seq',
    );
    return rows.map(({ body }) => JSON.parse(body) as { event: string });
  }

  async auditIsIntact(): Promise<boolean> {
    return (await verifyStored(this.store)).kind === 'intact';
  }

  async count(table: 'vote' | 'target_lock' | 'plan' | 'run'): Promise<number> {
    const { rows } = await this.pool.query<{ count: string }>(`select count(*) from ${table}`);
    return Number(rows[0]?.count);
  }

  /** Polls until there is a value. Trouble with the database while it is down is no answer yet. */
  async until<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 40_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (Date.now() > deadline) {
        const all = [
          ...(await this.slack.control.messages(channel)),
          ...(await this.slack.control.ephemerals(people.ann)),
        ];
        const seen = all.map(wordsOf).join('\n---\n');
        const logs = this.#children.map(({ log }) => log()).join('\n======\n');
        throw new Error(`waited in vain for ${what}; the channel says:\n${seen}\nlogs:\n${logs}`);
      }
      await sleep(25);
    }
  }

  /** Ends every process and takes the world down. */
  async stop(): Promise<void> {
    for (const { process: child } of this.#children) {
      if (child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child.once('exit', resolve));
        child.kill('SIGKILL');
        await ended;
      }
    }
    await Promise.all([this.slack.stop(), this.cluster.stop(), this.prometheus.stop()]);
    await this.pool.end();
    await this.database.drop();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

const usualAlert = {
  status: 'firing',
  labels: { alertname, namespace, severity: 'warning' },
  annotations: { summary: 'Inspection backlog is 812 jobs' },
  startsAt: '2026-11-22T03:02:11.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: 'c0ffee0123456789',
};
