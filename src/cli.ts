// The command line: serve the app, and look after it where Slack is not at hand.

import { open, readFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { Command } from 'commander';
import { realClock } from './adapters/clock.ts';
import { migrate } from './adapters/migrate.ts';
import { createPool } from './adapters/postgres.ts';
import { createStore } from './adapters/store/store.ts';
import type { ChainHead, Finding } from './audit/chain.ts';
import { addDoctorCommand } from './cli/doctor-command.ts';
import { addGrantsCommand } from './cli/grants-command.ts';
import { addInitCommand } from './cli/init-command.ts';
import { addProceduresCommand } from './cli/procedures-command.ts';
import { addRbacCommand } from './cli/rbac-command.ts';
import { addRightSizeCommand } from './cli/right-size-command.ts';
import { addRulesCommand } from './cli/rules-command.ts';
import { addSizingCommands } from './cli/sizing-commands.ts';
import { loadSystems, print } from './cli/target.ts';
import { Exit, endOf } from './exit.ts';
import { loadEverything, migrationsDir } from './load-files.ts';
import type { Store } from './ports.ts';
import { parseProfile } from './profile/parse-profile.ts';
import { suggestion } from './words/nearest.ts';
import { exportLines, verifyLines, verifyStored } from './workflow/audit-trail.ts';
import { resume, stop } from './workflow/stop-and-resume.ts';
import { formatMistake, type Mistake } from './yaml/parse-yaml.ts';

const program = new Command('headroom')
  .description('Capacity plans in Slack: an alert goes in, an approved, proven change comes out.')
  .exitOverride()
  .showHelpAfterError();

program.command('serve').description('run the app').action(serve);

program
  .command('migrate')
  .description('bring the database up to date; serve does it too')
  .action(async () => {
    const pool = createPool(databaseUrl(), () => {}, { patient: true });
    try {
      const applied = await migrate(pool, migrationsDir);
      print(
        applied.length === 0 ? 'The database is up to date.' : `Applied: ${applied.join(', ')}`,
      );
    } finally {
      await pool.end();
    }
  });

program
  .command('stop')
  .description('halt everything, or one system, between two changes')
  .argument('[system]')
  .option('--cluster <name>', 'halt one cluster instead')
  .option('--reason <text>', 'said on every card that waits')
  .action(async (system: string | undefined, options: { cluster?: string; reason?: string }) => {
    const scope = await scopeOf(system, options.cluster);
    const by = `cli:${userInfo().username}`;
    await withStore(async (store) =>
      stop(
        { scope, by, ...(options.reason !== undefined && { reason: options.reason }) },
        { store, clock: realClock, systems: await loadSystems() },
      ),
    );
    print(
      `Stopped: ${scope === '*' ? 'everything' : scope}. \`headroom resume\` with the same words lets it go on.`,
    );
  });

program
  .command('resume')
  .description('end a stop')
  .argument('[system]')
  .option('--cluster <name>')
  .action(async (system: string | undefined, options: { cluster?: string }) => {
    const scope = await scopeOf(system, options.cluster);
    const ended = await withStore(async (store) =>
      resume(
        { scope, by: `cli:${userInfo().username}`, askedAt: realClock.now() },
        { store, clock: realClock, systems: await loadSystems() },
      ),
    );
    if (!ended)
      throw new Exit(1, `nothing was stopped for exactly ${scope === '*' ? 'everything' : scope}`);
    print(`Resumed: ${scope === '*' ? 'everything' : scope}.`);
  });

addSizingCommands(program);
addRightSizeCommand(program);
addRulesCommand(program);
addRbacCommand(program);
addGrantsCommand(program);
addDoctorCommand(program);
addProceduresCommand(program);

const profileCommand = program.command('profile').description('work on profiles');
profileCommand
  .command('validate')
  .description('check profile files; every mistake is named with file, line and column')
  .argument('<file...>')
  .option('--json', 'for programs')
  .action(async (files: readonly string[], options: { json?: true }) => {
    const results = await Promise.all(files.map(validated));
    const mistakes = results.flatMap((each) => each.mistakes);
    if (options.json) {
      print(JSON.stringify({ ok: mistakes.length === 0, files: results }));
      if (mistakes.length > 0) process.exitCode = 1;
      return;
    }
    for (const { file, ok } of results) if (ok) print(`${file}: fine`);
    if (mistakes.length > 0) throw new Exit(1, mistakes.map(formatMistake).join('\n'));
  });

addInitCommand(profileCommand);

const audit = program.command('audit').description('the audit trail');
audit
  .command('verify')
  .description(
    'check the chain, in the database or in an exported file; names the first broken entry',
  )
  .argument('[file]')
  .option(
    '--expect <seq:hash>',
    'a checkpoint, as every outcome in Slack carries one: it must still be in the trail',
  )
  .option('--json', 'for programs')
  .action(async (file: string | undefined, options: { expect?: string; json?: boolean }) => {
    const expect = options.expect === undefined ? undefined : checkpointOf(options.expect);
    const finding =
      file === undefined
        ? await withStore((store) => verifyStored(store, expect))
        : await verifyFile(file, expect);
    if (options.json === true) print(JSON.stringify(finding));
    else if (finding.kind === 'intact')
      print(
        `The trail is intact: ${finding.head.seq} entries, head ${finding.head.seq}:${finding.head.hash}`,
      );
    if (finding.kind === 'broken') throw new Exit(1, brokenWords(finding));
  });
audit
  .command('export')
  .description('write the trail to standard output, one entry a line')
  .action(() =>
    withStore((store) =>
      exportLines(store, async (line) => {
        if (!process.stdout.write(line))
          await new Promise<void>((go) => process.stdout.once('drain', () => go()));
      }),
    ),
  );

/** One file with all its mistakes. */
async function validated(
  file: string,
): Promise<{ readonly file: string; readonly ok: boolean; readonly mistakes: readonly Mistake[] }> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) {
    return {
      file,
      ok: false,
      mistakes: [{ file, line: 1, column: 1, message: 'it cannot be read' }],
    };
  }
  const parsed = parseProfile(text, file);
  return { file, ok: parsed.ok, mistakes: parsed.ok ? [] : parsed.mistakes };
}

/** Runs until a signal; a second one ends at once. */
async function serve(): Promise<void> {
  const loaded = await loadEverything(process.env);
  if (!loaded.ok) throw new Exit(1, ['Headroom cannot start:', ...loaded.mistakes].join('\n  '));
  const { startApp } = await import('./main.ts');
  const starting = startApp({
    ...loaded.value,
    migrations: migrationsDir,
    onBug(error) {
      process.stderr.write(
        `Headroom met a bug and ends; start it again and it goes on by looking.\n${String(error instanceof Error ? error.stack : error)}\n`,
      );
      process.exit(1);
    },
  });
  let stopping = false;
  // Heard from the beginning: whoever is told that the app is ready may also stop it.
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      starting
        .then((app) => app.stop())
        // Slack's socket client leaves a timer behind that would keep the process for half a minute.
        .then(() => process.exit(0))
        .catch(endNow);
    });
  }
  // What had been opened before a start failed would keep the process.
  await starting.catch(endNow);
}

function endNow(error: unknown): never {
  const { code, words } = endOf(error);
  process.stderr.write(words);
  process.exit(code);
}

async function verifyFile(path: string, expect: ChainHead | undefined): Promise<Finding> {
  try {
    const file = await open(path);
    return await verifyLines(file.readLines(), expect);
  } catch (error) {
    throw new Exit(1, `${path}: it cannot be read`, { cause: error });
  }
}

async function scopeOf(system: string | undefined, cluster: string | undefined): Promise<string> {
  if (system === undefined && cluster === undefined) return '*';
  if (system !== undefined && cluster !== undefined)
    throw new Exit(2, 'name a system or a cluster, not both');
  const known = await loadSystems();
  if (system !== undefined) {
    if (!known.has(system))
      throw new Exit(2, `there is no system "${system}"${suggestion(system, known.keys())}`);
    return `system:${system}`;
  }
  const clusters = new Set([...known.values()].map((each) => each.cluster));
  if (!clusters.has(cluster ?? ''))
    throw new Exit(2, `there is no cluster "${cluster}"${suggestion(cluster ?? '', clusters)}`);
  return `cluster:${cluster}`;
}

async function withStore<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const pool = createPool(databaseUrl(), () => {});
  try {
    return await work(createStore(pool));
  } finally {
    await pool.end();
  }
}

function databaseUrl(): string {
  const url = process.env['DATABASE_URL'];
  if (url === undefined || url === '')
    throw new Exit(2, 'DATABASE_URL is not set; this command needs the database');
  return url;
}

function checkpointOf(text: string): ChainHead {
  const match = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined)
    throw new Exit(2, `"${text}" should be NUMBER:HASH`);
  return { seq: Number(match[1]), hash: match[2] };
}

function brokenWords(finding: Extract<Finding, { kind: 'broken' }>): string {
  return `The trail is broken at entry ${finding.seq}: ${finding.because}. Keep the database as it is and find out who had access to it.`;
}

// A reader that has seen enough, such as `head`, is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  process.stderr.write(`standard output cannot be written: ${error.message}\n`);
  process.exit(1);
});

try {
  await program.parseAsync();
} catch (error) {
  const { code, words } = endOf(error);
  process.stderr.write(words);
  process.exitCode = code;
}
