// Starts the parts of the demo one after the other, each with the way to stop it again.
import { join } from 'node:path';
import { Client } from 'pg';
import { loadProfiles } from '../../src/load-files.ts';
import type { Profile } from '../../src/profile/profile.ts';
import { type RunningAlertmanager, startAlertmanager } from '../alertmanager.ts';
import { manifestFiles } from '../manifest.ts';
import { type PostgresServer, removePostgres, startPostgres } from '../postgres/server.ts';
import { type SandboxWorld, startWorld } from '../world.ts';
import { type AppProcess, startAppProcess, untilReady } from './app-process.ts';
import type { Closers } from './closers.ts';
import type { DemoOptions } from './options.ts';
import { appSettings, choosePorts, type DemoTokens, makeTokens, type Ports } from './settings.ts';
import type { StateFolder } from './state-folder.ts';
import { type Steps, until } from './steps.ts';
import { workersAreReady } from './watch.ts';

export interface Running {
  readonly world: SandboxWorld;
  readonly alertmanager: RunningAlertmanager;
  readonly app: AppProcess;
}

interface Starting {
  readonly options: DemoOptions;
  readonly root: string;
  readonly folder: StateFolder;
  readonly closers: Closers;
  readonly steps: Steps;
  readonly signal: AbortSignal;
}

const databaseName = 'headroom';
/** Long enough to see pods start in the thread, short enough not to wait for. */
const timings = { startMs: 2_000, readyMs: 1_500, stopMs: 1_000 };
/** The guide says ten minutes; nobody watches a demo for that long. */
const alertFor = '1s';

/** Starts everything and returns once the app is ready; the queue stands still. */
export async function startEverything(
  starting: Starting,
  onApp: (app: AppProcess) => void,
): Promise<Running> {
  const { options, root, folder, closers, steps, signal } = starting;
  const tokens = makeTokens();
  const ports = await choosePorts();
  // The cluster first: its pods start while the others do.
  const world = await steps.take(
    'the Slack workspace, the cluster and Prometheus run, as stand-ins',
    async () => {
      const started = await startWorld(await worldOptions(options, { root, tokens, ports }));
      closers.add('the stand-ins', () => started.stop());
      return started;
    },
  );
  signal.throwIfAborted();
  const server = await steps.take(
    ({ port }) => `PostgreSQL runs on port ${port}, with an empty database`,
    () => startDatabase(folder, closers),
  );
  signal.throwIfAborted();
  const app = await steps.take(
    `Headroom is ready: the app itself, ${options.mode === 'socket' ? 'Slack over Socket Mode' : 'Slack over signed HTTP'}`,
    async () => {
      const databaseUrl = server.url(databaseName);
      const settings = await appSettings(
        { mode: options.mode, tokens, ports, world, databaseUrl },
        folder,
      );
      const started = await startAppProcess({
        bundle: join(root, 'dist/headroom.js'),
        root,
        settings,
        port: ports.app,
        logFile: folder.file('app.log'),
        pidFile: folder.file('app.pid'),
      });
      onApp(started);
      closers.add('the app', () => started.stop());
      await untilReady(started, signal);
      return started;
    },
  );
  const stage = { world, signal };
  await until({ what: 'the workers to be ready', timeoutMs: 30_000, signal }, () =>
    workersAreReady(stage) ? true : undefined,
  );
  // Last, so that nothing fires before everything is there.
  const alertmanager = startAlertmanager({
    prometheus: world.prometheus.control,
    prometheusUrl: world.prometheus.url,
    webhook: { url: `${app.url}/alertmanager`, token: tokens.alertmanager },
  });
  closers.add('Alertmanager', () => alertmanager.stop());
  return { world, alertmanager, app };
}

/** The server that is kept between starts, with a database that is not. */
async function startDatabase(folder: StateFolder, closers: Closers): Promise<PostgresServer> {
  const directory = folder.file('postgres');
  const server = await startOrStartOver(directory);
  closers.add('PostgreSQL', () => server.stop());
  const admin = new Client({ connectionString: server.url() });
  await admin.connect();
  try {
    // The workspace forgets everything at each start, so what the last app knew leads nowhere.
    await admin.query(`drop database if exists ${databaseName} with (force)`);
    await admin.query(`create database ${databaseName}`);
  } finally {
    await admin.end();
  }
  return server;
}

/** Nothing in there is worth keeping: files that no server can start from any more are made anew. */
async function startOrStartOver(directory: string): Promise<PostgresServer> {
  const options = { directory, endsWithParent: true };
  try {
    return await startPostgres(options);
  } catch {
    await removePostgres(directory);
    return startPostgres(options);
  }
}

async function worldOptions(
  { mode, pagePort }: DemoOptions,
  parts: { readonly root: string; readonly tokens: DemoTokens; readonly ports: Ports },
) {
  const { root, tokens, ports } = parts;
  return {
    profile: await readProfile(),
    // Nothing waits until the story begins.
    backlog: 0,
    alertFor,
    timings,
    slack: {
      manifestPath: join(root, manifestFiles[mode]),
      signingSecret: tokens.signing,
      botToken: tokens.bot,
      appToken: tokens.app,
      port: pagePort,
      rateLimits: true,
      deliverTo:
        mode === 'socket'
          ? ('socket' as const)
          : { url: `http://127.0.0.1:${ports.slack}/slack/events` },
    },
  };
}

async function readProfile(): Promise<Profile> {
  const profiles = await loadProfiles({ configFile: '' });
  if (!profiles.ok) throw new Error(profiles.mistakes.join('\n'));
  const profile = profiles.value.get('gl-008');
  if (profile === undefined) throw new Error('there is no profile gl-008');
  return profile;
}
