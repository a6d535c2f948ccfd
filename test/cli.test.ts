// The command line as it ships: the built bundle in processes of its own.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startCluster } from '../sandbox/cluster/server.ts';
import { startSlack } from '../sandbox/slack/server.ts';
import { withDatabase } from './database.ts';
import { freePort } from './free-port.ts';
import { bundle, onlyProfile } from './run-headroom.ts';

const root = resolve(import.meta.dirname, '..');
const database = withDatabase();
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-cli-'));
}, 120_000);
afterAll(async () => {
  await rm(directory, { recursive: true, force: true });
});

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

type Environment = Readonly<Record<string, string>>;

async function runProgram(
  program: string,
  args: readonly string[],
  env: Environment,
): Promise<Ended> {
  const child = spawn(program, args, {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => (out += String(chunk)));
  child.stderr.on('data', (chunk) => (err += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, out, err };
}

const headroom = (args: readonly string[], env: Environment = {}) =>
  runProgram(process.execPath, [bundle, ...args], { PROFILES_DIR: onlyProfile(), ...env });

/** A headroom.yaml with one system. */
async function configFile(): Promise<string> {
  const path = join(directory, 'headroom.yaml');
  await writeFile(
    path,
    `clusters:
  production: {}
systems:
  steam-traps:
    profile: gl-008
    cluster: production
    channel: C0STEAMTRAP
`,
  );
  return path;
}

describe('help', () => {
  const commands = ['serve', 'migrate', 'stop', 'resume', 'plan', 'profile', 'audit'];

  it('lists every command, and each explains itself', async () => {
    const { code, out, err } = await headroom(['--help']);
    expect([code, err]).toEqual([0, '']);
    for (const command of commands) expect(out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
    const helps = await Promise.all(
      [
        ...commands.map((c) => [c]),
        ['profile', 'validate'],
        ['audit', 'verify'],
        ['audit', 'export'],
      ].map((words) => headroom([...words, '--help'])),
    );
    for (const help of helps) expect([help.code, help.err]).toEqual([0, '']);
  });

  it('npx headroom works in this checkout', async () => {
    const { code, out } = await runProgram('npx', ['headroom', '--help'], {});
    expect(code).toBe(0);
    expect(out).toContain('Usage: headroom');
  });
});

describe('misuse ends with 2 and says on standard error what would be right:', () => {
  it.each([
    [['sevre'], /Did you mean serve\?/],
    [[], /Usage: headroom/],
    [['plan'], /missing required argument 'system'/],
    [['plan', 'gl-008', 'sites=100', '--jsn'], /Did you mean --json\?/],
    [['plan', 'gl-08', 'sites=100'], /there is no system or profile "gl-08".*gl-008/],
    [['plan', 'gl-008', 'sites'], /"sites" should be key=value/],
    [['plan', 'gl-008', 'sits=100'], /sits.*sites/],
    [['plan', 'gl-008', 'sites=many'], /sites/],
    [['plan', 'gl-008', 'sites=0'], /sites/],
    [['plan', 'gl-008'], /sites/],
    [['audit', 'verify', '--expect', '12'], /"12" should be NUMBER:HASH/],
    [['audit', 'verfy'], /Did you mean verify\?/],
    [['profile', 'validate'], /missing required argument 'file'/],
    [['stop'], /DATABASE_URL is not set/],
    [['audit', 'export'], /DATABASE_URL is not set/],
    [['migrate'], /DATABASE_URL is not set/],
  ] as const)('headroom %j', async (args, says) => {
    const { code, out, err } = await headroom(args, { HEADROOM_CONFIG: await configFile() });
    expect([code, out]).toEqual([2, '']);
    expect(err).toMatch(says);
    expect(err).not.toContain('    at ');
  });
});

describe('plan', () => {
  it('prints the numbers for programs, with units in the names', async () => {
    const { code, out, err } = await headroom(['plan', 'gl-008', 'sites=100', '--json']);
    expect([code, err]).toEqual([0, '']);
    const plan = JSON.parse(out);
    expect(plan).toMatchObject({ system: 'gl-008', inputs: { sites: 100 } });
    expect(plan.sizings.length).toBeGreaterThan(0);
    for (const sizing of plan.sizings) {
      expect(sizing).toMatchObject({
        id: expect.any(String),
        source: expect.any(String),
        reasons: expect.any(Array),
      });
    }
    expect(plan.sizings.map((sizing: { id: string }) => sizing.id)).toContain(plan.recommended);
  });

  it('prints the same for people', async () => {
    const { code, out } = await headroom(['plan', 'gl-008', 'sites=100']);
    expect(code).toBe(0);
    expect(out).toMatch(/^\*\s+matrix\s+12 steam-trap-inspector /m);
    expect(out).toMatch(/^ {2}matrix: .*Capacity Planning Matrix/m);
  });
});

describe('profile validate', () => {
  it('says that the shipped ones are fine', async () => {
    const { code, out, err } = await headroom(['profile', 'validate', 'profiles/gl-008.yaml']);
    expect([code, out, err]).toEqual([0, 'profiles/gl-008.yaml: fine\n', '']);
  });

  it('names file, line and column of every mistake in every file, and what is wrong', async () => {
    const good = await readFile(join(root, 'profiles/gl-008.yaml'), 'utf8');
    const odd = join(directory, 'odd.yaml');
    const broken = join(directory, 'broken.yaml');
    await writeFile(
      odd,
      good.replace('replicas: { min: 3, max: 30', 'replicas: { min: 30, max: 3'),
    );
    await writeFile(broken, 'profile: [');
    const missing = join(directory, 'missing.yaml');
    const { code, out, err } = await headroom([
      'profile',
      'validate',
      odd,
      broken,
      missing,
      'profiles/gl-008.yaml',
    ]);
    expect(code).toBe(1);
    expect(out).toBe('profiles/gl-008.yaml: fine\n');
    expect(err).toMatch(new RegExp(`^${odd}:\\d+:\\d+: \\S`, 'm'));
    expect(err).toMatch(new RegExp(`^${broken}:\\d+:\\d+: \\S`, 'm'));
    expect(err).toContain(`${missing}:1:1: it cannot be read`);
    expect(err).not.toContain('    at ');

    const json = await headroom(['profile', 'validate', '--json', broken, 'profiles/gl-008.yaml']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out)).toEqual({
      ok: false,
      files: [
        { file: broken, ok: false, mistakes: [expect.objectContaining({ file: broken, line: 1 })] },
        { file: 'profiles/gl-008.yaml', ok: true, mistakes: [] },
      ],
    });
  });
});

describe('stop and resume', () => {
  it('put a stop in force and end it, with an audit entry each', async () => {
    const env = { DATABASE_URL: database.url, HEADROOM_CONFIG: await configFile() };
    const stops = async () =>
      (await database.pool.query('select scope, reason from stop order by 1')).rows;
    expect((await headroom(['stop', 'steam-traps', '--reason', 'release night'], env)).code).toBe(
      0,
    );
    expect((await headroom(['stop', '--cluster', 'production'], env)).code).toBe(0);
    expect((await headroom(['stop'], env)).out).toContain('Stopped: everything.');
    expect(await stops()).toEqual([
      { scope: '*', reason: null },
      { scope: 'cluster:production', reason: null },
      { scope: 'system:steam-traps', reason: 'release night' },
    ]);
    const unknown = await headroom(['stop', 'steam-trap'], env);
    expect([unknown.code, unknown.err]).toEqual([
      2,
      expect.stringMatching(/there is no system "steam-trap".*steam-traps/),
    ]);
    const both = await headroom(['stop', 'steam-traps', '--cluster', 'production'], env);
    expect(both.code).toBe(2);
    expect((await headroom(['resume'], env)).code).toBe(0);
    const again = await headroom(['resume'], env);
    expect([again.code, again.err]).toEqual([1, 'nothing was stopped for exactly everything\n']);
    expect((await headroom(['resume', 'steam-traps'], env)).code).toBe(0);
    expect(await stops()).toEqual([{ scope: 'cluster:production', reason: null }]);
    const trail = await headroom(['audit', 'export'], env);
    const events = trail.out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(JSON.parse(line).body));
    expect(events.map(({ event }) => event)).toEqual([
      'stop.set',
      'stop.set',
      'stop.set',
      'stop.ended',
      'stop.ended',
    ]);
    for (const { by } of events) expect(by).toMatch(/^cli:./);
  });
});

describe('the trail', () => {
  it('is verified in the database and in a file, against a checkpoint, and a break is named', async () => {
    const env = { DATABASE_URL: database.url };
    const stored = await headroom(['audit', 'verify'], env);
    expect([stored.code, stored.err]).toEqual([0, '']);
    const head = /head (\d+:[0-9a-f]{64})/.exec(stored.out)?.[1] ?? '';
    const file = join(directory, 'trail.jsonl');
    const { out } = await headroom(['audit', 'export'], env);
    await writeFile(file, out);
    expect((await headroom(['audit', 'verify', file, '--expect', head])).code).toBe(0);
    const asJson = await headroom(['audit', 'verify', file, '--json']);
    expect(JSON.parse(asJson.out)).toMatchObject({ kind: 'intact' });

    const lines = out.trimEnd().split('\n');
    await writeFile(file, `${lines.slice(0, -1).join('\n')}\n`);
    expect((await headroom(['audit', 'verify', file])).code).toBe(0);
    const cut = await headroom(['audit', 'verify', file, '--expect', head]);
    expect([cut.code, cut.out]).toEqual([1, '']);
    expect(cut.err).toContain('its tail was cut off');

    await writeFile(file, out.replace('release night', 'release nacht'));
    const changed = await headroom(['audit', 'verify', file, '--json']);
    expect(changed.code).toBe(1);
    expect(JSON.parse(changed.out)).toMatchObject({ kind: 'broken', seq: 1 });
    expect(changed.err).toContain(
      'The trail is broken at entry 1: its text does not match its hash',
    );
  });

  it('in a file that is not there, or is a folder, is said in words', async () => {
    for (const path of [join(directory, 'no-such-file'), directory]) {
      const { code, out, err } = await headroom(['audit', 'verify', path]);
      expect([code, out]).toEqual([1, '']);
      expect(err).toContain(path);
      expect(err).not.toContain('    at ');
    }
  });

  it('can be piped into a program that does not read to the end', async () => {
    const { code, err } = await runProgram(
      'sh',
      ['-c', `set -e; "$0" "$1" audit export | head -c 10; echo`, process.execPath, bundle],
      { DATABASE_URL: database.url },
    );
    expect([code, err]).toEqual([0, '']);
  });

  it('with the database away ends with 1 and words, without the password', async () => {
    const url = new URL(database.url);
    url.port = '1';
    for (const args of [['audit', 'verify'], ['audit', 'export'], ['migrate'], ['resume']]) {
      const env = { DATABASE_URL: url.href, HEADROOM_CONFIG: await configFile() };
      const { code, out, err } = await headroom(args, env);
      expect([args, code, out]).toEqual([args, 1, '']);
      expect(err).toContain('not available');
      expect(err).not.toContain(url.password);
      expect(err).not.toContain('    at ');
    }
  });
});

describe('serve', () => {
  it('reports everything that is wrong at once, naming variable or file and line', async () => {
    const config = join(directory, 'wrong.yaml');
    const profiles = join(root, 'profiles');
    await writeFile(
      config,
      `clusters:
  production: { context: nowhere }
systems:
  traps:
    profile: gl-008
    cluster: production
    mod: apply
    channel: "#traps"
operatrs: []
`,
    );
    const kubeconfig = join(directory, 'no-kubeconfig');
    const { code, out, err } = await headroom(['serve'], {
      HEADROOM_CONFIG: config,
      PROFILES_DIR: profiles,
      KUBECONFIG: kubeconfig,
      SLACK_BOT_TOKEN: 'xoxp-wrong-kind',
      DATABASE_URL: 'mysql://u:hush-hush@db/x',
      ALERTMANAGER_TOKENS: 'a-slip-in-the-name-of-it',
      AUDIT_TOKEN: 'short',
      PORT: '99999',
    });
    expect([code, out]).toEqual([1, '']);
    for (const says of [
      'SLACK_BOT_TOKEN: ',
      'SLACK_SIGNING_SECRET: ',
      'DATABASE_URL: ',
      'ALERTMANAGER_TOKEN: is not set (ALERTMANAGER_TOKENS is: a slip?)',
      'AUDIT_TOKEN: ',
      'PORT: ',
      `KUBECONFIG ${kubeconfig}: there is no such file`,
      `${config}:7:`,
      `${config}:8:`,
      `${config}:9:`,
    ]) {
      expect(err).toContain(says);
    }
    expect(err).not.toMatch(/xoxp-wrong-kind|hush-hush|a-slip-in-the-name-of-it|    at /);
  });

  it('names a context that the kubeconfig does not have', async () => {
    const cluster = await startCluster();
    const kubeconfig = join(directory, 'kubeconfig');
    await writeFile(kubeconfig, cluster.kubeconfig());
    await cluster.stop();
    const config = join(directory, 'context.yaml');
    await writeFile(
      config,
      `clusters:
  production: { context: sandbux }
systems:
  traps: { profile: gl-008, cluster: production, channel: C0STEAMTRAP }
`,
    );
    const { code, err } = await headroom(['serve'], {
      HEADROOM_CONFIG: config,
      KUBECONFIG: kubeconfig,
    });
    expect(code).toBe(1);
    expect(err).toMatch(/cluster production: the kubeconfig has no context "sandbux".*sandbox/);
    expect(err).toContain('DATABASE_URL: is not set');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'becomes ready, and ends with 0 on %s with nothing left open and no secret in its log',
    async (signal) => {
      const world = await startWorld();
      const child = spawn(process.execPath, [bundle, 'serve'], { env: world.env });
      let said = '';
      child.stdout.on('data', (chunk) => (said += String(chunk)));
      child.stderr.on('data', (chunk) => (said += String(chunk)));
      await untilReady(world.url, () => said);
      const ended = once(child, 'exit');
      child.kill(signal);
      expect(await ended).toEqual([0, null]);
      expect(said).toContain('Headroom has stopped');
      for (const secret of world.secrets) expect(said).not.toContain(secret);
      const { rows } = await database.pool.query(
        `select application_name from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
            and application_name = 'headroom'`,
      );
      expect(rows).toEqual([]);
      await world.stop();
    },
  );

  it('says in words that its port is taken, that Slack refuses it, that the database is away', async () => {
    const world = await startWorld();
    const taken = createServer();
    await new Promise<void>((done) => {
      taken.listen(Number(new URL(world.url).port), '127.0.0.1', done);
    });
    const port = await headroom(['serve'], world.env);
    expect(port.code).toBe(1);
    expect(port.err).toMatch(/^PORT or SLACK_PORT: \d+ is taken by another program$/m);
    taken.close();
    const token = await headroom(['serve'], {
      ...world.env,
      SLACK_BOT_TOKEN: 'xoxb-revoked-long-ago',
    });
    expect(token.code).toBe(1);
    expect(token.err).toMatch(/Slack.*invalid_auth/);
    const away = new URL(database.url);
    away.port = '1';
    const noDatabase = await headroom(['serve'], { ...world.env, DATABASE_URL: away.href });
    expect(noDatabase.code).toBe(1);
    expect(noDatabase.err).toContain('connecting to DATABASE_URL: nobody listens');
    for (const { out, err } of [port, token, noDatabase]) {
      expect(err).not.toContain('    at ');
      for (const secret of [...world.secrets, 'xoxb-revoked-long-ago'])
        expect(out + err).not.toContain(secret);
    }
    await world.stop();
  });

  it('says in words that a migration does not fit the database', async () => {
    const world = await startWorld();
    const admin = new Client({ connectionString: database.url });
    await admin.connect();
    await admin.query(`update headroom_migration set sha256 = 'other' || sha256`);
    const { code, err } = await headroom(['migrate'], world.env);
    await admin.query(`update headroom_migration set sha256 = replace(sha256, 'other', '')`);
    await admin.end();
    expect(code).toBe(1);
    expect(err).toContain('Migration 0001_foundation.sql: was changed after it was applied');
    expect(err).not.toContain('    at ');
    await world.stop();
  });
});

/** Slack, a cluster and the settings of an app in between. */
async function startWorld() {
  const tokens = {
    botToken: 'xoxb-bot-token-for-the-process',
    appToken: 'xapp-app-token-for-the-process',
    signingSecret: 'signing-secret-for-the-process',
  };
  const alertToken = 'alert-token-for-the-process';
  const manifestPath = resolve(import.meta.dirname, 'fixtures/slack/manifest.yml');
  const slack = await startSlack({ manifestPath, ...tokens });
  const cluster = await startCluster();
  const kubeconfig = join(directory, 'process-kubeconfig');
  await writeFile(kubeconfig, cluster.kubeconfig());
  const port = await freePort();
  return {
    url: `http://127.0.0.1:${port}`,
    secrets: [...Object.values(tokens), alertToken, new URL(database.url).password],
    env: {
      SLACK_BOT_TOKEN: tokens.botToken,
      SLACK_APP_TOKEN: tokens.appToken,
      SLACK_API_URL: slack.apiUrl,
      DATABASE_URL: database.url,
      KUBECONFIG: kubeconfig,
      ALERTMANAGER_TOKEN: alertToken,
      HEADROOM_CONFIG: await configFile(),
      LOG_LEVEL: 'debug',
      HOST: '127.0.0.1',
      PORT: String(port),
    },
    async stop() {
      await slack.stop();
      await cluster.stop();
    },
  };
}

async function untilReady(url: string, said: () => string): Promise<void> {
  const deadline = Date.now() + 25_000;
  for (;;) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    if (Date.now() > deadline) throw new Error(`it does not become ready:\n${said()}`);
    await sleep(50);
  }
}
