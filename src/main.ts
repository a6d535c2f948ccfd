// Wires the app together from settings, starts it, and stops it without leaving anything half done; long, because every part stands here once.

import { type ServerType, serve } from '@hono/node-server';
import { routeHttp, routeSlack } from '../handlers/index.ts';
import { allowOnly } from './adapters/allowed-clusters.ts';
import { randomId, realClock } from './adapters/clock.ts';
import { createCounters, createMetricsPage } from './adapters/counters.ts';
import { createDatabases, type DatabasesOptions } from './adapters/databases.ts';
import { probe } from './adapters/http-probe.ts';
import { createClusters } from './adapters/kubernetes.ts';
import { createWorkloadReaders } from './adapters/kubernetes-live.ts';
import { createRoomReader } from './adapters/kubernetes-room.ts';
import { createLog } from './adapters/log.ts';
import { migrate, pendingMigrations } from './adapters/migrate.ts';
import { drawPicture } from './adapters/picture.ts';
import { refusePooler } from './adapters/pooler.ts';
import { createPool } from './adapters/postgres.ts';
import { createMetrics } from './adapters/prometheus.ts';
import { createQueue, type RunningQueue } from './adapters/queue.ts';
import { readSecret } from './adapters/secret-source.ts';
import { serverIdentity } from './adapters/server-identity.ts';
import { createChat } from './adapters/slack.ts';
import { createSlackApp, type SlackApp } from './adapters/slack-app.ts';
import { createStore } from './adapters/store/store.ts';
import { OperationError } from './errors.ts';
import { type Loop, startLoop } from './loop.ts';
import type { Checkpoint, Clock, Log, Metrics, RunId } from './ports.ts';
import type { Profile } from './profile/profile.ts';
import { allowedIn } from './settings/allowed-in.ts';
import type { Settings } from './settings/environment.ts';
import { assembleSystems, type HeadroomConfig } from './settings/headroom-config.ts';
import { answerNextCommand } from './workflow/answer-command.ts';
import { type ApplyPlan, applyPlan } from './workflow/apply-plan.ts';
import { askOfEnded } from './workflow/ask-of-ended.ts';
import { askOfLease } from './workflow/ask-of-lease.ts';
import { castVote } from './workflow/cast-vote.ts';
import { intakeAlerts } from './workflow/intake-alerts.ts';
import { judgeOutcomes } from './workflow/judge-outcome.ts';
import { limits } from './workflow/limits.ts';
import type { Parts } from './workflow/parts.ts';
import { receiveAlerts } from './workflow/receive-alerts.ts';
import { receiveCommand } from './workflow/receive-command.ts';
import { runSchedules } from './workflow/run-schedules.ts';
import { sendNextMessage } from './workflow/send-messages.ts';
import { forget, sweep } from './workflow/sweep.ts';
import { tickStep } from './workflow/tick-step.ts';

export interface AppOptions {
  readonly settings: Settings;
  readonly config: HeadroomConfig;
  readonly profiles: ReadonlyMap<string, Profile>;
  readonly migrations: string;
  /** (Default: the real time.) */
  readonly clock?: Clock;
  /** (Default: does nothing.) */
  readonly checkpoint?: Checkpoint;
  readonly log?: Log;
  /** For one answer of a cluster. (Default: 10 s.) */
  readonly clusterDeadlineMs?: number;
  /** For what a database builds or refreshes. (Default: 12 h.) */
  readonly buildMs?: number;
  /** When that waits for standbys. (Default: from 60 s behind on, for half an hour.) */
  readonly lag?: DatabasesOptions['lag'];
  /** A bug: the process should end, and its supervisor start it anew. */
  readonly onBug: (error: unknown) => void;
}

export interface RunningApp {
  /** Takes nothing new, hands a running change over at a safe point, closes everything. */
  stop(): Promise<void>;
}

/** @throws when the database cannot be reached or migrated, or Slack refuses the token. */
export async function startApp(options: AppOptions): Promise<RunningApp> {
  const { settings, config, clock = realClock, onBug } = options;
  const log = options.log ?? createLog(settings.logLevel);
  const databaseUrl = settings.databaseUrl.reveal();
  const pool = createPool(databaseUrl, (err) =>
    log.warn({ err }, 'an idle database connection broke'),
  );
  await refusePooler(databaseUrl);
  await migratePatiently(databaseUrl, options.migrations);
  const store = createStore(pool);
  const { counters, registry } = createCounters();
  const slack = createSlackApp(settings.slack, { log, clock });

  const shutdown = new AbortController();
  const atWork = new Map<string, Promise<void>>();
  const loops = new Map<string, Loop>();
  let queue: RunningQueue | undefined;
  const addresses = [...config.clusters.values()];
  const clusters = createClusters(addresses, settings.kubeconfig, {
    log,
    ...(options.clusterDeadlineMs && { deadlineMs: options.clusterDeadlineMs }),
  });
  const systems = assembleSystems(config, options.profiles);
  const allowed = allowedIn(config, systems);
  const parts: Parts = {
    store,
    clusters: allowOnly(clusters, allowed),
    allowed,
    databases: createDatabases({
      systems,
      secretOf: readSecret,
      ownServer: () => serverIdentity(pool),
      ...(options.buildMs && { buildMs: options.buildMs }),
      ...(options.lag && { lag: options.lag }),
    }),
    lookForRoom: createRoomReader(addresses, settings.kubeconfig, { clock }),
    readWorkload: createWorkloadReaders(addresses, settings.kubeconfig),
    metricsOf: metricsOf(config, settings),
    probe,
    queue: {
      add: async (run) => queue?.add(run),
      depth: async () => (await queue?.depth()) ?? 0,
    },
    chat: createChat(slack.client),
    drawPicture,
    clock,
    newId: randomId,
    checkpoint: options.checkpoint ?? (() => {}),
    systems,
    operators: config.operators,
    commands: { capacity: settings.slack.capacityCommand, scale: settings.slack.scaleCommand },
    log,
    counters,
    wake: (what) => loops.get(what)?.wake(),
  };

  const apply = applyPlan(parts);
  /** Runs are tracked, so that stopping can wait for them. Trouble with the database leaves the run to be looked at. */
  const run = async (id: RunId): Promise<void> => {
    const name = `${id.planId} ${id.number}`;
    if (shutdown.signal.aborted || atWork.has(name)) return;
    const work = runOnce(id, apply, shutdown.signal, log).catch(onBug);
    atWork.set(name, work);
    await work;
    atWork.delete(name);
  };
  queue = await createQueue({ databaseUrl, onRun: run, log });

  const loop = (name: string, everyMs: number, pass: () => Promise<boolean>) =>
    loops.set(name, startLoop({ name, everyMs, pass, clock, log, onBug }));
  loop('alerts', 1_000, async () => (await intakeAlerts(parts)) > 0);
  loop('commands', 1_000, () => answerNextCommand(parts));
  loop('messages', 250, () => sendNextMessage(parts));
  loop('runs', limits.sweepEveryMs, async () => {
    await sweep(parts, (id) => void run(id));
    return false;
  });
  loop('schedules', limits.scheduleEveryMs, async () => {
    await runSchedules(parts);
    return false;
  });
  loop('forgetting', limits.forgetEveryMs, async () => {
    await forget(parts);
    return false;
  });
  loop('outcomes', limits.judgeEveryMs, async () => {
    await judgeOutcomes(parts);
    return false;
  });

  routeSlack(slack.app, {
    askOfLease: askOfLease(parts),
    castVote: castVote(parts),
    tickStep: tickStep(parts),
    askOfEnded: askOfEnded(parts),
    receiveCommand: receiveCommand(parts),
    chat: parts.chat,
    commands: parts.commands,
  });
  const http = routeHttp({
    receiveAlerts: receiveAlerts(parts),
    alertmanagerTokens: settings.alertmanagerTokens,
    auditTokens: settings.auditTokens,
    store,
    page: createMetricsPage(registry, { store, queue }),
    whyNotReady: () => whyNotReady(() => pendingMigrations(pool, options.migrations)),
    counters,
    log,
  });
  const server = await listen(http.fetch, settings);
  await connectSlack(slack, parts, shutdown.signal);
  log.info({ port: settings.port, systems: parts.systems.size }, 'Headroom is up');

  return {
    async stop() {
      shutdown.abort();
      await inOrder(log, [
        () => slack.stop(),
        () => closed(server),
        () => Promise.all([...loops.values()].map((each) => each.stop())),
        () => Promise.all(atWork.values()),
        () => lastMessages(parts),
        () => clusters.close(),
        async () => queue?.close(),
        () => pool.end(),
      ]);
      log.info({}, 'Headroom has stopped');
    },
  };
}

/** Trouble with the database leaves a run to be looked at; that is no bug. */
async function runOnce(
  id: RunId,
  apply: ApplyPlan,
  shutdown: AbortSignal,
  log: Log,
): Promise<void> {
  const fields = { planId: id.planId, run: id.number };
  try {
    const end = await apply(id, shutdown);
    const idle = end === 'waiting' || end === 'not-ours';
    log[idle ? 'debug' : 'info']({ ...fields, end }, 'a run ended');
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    log.warn({ ...fields, err: error }, 'a run was cut off; it will be looked at');
  }
}

/** Migrations wait for each other and may take long; the app's own statements may not. */
async function migratePatiently(databaseUrl: string, migrations: string): Promise<void> {
  const pool = createPool(databaseUrl, () => {}, { patient: true });
  try {
    await migrate(pool, migrations);
  } finally {
    await pool.end();
  }
}

/**
 * Connects to Slack. A Slack that is away must not keep alerts out, so it is then tried again in the background.
 * @throws OperationError when Slack refuses the token.
 */
async function connectSlack(slack: SlackApp, parts: Parts, shutdown: AbortSignal): Promise<void> {
  const { log, counters, clock } = parts;
  const connect = async (): Promise<boolean> => {
    try {
      await slack.start();
      counters.degraded('slack', false);
      log.info({}, 'connected to Slack');
      return true;
    } catch (error) {
      if (!(error instanceof OperationError) || error.code === 'unauthorized') throw error;
      counters.degraded('slack', true);
      log.warn({ err: error }, 'Slack does not answer; alerts are taken meanwhile');
      return false;
    }
  };
  const first = connect();
  const late = clock.sleep(limits.slackConnectMs, shutdown).then(() => 'late' as const);
  const connected = await Promise.race([first, late]);
  if (connected === true) return;
  if (connected === 'late') log.warn({}, 'Slack does not answer yet; alerts are taken meanwhile');
  const again = async (): Promise<void> => {
    if (await first) return;
    while (!shutdown.aborted) {
      await clock.sleep(limits.slackRetryMs, shutdown);
      if (shutdown.aborted || (await connect())) return;
    }
  };
  again().catch((error: unknown) => log.error({ err: error }, 'connecting to Slack is given up'));
}

/** What the hand-over changed is still told to Slack, as far as Slack takes it at once. */
async function lastMessages(parts: Parts): Promise<void> {
  try {
    while (await sendNextMessage(parts));
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    parts.log.warn({ err: error }, 'telling Slack the last changes; the next process will');
  }
}

function metricsOf(config: HeadroomConfig, settings: Settings): (cluster: string) => Metrics {
  const byUrl = new Map<string, Metrics>();
  return (cluster) => {
    const url = config.clusters.get(cluster)?.prometheus ?? settings.prometheusUrl;
    if (url === undefined) {
      return {
        query: async () => ({
          kind: 'missing',
          because: `no Prometheus is configured for cluster ${cluster}`,
        }),
      };
    }
    const metrics = byUrl.get(url) ?? createMetrics({ url });
    byUrl.set(url, metrics);
    return metrics;
  };
}

async function whyNotReady(pending: () => Promise<readonly string[]>): Promise<string | undefined> {
  try {
    const files = await pending();
    return files.length === 0 ? undefined : `migrations are pending: ${files.join(', ')}`;
  } catch {
    // Whatever the driver says, the answer to "ready?" is no, and the log of the loops has the details.
    return 'the database does not answer';
  }
}

/** Every step is done, whatever became of the ones before it; the first failure is thrown at the end. */
async function inOrder(log: Log, steps: readonly (() => Promise<unknown>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const step of steps) {
    try {
      await step();
    } catch (error) {
      log.error({ err: error }, 'stopping one part; the others are stopped too');
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'stopping Headroom');
}

/** A download that does not end must not hold a hand-over up. */
const closeMs = 3_000;

async function closed(server: ServerType): Promise<void> {
  const cut = setTimeout(
    () => 'closeAllConnections' in server && server.closeAllConnections(),
    closeMs,
  );
  await new Promise<void>((resolve) => server.close(() => resolve()));
  clearTimeout(cut);
}

function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
  { host, port }: Settings,
): Promise<ServerType> {
  return new Promise((resolve, reject) => {
    const server = serve({ fetch, hostname: host, port }, () => resolve(server));
    server.once('error', reject);
  });
}
