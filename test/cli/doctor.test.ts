// The doctor in a world where everything is right, and with one thing broken at a time: each is named with what mends it.

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { text } from '../../sandbox/cluster/json.ts';
import { type RunningPrometheus, startPrometheus } from '../../sandbox/prometheus/server.ts';
import type { RunningSlack } from '../../sandbox/slack/server.ts';
import { databaseFindings } from '../../src/cli/doctor/database-checks.ts';
import { examine } from '../../src/cli/doctor/examine.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { migrationsDir } from '../../src/load-files.ts';
import { promqlNamesOf } from '../../src/plan/system.ts';
import { fillPromql } from '../../src/profile/promql.ts';
import { selectorsIn } from '../../src/rules/selectors.ts';
import { Secret } from '../../src/secret.ts';
import { withDatabase } from '../database.ts';
import { freePort } from '../free-port.ts';
import {
  built,
  type LimitedCluster,
  objectsIn,
  rbacFolder,
  root,
  shippedSystem,
  startLimited,
} from '../rights/limited-cluster.ts';
import { runHeadroom } from '../run-headroom.ts';
import { capacity, people, secrets, startWorkspace } from '../sandbox/slack/bolt-app.ts';

const database = withDatabase();
const system = shippedSystem('gl-008');
const namespace = 'greenlang-gl008';
const policies = objectsIn(join(rbacFolder, 'admission-policy.yaml'));
let directory: string;
let slack: RunningSlack;
let prometheus: RunningPrometheus;
let limited: LimitedCluster;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'headroom-doctor-'));
  await configure();
  slack = await startWorkspace({ manifestPath: join(root, 'manifest.yml') });
  prometheus = await startPrometheus();
  for (const series of seriesOfTriggers()) prometheus.control.set(series, 1);
  const roles = built(join(rbacFolder, 'gl-008/templates'));
  limited = await startLimited(system, [...roles, ...built(join(rbacFolder, 'room')), ...policies]);
});
afterAll(async () => {
  await limited.stop();
  await prometheus.stop();
  await slack.stop();
  await rm(directory, { recursive: true, force: true });
});
afterEach(async () => {
  await configure();
});

/** Writes headroom.yaml with one system under its profile's own names. */
async function configure(more = ''): Promise<void> {
  const lines = [
    'clusters: { production: {} }',
    `systems: { traps: { profile: gl-008, mode: apply, cluster: production, channel: ${capacity}${more} } }`,
  ];
  await writeFile(join(directory, 'headroom.yaml'), `${lines.join('\n')}\n`);
}

/** Every series a trigger measures, with some pod where any pod of the workload is meant. */
function seriesOfTriggers() {
  return [...system.profile.triggers.values()].flatMap(({ component, measure }) => {
    const names = promqlNamesOf(system, component);
    if (names === undefined) throw new Error(`${component} has no workload`);
    return selectorsIn(fillPromql(measure.promql, names)).map(({ metric, matchers }) => {
      const labels = matchers.flatMap((matcher): [string, string][] => {
        const [, label = '', operator, value = ''] =
          /^(\w+)(=~|=|!=|!~)"(.*)"$/.exec(matcher) ?? [];
        if (operator === '=') return [[label, value]];
        const first = value.replaceAll(/\[[^\]]*\]\+|\.\+|\.\*/g, 'x1').split('|')[0] ?? '';
        return operator === '=~' ? [[label, first.replaceAll(/[()?]/g, '')]] : [];
      });
      return { name: metric, labels: Object.fromEntries(labels) };
    });
  });
}

function environment(over: Readonly<Record<string, string>> = {}): Record<string, string> {
  return {
    SLACK_BOT_TOKEN: secrets.botToken,
    SLACK_APP_TOKEN: secrets.appToken,
    SLACK_API_URL: slack.apiUrl,
    DATABASE_URL: database.url,
    KUBECONFIG: limited.kubeconfig,
    PROMETHEUS_URL: prometheus.url,
    ALERTMANAGER_TOKEN: 'a-token-of-enough-characters',
    HEADROOM_CONFIG: join(directory, 'headroom.yaml'),
    ...over,
  };
}

async function findings(over: Readonly<Record<string, string>> = {}): Promise<readonly Finding[]> {
  return (await examine(environment(over))).flatMap((part) => part.findings);
}

const brokenOf = (all: readonly Finding[]) => all.filter(({ state }) => state === 'broken');

/** The one thing that is broken. */
async function onlyBroken(over: Readonly<Record<string, string>> = {}): Promise<Finding> {
  const [first, ...others] = brokenOf(await findings(over));
  expect(others).toEqual([]);
  if (first === undefined) throw new Error('nothing is broken');
  return first;
}

describe('headroom doctor', () => {
  it('finds nothing where nothing is wrong, and says what it could not look at', async () => {
    const all = await findings();
    expect(brokenOf(all)).toEqual([]);
    expect(all.filter(({ state }) => state === 'unknown').map(({ what }) => what)).toEqual([
      'disk',
    ]);
    const words = all.map(({ what }) => what);
    expect(words).toEqual(expect.arrayContaining(['bot token', 'scopes', 'app-level token']));
    expect(words).toEqual(
      expect.arrayContaining(['API server', 'admission policy', 'rights for traps, scale']),
    );
    expect(words).toEqual(
      expect.arrayContaining(['rights', 'migrations', 'audit trail', 'queue', 'clock']),
    );
  });

  it('ends with 0 then, in words and in JSON', async () => {
    const { code, out, err } = await runHeadroom(['doctor'], environment());
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('✓ bot token');
    expect(out).toContain('Everything that was checked is fine. 1 thing could not be checked.');
    const json = await runHeadroom(['doctor', '--json'], environment());
    expect(JSON.parse(json.out)).toMatchObject({ ok: true });
  });

  it('ends with 1 and the command that mends it otherwise, and with 2 for misuse', async () => {
    const port = await freePort();
    const { code, out } = await runHeadroom(
      ['doctor'],
      environment({ DATABASE_URL: `postgres://127.0.0.1:${port}/headroom` }),
    );
    expect(code).toBe(1);
    expect(out).toMatch(/✗ DATABASE_URL: .*nobody listens.*\n {6}fix: psql/);
    expect((await runHeadroom(['doctor', '--jsn'], environment())).code).toBe(2);
  });

  it('never shows a secret', async () => {
    const all = JSON.stringify(await findings({ SLACK_BOT_TOKEN: 'xoxb-something-else' }));
    for (const secret of ['xoxb-', 'xapp-', 'a-token-of-enough', limited.token]) {
      expect(all).not.toContain(secret);
    }
  });
});

describe('of settings it names', () => {
  it('a variable that is missing, and looks at the rest', async () => {
    const found = await onlyBroken({ ALERTMANAGER_TOKEN: '' });
    expect(found).toMatchObject({
      what: 'ALERTMANAGER_TOKEN',
      fix: expect.stringContaining('set ALERTMANAGER_TOKEN'),
    });
  });

  it('a line of headroom.yaml', async () => {
    await configure(', mood: good');
    const found = await onlyBroken();
    expect(found.says).toMatch(/headroom\.yaml:2:\d+/);
  });
});

describe('of Slack it names', () => {
  it('a token that is refused', async () => {
    const found = await onlyBroken({ SLACK_BOT_TOKEN: 'xoxb-something-else' });
    expect(found).toMatchObject({
      what: 'bot token',
      says: expect.stringContaining('invalid_auth'),
      fix: expect.stringContaining('SLACK_BOT_TOKEN'),
    });
  });

  it('an app-level token that is refused', async () => {
    const found = await onlyBroken({ SLACK_APP_TOKEN: 'xapp-something-else' });
    expect(found.fix).toContain('connections:write');
  });

  it('a scope that the manifest asks for and the app lacks', async () => {
    // The workspace of the fixture has another manifest.
    const other = await startWorkspace();
    try {
      const [found] = brokenOf(await findings({ SLACK_API_URL: other.apiUrl }));
      expect(found).toMatchObject({
        what: 'scopes',
        says: expect.stringContaining('missing: '),
        fix: expect.stringContaining('Reinstall'),
      });
    } finally {
      await other.stop();
    }
  });

  it('a channel the bot is not in', async () => {
    const channel = await slack.control.addChannel({ name: 'elsewhere', members: [people.ann] });
    await writeFile(
      join(directory, 'headroom.yaml'),
      `clusters: { production: {} }\nsystems: { traps: { profile: gl-008, mode: apply, cluster: production, channel: ${channel.id} } }\n`,
    );
    const found = await onlyBroken();
    expect(found.fix).toMatch(/in #elsewhere: \/invite @/);
  });

  it('a channel that is not there', async () => {
    await writeFile(
      join(directory, 'headroom.yaml'),
      'clusters: { production: {} }\nsystems: { traps: { profile: gl-008, mode: apply, cluster: production, channel: C0NOWHERE } }\n',
    );
    const found = await onlyBroken();
    expect(found.fix).toContain('correct systems.traps.channel');
  });
});

describe('of a cluster it names', () => {
  it('a context that is not in the kubeconfig', async () => {
    await writeFile(
      join(directory, 'headroom.yaml'),
      `clusters: { production: { context: prod } }\nsystems: { traps: { profile: gl-008, cluster: production, channel: ${capacity} } }\n`,
    );
    const found = await onlyBroken();
    expect(found.fix).toContain('clusters.production.context');
  });

  it('an API server that does not answer', async () => {
    limited.cluster.control.injectFault({ match: { path: '/version' }, status: 503 });
    const found = await onlyBroken();
    limited.cluster.control.clearFaults();
    expect(found).toMatchObject({ what: 'API server', fix: 'kubectl version' });
  });

  it.each([
    ['read-only', { kind: 'Role', namespace, name: 'headroom-gl-008-read-only' }],
    ['scale', { kind: 'Role', namespace, name: 'headroom-gl-008-scale' }],
    ['templates', { kind: 'Role', namespace, name: 'headroom-gl-008-templates' }],
  ])('a right of the tier %s that is missing, and the tier to apply', async (tier, role) => {
    const { control } = limited.cluster;
    const before = control.get(role.kind, role.namespace, role.name);
    const rules = before?.['rules'];
    if (!Array.isArray(rules)) throw new Error('no rules');
    control.patch(role, { rules: rules.slice(1) });
    const found = brokenOf(await findings());
    control.patch(role, { rules });
    expect(found).toContainEqual({
      what: `rights for traps, ${tier}`,
      state: 'broken',
      says: expect.stringMatching(/^may not /),
      fix: `kubectl apply -k deploy/rbac/gl-008/${tier}`,
    });
  });

  it('rights with `headroom rbac` where names are not the profile’s', async () => {
    await configure(', workloads: { worker: { name: inspector } }');
    const found = brokenOf(await findings());
    expect(found.map(({ fix }) => fix)).toContain(
      'headroom rbac traps --tier scale | kubectl apply -f -',
    );
    expect(found.map(({ fix }) => fix)).toContainEqual(
      expect.stringContaining('systems.traps.workloads.worker.name'),
    );
  });

  it('that nothing is known of room, which is no problem', async () => {
    const { control } = limited.cluster;
    control.remove('ClusterRoleBinding', '', 'headroom-room');
    const all = await findings();
    control.seed(
      built(join(rbacFolder, 'room')).filter(({ kind }) => kind === 'ClusterRoleBinding'),
    );
    expect(brokenOf(all)).toEqual([]);
    expect(all).toContainEqual(
      expect.objectContaining({
        what: 'room for more pods',
        state: 'unknown',
        fix: 'kubectl apply -k deploy/rbac/room',
      }),
    );
  });

  it('that more namespaces are there than can be watched one by one, and the right for all at once', async () => {
    await configure(
      ', workloads: { worker: { namespace: a }, steam-trap-inspector: { namespace: b } }',
    );
    const watches = async () => (await findings()).find(({ what }) => what === 'watches');
    expect(await watches()).toMatchObject({
      state: 'unknown',
      says: expect.stringContaining('list deployments in the whole cluster'),
      fix: 'kubectl apply -k deploy/rbac/watch',
    });
    limited.cluster.control.seed(built(join(rbacFolder, 'watch')));
    expect(await watches()).toMatchObject({ state: 'fine' });
    for (const kind of ['ClusterRole', 'ClusterRoleBinding']) {
      limited.cluster.control.remove(kind, '', 'headroom-watch');
    }
  });

  it('a container that the workload does not have', async () => {
    await configure(', workloads: { worker: { container: main } }');
    // Its series are not there either.
    const [found] = brokenOf(await findings());
    expect(found).toMatchObject({
      what: 'worker of traps',
      says: expect.stringContaining('has no container "main"'),
      fix: expect.stringContaining('workloads.worker.container'),
    });
  });

  it('that nothing holds the account to its fields', async () => {
    const { control } = limited.cluster;
    const [binding] = policies.filter(({ kind }) =>
      text({ kind: kind ?? '' }, 'kind').endsWith('Binding'),
    );
    control.remove('ValidatingAdmissionPolicyBinding', '', 'headroom-templates');
    const found = await onlyBroken();
    control.seed(binding === undefined ? [] : [binding]);
    expect(found).toMatchObject({
      what: 'admission policy',
      fix: expect.stringContaining('admission-policy.yaml'),
    });
  });
});

describe('of Prometheus it names', () => {
  it('an address where nobody answers', async () => {
    const port = await freePort();
    const found = await onlyBroken({ PROMETHEUS_URL: `http://127.0.0.1:${port}` });
    expect(found.fix).toContain('curl');
  });

  it('that nobody said where it is', async () => {
    const found = await onlyBroken({ PROMETHEUS_URL: '' });
    expect(found.fix).toContain('set PROMETHEUS_URL');
  });

  it('a series that is not there, for each trigger that measures it', async () => {
    const [first] = seriesOfTriggers();
    if (first === undefined) throw new Error('no series');
    prometheus.control.remove(first.name);
    const found = brokenOf(await findings());
    for (const series of seriesOfTriggers()) prometheus.control.set(series, 1);
    expect(found.length).toBeGreaterThan(0);
    for (const each of found) {
      expect(each).toMatchObject({
        what: expect.stringMatching(/^trigger .* of traps$/),
        says: expect.stringContaining(first.name),
        fix: expect.stringContaining(`query=${first.name}`),
      });
    }
  });
});

describe('of the database it names', () => {
  it('that headroom.yaml names the very server of its state', async () => {
    process.env['OWN_URL'] = database.url;
    await configure(', databases: { main: { connection: { env: OWN_URL } } }');
    const found = await onlyBroken();
    delete process.env['OWN_URL'];
    expect(found).toMatchObject({ what: 'server', says: expect.stringContaining('its own state') });
  });

  it('tables that are not up to date', async () => {
    const at = new URL(database.url);
    await inside(at, `create database ${database.name}_empty template template0`);
    const empty = new URL(at);
    empty.pathname = `/${database.name}_empty`;
    const found = await onlyBroken({ DATABASE_URL: empty.href });
    await inside(at, `drop database ${database.name}_empty with (force)`);
    expect(found).toMatchObject({ what: 'migrations', fix: 'headroom migrate' });
  });

  it('rights that the user lacks', async () => {
    const user = `${database.name}_narrow`;
    await inside(
      new URL(database.url),
      `create role ${user} login password 'narrow'; grant select on all tables in schema public to ${user}; grant usage on schema bullmq to ${user}; grant select on all tables in schema bullmq to ${user}`,
    );
    const url = new URL(database.url);
    url.username = user;
    url.password = 'narrow';
    const found = await onlyBroken({ DATABASE_URL: url.href });
    await inside(new URL(database.url), `drop owned by ${user}; drop role ${user}`);
    expect(found).toMatchObject({
      what: 'rights',
      fix: expect.stringContaining(`grant create on database "${database.name}" to "${user}"`),
    });
  });

  it('an audit trail that can be changed', async () => {
    await inside(new URL(database.url), 'alter table audit_entry disable trigger audit_no_change');
    const off = await onlyBroken();
    expect(off.fix).toContain('alter table audit_entry enable trigger user');
    await inside(
      new URL(database.url),
      'alter table audit_entry enable trigger user; drop trigger audit_no_truncate on audit_entry',
    );
    const gone = await onlyBroken();
    const [, sql = ''] = /--command '(.*)'$/.exec(gone.fix ?? '') ?? [];
    await inside(new URL(database.url), sql);
    expect(brokenOf(await findings())).toEqual([]);
  });

  it('a clock that is not ours', async () => {
    const late = () => new Date(Date.now() - 60_000);
    const all = await databaseFindings(new Secret(database.url), migrationsDir, late);
    expect(brokenOf(all)).toEqual([
      expect.objectContaining({
        what: 'clock',
        says: expect.stringContaining('60.0 s ahead'),
        fix: expect.stringContaining('timedatectl'),
      }),
    ]);
  });
});

async function inside(url: URL, sql: string): Promise<void> {
  const client = new Client({ connectionString: url.href });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
