// The whole app in a small world: real handlers, workflows, queue and PostgreSQL; emulated Slack, cluster and Prometheus.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { type Cluster, startCluster } from '../sandbox/cluster/server.ts';
import { type RunningPrometheus, startPrometheus } from '../sandbox/prometheus/server.ts';
import { type SlackControl, wordsOf } from '../sandbox/slack/control.ts';
import { type RunningSlack, startSlack } from '../sandbox/slack/server.ts';
import type { Message } from '../sandbox/slack/workspace.ts';
import { createLog } from '../src/adapters/log.ts';
import { loadConfig, loadProfiles, migrationsDir } from '../src/load-files.ts';
import { type AppOptions, type RunningApp, startApp } from '../src/main.ts';
import { actionIds } from '../src/message/action-ids.ts';
import type { Checkpoint, Clock } from '../src/ports.ts';
import { type FileSettings, parseEnvironment } from '../src/settings/environment.ts';
import { createDatabase, type TestDatabase } from './database.ts';
import { freePort } from './free-port.ts';

/** People of the emulated workspace and what headroom.yaml says of them. */
export const people = {
  ann: 'U0ANN00001',
  bob: 'U0BOB00001',
  eve: 'U0EVE00001',
  oncall: 'U0ONCALL01',
} as const;
export type Person = keyof typeof people;
export const channel = 'C0CAPACITY1';
export const namespace = 'greenlang-gl008';
export const alertToken = 'alertmanager-token-for-tests';
export const auditToken = 'audit-token-for-tests';

const tokens = { bot: 'xoxb-1-test', app: 'xapp-1-test', signing: 'signing-secret-for-tests' };
const manifestPath = fileURLToPath(new URL('./fixtures/slack/manifest.yml', import.meta.url));

export interface BotOptions {
  /** (Default: 'socket'.) */
  readonly mode?: 'socket' | 'http';
  /** (Default: 'apply'.) */
  readonly systemMode?: 'observe' | 'propose' | 'apply';
  /** (Default: one rule, one of Ann and Bob, Olga on call.) */
  readonly policy?: string;
  readonly rateLimits?: boolean;
  readonly checkpoint?: Checkpoint;
  /** The systems of headroom.yaml, in place of gl-008. Their namespaces start empty. */
  readonly systems?: string;
  /** (Default: the profiles that ship.) */
  readonly profilesDir?: string;
  /** Pods become ready this much faster than usual. (Default: 50.) */
  readonly clusterSpeed?: number;
  /** How far apart samples are; weeks of a past need longer than the moments of a story. (Default: 200.) */
  readonly scrapeIntervalMs?: number;
  /** An answer of the cluster that takes longer is none. (Default: that of the app.) */
  readonly clusterDeadlineMs?: number;
  /** A build that takes longer is ended. (Default: that of the app.) */
  readonly buildMs?: number;
  /** When a build waits for standbys. (Default: that of the app.) */
  readonly lag?: AppOptions['lag'];
}

const usualPolicy = `
policy:
  rules:
    - name: everyone
      systems: ["*"]
      approvers: [${people.ann}, ${people.bob}]
      required: 1
      oncall: { users: [${people.oncall}], mayApproveOwnWithReason: true }
      stricter: { required: 2 }
operators: [${people.ann}]
`;

/** Sleeps are this much shorter than asked for, so that a story takes seconds. */
const hurry = 5;

/** The real time, with a hand on it; who sleeps is woken early. */
export class MovableClock implements Clock {
  #aheadMs = 0;
  now = (): Date => new Date(Date.now() + this.#aheadMs);
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    await sleep(ms / hurry, undefined, signal === undefined ? {} : { signal }).catch(
      () => undefined,
    );
  }
  advance(ms: number): void {
    this.#aheadMs += ms;
  }
}

const read = new Map<string, ReturnType<typeof loadProfiles>>();

/** Reads each folder of profiles once: a story takes hardly longer than reading them again. */
function profilesOf(settings: FileSettings): ReturnType<typeof loadProfiles> {
  const folder = settings.profilesDir ?? '';
  const profiles = read.get(folder) ?? loadProfiles(settings);
  read.set(folder, profiles);
  return profiles;
}

export class Bot {
  readonly slack: RunningSlack;
  readonly cluster: Cluster;
  readonly prometheus: RunningPrometheus;
  readonly database: TestDatabase;
  readonly clock: MovableClock;
  readonly url: string;
  /** Lines the app has logged. */
  readonly logged: string[] = [];
  readonly bugs: unknown[] = [];
  #app: RunningApp | undefined;
  readonly #start: (bot: Bot) => Promise<RunningApp>;
  readonly #directory: string;

  private constructor(
    parts: Pick<Bot, 'slack' | 'cluster' | 'prometheus' | 'database' | 'clock' | 'url'>,
    directory: string,
    start: (bot: Bot) => Promise<RunningApp>,
  ) {
    this.slack = parts.slack;
    this.cluster = parts.cluster;
    this.prometheus = parts.prometheus;
    this.database = parts.database;
    this.clock = parts.clock;
    this.url = parts.url;
    this.#directory = directory;
    this.#start = start;
  }

  static async start(options: BotOptions = {}): Promise<Bot> {
    const clock = new MovableClock();
    const [port, slackPort] = await Promise.all([freePort(), freePort()]);
    const mode = options.mode ?? 'socket';
    const slack = await startSlack({
      manifestPath,
      signingSecret: tokens.signing,
      botToken: tokens.bot,
      appToken: tokens.app,
      deliverTo:
        mode === 'socket' ? 'socket' : { url: `http://127.0.0.1:${slackPort}/slack/events` },
      rateLimits: options.rateLimits ?? false,
    });
    const cluster = await startCluster({ speed: options.clusterSpeed ?? 50 });
    const prometheus = await startPrometheus({
      clock,
      scrapeIntervalMs: options.scrapeIntervalMs ?? 200,
    });
    const database = await createDatabase();
    const directory = await mkdtemp(join(tmpdir(), 'headroom-bot-'));
    const kubeconfig = join(directory, 'kubeconfig');
    const configFile = join(directory, 'headroom.yaml');
    await writeFile(kubeconfig, cluster.kubeconfig());
    await writeFile(configFile, configText(options));
    const environment = parseEnvironment({
      SLACK_BOT_TOKEN: tokens.bot,
      ...(mode === 'socket'
        ? { SLACK_APP_TOKEN: tokens.app }
        : { SLACK_SIGNING_SECRET: tokens.signing }),
      SLACK_API_URL: slack.apiUrl,
      SLACK_PORT: String(slackPort),
      DATABASE_URL: database.url,
      KUBECONFIG: kubeconfig,
      PROMETHEUS_URL: prometheus.url,
      ALERTMANAGER_TOKEN: alertToken,
      AUDIT_TOKEN: auditToken,
      HEADROOM_CONFIG: configFile,
      ...(options.profilesDir !== undefined && { PROFILES_DIR: options.profilesDir }),
      HOST: '127.0.0.1',
      PORT: String(port),
    });
    if (!environment.ok) throw new Error(JSON.stringify(environment.mistakes));
    const { settings } = environment;
    const profiles = await profilesOf(settings);
    if (!profiles.ok) throw new Error(profiles.mistakes.join('\n'));
    const config = await loadConfig(settings, profiles.value);
    if (!config.ok) throw new Error(config.mistakes.join('\n'));
    const bot = new Bot(
      { slack, cluster, prometheus, database, clock, url: `http://127.0.0.1:${port}` },
      directory,
      (self) =>
        startApp({
          settings,
          config: config.value,
          profiles: profiles.value,
          migrations: migrationsDir,
          clock,
          log: createLog('debug', (line) => self.logged.push(line)),
          onBug: (error) => self.bugs.push(error),
          ...(options.checkpoint && { checkpoint: options.checkpoint }),
          ...(options.clusterDeadlineMs && { clusterDeadlineMs: options.clusterDeadlineMs }),
          ...(options.buildMs && { buildMs: options.buildMs }),
          ...(options.lag && { lag: options.lag }),
        }),
    );
    bot.seed();
    await bot.startApp();
    return bot;
  }

  /** The five workers and the series of the story: backlog 812, 300 arriving a minute. */
  seed(): void {
    this.cluster.control.seed([deployment('worker', 5), deployment('steam-trap-inspector', 4)]);
    this.cluster.control.settle();
    this.measure({ backlog: 812, arrivalPerMinute: 300 });
  }

  measure(now: { readonly backlog?: number; readonly arrivalPerMinute?: number }): void {
    const { control } = this.prometheus;
    if (now.backlog !== undefined) {
      control.set({ name: 'inspection_queue_depth', labels: { namespace } }, now.backlog);
    }
    if (now.arrivalPerMinute !== undefined) {
      control.setRate(
        { name: 'inspections_enqueued_total', labels: { namespace } },
        now.arrivalPerMinute / 60,
      );
    }
  }

  async startApp(): Promise<void> {
    this.#app = await this.#start(this);
  }

  async stopApp(): Promise<void> {
    await this.#app?.stop();
    this.#app = undefined;
  }

  /** Stops everything; fails when the app met a bug. */
  async stop(): Promise<void> {
    await this.stopApp();
    await Promise.all([this.slack.stop(), this.cluster.stop(), this.prometheus.stop()]);
    await this.database.drop();
    await rm(this.#directory, { recursive: true, force: true });
    expect(this.bugs).toEqual([]);
  }

  /** Delivers one alert as Alertmanager does. */
  alert(alert: Partial<TestAlert> = {}): Promise<Response> {
    return this.deliver([alert]);
  }

  async deliver(
    alerts: readonly Partial<TestAlert>[],
    token: string = alertToken,
  ): Promise<Response> {
    return fetch(`${this.url}/alertmanager`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      body: JSON.stringify(delivery(alerts.map((alert) => ({ ...usualAlert, ...alert })))),
    });
  }

  get control(): SlackControl {
    return this.slack.control;
  }

  /** The newest card in the channel that says this; waits for it. */
  async card(says = ''): Promise<Message> {
    return this.until(`a card that says "${says}"`, async () => {
      const cards = (await this.control.messages(channel)).filter(isCard);
      return cards.findLast((message) => words(message).includes(says));
    });
  }

  /** The reply under a card that says this; waits for it. */
  async reply(card: Message, says: string): Promise<Message> {
    return this.until(`a reply that says "${says}"`, async () =>
      (await this.control.messages(channel)).findLast(
        (message) =>
          message.threadTs === card.ts && message.ts !== card.ts && words(message).includes(says),
      ),
    );
  }

  /** What only this person was told, newest last. */
  async told(person: Person, says: string): Promise<Message> {
    return this.until(`${person} being told "${says}"`, async () =>
      (await this.control.ephemerals(people[person])).findLast((message) =>
        words(message).includes(says),
      ),
    );
  }

  async click(what: keyof typeof actionIds, as: Person, card: Message) {
    return this.control.click(people[as], channel, card.ts, actionIds[what]);
  }

  async say(line: string, as: Person) {
    return this.control.command(people[as], channel, line);
  }

  /** Submits the modal a person has open. */
  async submit(as: Person, reason: string) {
    const view = await this.until(`${as} seeing a modal`, async () =>
      (await this.control.views(people[as])).at(-1),
    );
    return this.control.submitView(people[as], view.id, { reason });
  }

  /** Moves the time forward; the loops notice at their next pass. */
  later(ms: number): void {
    this.clock.advance(ms);
  }

  replicas(name = 'worker', from = namespace): number {
    const spec = this.cluster.control.get('Deployment', from, name)?.['spec'] as {
      replicas: number;
    };
    return spec.replicas;
  }

  /** Writes that reached the cluster; the Events that tell of them apart. */
  writes(): readonly string[] {
    return this.cluster.control.requests
      .writes()
      .filter(({ path }) => !path.endsWith('/events'))
      .map((r) => `${r.method} ${r.path} ${r.body}`);
  }

  /** What Headroom has left beside objects, oldest first: "HeadroomApplied Deployment/worker: replicas 5 → 8 (…)". */
  events(from = namespace): readonly string[] {
    return this.cluster.control
      .list('Event', from)
      .filter(({ source }) => JSON.stringify(source) === '{"component":"headroom"}')
      .map(({ reason, involvedObject, message }) => {
        const { kind, name } = involvedObject as { readonly kind: string; readonly name: string };
        return `${reason as string} ${kind}/${name}: ${message as string}`;
      });
  }

  /** Polls until there is a value; says what was waited for when it never comes. */
  async until<T>(what: string, look: () => Promise<T | undefined>, timeoutMs = 60_000): Promise<T> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = await look();
      if (found !== undefined) return found;
      if (this.bugs.length > 0) throw this.bugs[0];
      if (Date.now() > deadline) {
        const seen = (await this.control.messages(channel)).map(words).join('\n---\n');
        throw new Error(
          `waited in vain for ${what}; the channel says:\n${seen}\nlog:\n${this.logged.slice(-12).join('')}`,
        );
      }
      await sleep(25);
    }
  }
}

/** A message of its own, not a reply; Slack gives one with replies its own thread. */
export function isCard(message: Message): boolean {
  return (
    message.threadTs === undefined || message.threadTs === null || message.threadTs === message.ts
  );
}

export function words(message: Message): string {
  return wordsOf(message);
}

/** The id of the plan a card is about. */
export function planOf(card: Message): string {
  const id = /Plan (p-[a-z0-9]+) /.exec(words(card))?.[1];
  if (id === undefined) throw new Error(`a card names its plan: ${words(card)}`);
  return id;
}

export interface TestAlert {
  readonly status: 'firing' | 'resolved';
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly startsAt: string;
  readonly endsAt: string;
  readonly fingerprint: string;
}

export const usualAlert: TestAlert = {
  status: 'firing',
  labels: { alertname: 'InspectionQueueBacklog', namespace, severity: 'warning' },
  annotations: { summary: 'Inspection backlog is 812 jobs' },
  startsAt: '2026-11-22T03:02:11.123456789Z',
  endsAt: '0001-01-01T00:00:00Z',
  fingerprint: 'c0ffee0123456789',
};

function delivery(alerts: readonly TestAlert[]) {
  return {
    version: '4',
    groupKey: '{}:{alertname="InspectionQueueBacklog"}',
    truncatedAlerts: 0,
    status: 'firing',
    receiver: 'headroom',
    groupLabels: { alertname: 'InspectionQueueBacklog' },
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example:9093',
    alerts: alerts.map((alert) => ({
      generatorURL: 'http://prometheus.example:9090/graph',
      ...alert,
    })),
  };
}

function configText(options: BotOptions): string {
  return `
clusters:
  production: {}
systems:
${options.systems ?? usualSystem(options.systemMode ?? 'apply')}
${options.policy ?? usualPolicy}`;
}

function usualSystem(mode: string): string {
  return `
  gl-008:
    profile: gl-008
    mode: ${mode}
    cluster: production
    channel: ${channel}
    routes:
      - { alertname: InspectionQueueBacklog, namespace: ${namespace} }
`;
}

/** A Deployment as somebody applied it. */
export function deployment(name: string, replicas: number, from = namespace) {
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: from, labels },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name,
              image: `registry.example/${name}:1.0.0`,
              resources: { requests: { cpu: '2', memory: '4Gi' } },
            },
          ],
        },
      },
    },
  };
}
