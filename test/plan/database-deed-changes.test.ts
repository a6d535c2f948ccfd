// What is done to a database by objects of a cluster: the pooler as a set, the operator's own, its servers, and the map of shards.

import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { ClusterChange } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { afterChange } from '../../src/plan/after-change.ts';
import {
  type ClusterDeed,
  changesForDatabaseDeed,
  type DeedFacts,
} from '../../src/plan/database-deed-changes.ts';
import { poolerSettings } from '../../src/plan/pooler-settings.ts';
import { whyNotFewer } from '../../src/plan/replica-step.ts';
import { changesForStep } from '../../src/plan/step-changes.ts';
import { changesOf } from '../profile/plan-of.ts';
import { mistakesIn } from '../published-schemas.ts';
import { makeStepFacts, seen, target } from './step-facts.ts';

const pooler = {
  host: 'db.example',
  port: 5432,
  image: 'registry.example/pgbouncer:1.25',
  userlist: 'pgbouncer-users',
};
const deed = {
  deed: 'pooler',
  replicas: 2,
  settings: { listen_port: '6432', pool_mode: 'transaction', default_pool_size: '50' },
} as const satisfies ClusterDeed;

function factsWith(over: Partial<DeedFacts> = {}): DeedFacts {
  return { ...makeStepFacts(), pooler, ...over };
}

function changesFor(of: ClusterDeed, facts: DeedFacts = factsWith()): readonly ClusterChange[] {
  const made = changesForDatabaseDeed(of, facts);
  return made.kind === 'changes' ? made.changes : [];
}

function because(of: ClusterDeed, facts: DeedFacts = factsWith()): string {
  const made = changesForDatabaseDeed(of, facts);
  return made.kind === 'changes' ? '' : `${made.kind}: ${made.because}`;
}

/** The one object of a kind that is made, as it is written. */
function bodyOf(kind: string, changes: readonly ClusterChange[]): unknown {
  const found = changes.find((each) => each.kind === 'create' && each.object.kind === kind);
  const write = found && clusterWrite(found, '');
  return write?.how === 'apply' ? write.body : undefined;
}

const cluster = seen('Cluster', 'main', {
  metadata: {},
  spec: { instances: 2, postgresql: { parameters: { work_mem: '4MB' } } },
});
const operated = factsWith({ ...makeStepFacts([cluster]), operated: 'main' });

describe('PgBouncer as a set', () => {
  const changes = changesFor(deed);

  it('is its configuration, its pods, its address and its budget, in this order', () => {
    expect(changes.map((each) => each.kind === 'create' && each.object)).toMatchObject(
      ['ConfigMap', 'Deployment', 'Service', 'PodDisruptionBudget'].map((kind) => ({
        kind,
        name: 'pgbouncer',
      })),
    );
    expect(changes).toMatchObject([{}, { rollout: true, workload: { name: 'pgbouncer' } }, {}, {}]);
    for (const { object } of changes.filter((each) => each.kind === 'create')) {
      const body = bodyOf(object.kind, changes);
      expect(mistakesIn(body as Readonly<Record<string, unknown>>)).toEqual([]);
    }
  });

  it('has the settings of the profile, and no password', () => {
    expect(valueAt(bodyOf('ConfigMap', changes), '/data/pgbouncer.ini')).toBe(
      [
        '[databases]',
        '* = host=db.example port=5432',
        '',
        '[pgbouncer]',
        'listen_addr = 0.0.0.0',
        'auth_type = scram-sha-256',
        'auth_file = /etc/pgbouncer-users/userlist.txt',
        'listen_port = 6432',
        'pool_mode = transaction',
        'default_pool_size = 50',
        '',
      ].join('\n'),
    );
    const users = { name: 'users', secret: { secretName: 'pgbouncer-users' } };
    expect(valueAt(bodyOf('Deployment', changes), '/spec/template/spec/volumes/1')).toEqual(users);
    expect(valueAt(bodyOf('Service', changes), '/spec/ports/0')).toMatchObject({ port: 6432 });
  });

  it('is there once it is made, and new settings make new pods', () => {
    const { state } = factsWith();
    const there = { ...factsWith(), state: changes.reduce(afterChange, state) };
    expect(because(deed, there)).toBe('none: the poolers are so already');
    const [made, larger] = [factsWith(), there].map((facts) =>
      changesForDatabaseDeed({ ...deed, replicas: 3 }, facts),
    );
    // Whoever gets in already gets in.
    expect(made).toMatchObject({ person: { what: expect.stringContaining('pgbouncer-users') } });
    expect(larger).not.toHaveProperty('person');
    const more = { ...deed, settings: { ...deed.settings, default_pool_size: '80' } };
    expect(changesFor(more, there)).toMatchObject([
      { kind: 'patch', object: { kind: 'ConfigMap' }, rollout: false },
      { kind: 'patch', object: { kind: 'Deployment' }, rollout: true },
    ]);
  });

  it('of one has no budget, which would only keep its node from being emptied', () => {
    expect(changesFor({ ...deed, replicas: 1 })).toHaveLength(3);
  });

  it('is the same for every guide that asks for it', () => {
    const asked = { 'gl-003': {}, 'gl-008': {}, 'gl-009': {}, 'gl-010': { facilities: 150 } };
    for (const [id, given] of Object.entries(asked)) {
      const found = changesOf(id, 'pgbouncer', given).find(
        (change) => change.kind === 'database' && change.deed === 'pooler',
      );
      if (found?.kind !== 'database' || found.deed !== 'pooler') throw new Error(`none in ${id}`);
      expect(changesFor(found).length, id).toBeGreaterThan(2);
    }
  });

  it('has prepared statements where its version knows them, and says where it does not', () => {
    const withImage = (image: string) => {
      const made = changesForDatabaseDeed(deed, factsWith({ pooler: { ...pooler, image } }));
      if (made.kind !== 'changes') throw new Error(made.because);
      const text = valueAt(bodyOf('ConfigMap', made.changes), '/data/pgbouncer.ini');
      return { prepares: String(text).includes('max_prepared_statements = 200'), ...made };
    };
    expect(withImage('registry.example:5000/pgbouncer:v1.23.1-p2').prepares).toBe(true);
    // That is what later ones do by themselves.
    expect(withImage('pgbouncer:1.24.0')).toMatchObject({ prepares: false });
    expect(withImage('pgbouncer:1.18.0').notes.join(' ')).toContain(
      'PgBouncer 1.18 knows no prepared statements in this mode: before 1.21',
    );
    expect(withImage('pgbouncer@sha256:0a1b').notes.join(' ')).toContain('does not say which');
    expect(withImage('registry.example:5000/pgbouncer:1.21.0@sha256:0a1b').prepares).toBe(true);
    const given = { ...deed.settings, max_prepared_statements: '100' };
    expect(poolerSettings(given, 'pgbouncer:latest')).toMatchObject({
      notes: [expect.stringContaining('before 1.21 it does not start with max_prep'), {}],
    });
  });

  it('that somebody wrote by hand keeps what no plan writes: it is refused, and named without its values', () => {
    const text = [
      '[databases]',
      'shop = host=db auth_user=bouncer',
      '* = host=db.example port=5432 password=hunter2',
      '[users]',
      'bob = pool_mode=session',
      '[pgbouncer]',
      '; auth_dbname = no',
      'auth_query = select 1',
      'default_pool_size = 20',
      '%include /etc/pgbouncer/more.ini',
    ].join('\n');
    const there = seen('ConfigMap', 'pgbouncer', { data: { 'pgbouncer.ini': text } });
    expect(because(deed, factsWith(makeStepFacts([there])))).toBe(
      'refused: pgbouncer.ini of ConfigMap pgbouncer says what no plan writes, which would be lost with it (database shop, password of *, [users], auth_query, %include): somebody has to change these poolers by hand',
    );
  });

  it('asks somebody first about what was seen in sessions, and says what was not seen', () => {
    const answers = [
      [{ application: 'worker', query: 'LISTEN news', sessions: 2 }],
      [],
      [{ tables: 0 }],
      [],
    ];
    const cutOver = (over: Partial<DeedFacts>, of: ClusterDeed = deed) => {
      const made = changesForDatabaseDeed(of, factsWith(over));
      if (made.kind !== 'changes') throw new Error(made.because);
      return { first: made.first, notes: made.notes.join(' ') };
    };
    const seenIt = cutOver({ beside: { kind: 'seen', answers } });
    expect(seenIt.first).toMatchObject({
      who: 'whoever deploys the applications',
      what: expect.stringContaining('through the pooler: LISTEN (now by worker)'),
    });
    expect(seenIt.notes).toContain('Not seen: all but the last statement of each session');
    const calm = cutOver({ beside: { kind: 'seen', answers: [[], [], [{ tables: 0 }], []] } });
    expect(calm).toMatchObject({
      first: undefined,
      notes: expect.stringMatching(/Nobody was seen/),
    });
    expect(cutOver({ beside: { kind: 'unseen', because: 'it is away' } }).notes).toMatch(
      /was not looked at \(it is away\)/,
    );
    expect(cutOver({}).notes).toMatch(/was not looked at\./);
    const kept = { ...deed, settings: { ...deed.settings, pool_mode: 'session' } };
    expect(cutOver({}, kept).notes).toMatch(/^In session mode .* come and go\.$/);
  });

  it.each([
    [{ pool_mod: 'transaction' }, 'PgBouncer has no setting pool_mod'],
    [{ pool_mode: 'query' }, 'pool_mode query is none of'],
    [{ pool_mode: 'statement' }, 'pool_mode statement is none of session, transaction'],
    [{ auth_type: 'trust' }, 'auth_type trust would let people in'],
    [{ auth_file: '/etc/passwd' }, 'PgBouncer has no setting auth_file that a profile may write'],
    [{ transaction_timeout: '30' }, 'needs PgBouncer 1.25, and the image is 1.24'],
    [{ auth_type: 'hba' }, 'auth_type hba'],
    [{ max_prepared_statements: 'many' }, 'max_prepared_statements is many, which is no plain'],
  ])('does not write %j', (settings, words) => {
    const image = 'pgbouncer:1.24';
    const facts = factsWith({ pooler: { ...pooler, image } });
    expect(because({ deed: 'pooler', replicas: 2, settings }, facts)).toContain(words);
  });

  it('is refused without an address, and with settings that are none', () => {
    const { pooler: _, ...rest } = factsWith();
    expect(because(deed, rest)).toMatch(/^refused: headroom.yaml does not say/);
    const port = { ...deed, settings: { listen_port: '0' } };
    expect(because(port)).toBe('refused: listen_port 0 is no port');
    const lines = { ...deed, settings: { pool_mode: 'session\nadmin_users = eve' } };
    expect(because(lines)).toBe('refused: setting pool_mode has more than one line');
  });
});

describe('where CloudNativePG keeps the database', () => {
  it('its own pooler takes the place of the set', () => {
    const usual = { ...deed, settings: { pool_mode: 'transaction', max_client_conn: '1000' } };
    const spec = {
      cluster: { name: 'main' },
      instances: 2,
      type: 'rw',
      pgbouncer: { poolMode: 'transaction', parameters: { max_client_conn: '1000' } },
    };
    expect(bodyOf('Pooler', changesFor(usual, operated))).toMatchObject({
      apiVersion: 'postgresql.cnpg.io/v1',
      metadata: { name: 'pgbouncer' },
      spec,
    });
    expect(because(deed, operated)).toMatch(/^refused: .* listens on 5432/);
  });

  it('replicas are servers beside the primary, and never become fewer', () => {
    expect(changesFor({ deed: 'replicas', replicas: 2 }, operated)).toMatchObject([
      { fields: [{ pointer: '/spec/instances', before: 2, after: 3 }], undo: 'compensating' },
    ]);
    expect(because({ deed: 'replicas', replicas: 1 }, operated)).toBe(
      'none: Cluster main is so already',
    );
  });

  it('nothing is written that it would not carry out, and what it is at is said', () => {
    const more = { deed: 'replicas', replicas: 2 } as const;
    const clusterWith = (annotations: object, status: object = {}) => {
      const value = { metadata: { annotations }, spec: { instances: 2 }, status };
      return factsWith({ ...makeStepFacts([seen('Cluster', 'main', value)]), operated: 'main' });
    };
    const asleep = clusterWith({ 'cnpg.io/hibernation': 'on' });
    expect(because(more, asleep)).toMatch(/^refused: Cluster main is hibernated/);
    const alone = clusterWith({ 'cnpg.io/reconciliationLoop': 'disabled' });
    expect(because(more, alone)).toMatch(/^refused: somebody told the operator to leave Cluster/);
    const busy = clusterWith(
      { 'cnpg.io/hibernation': 'off', 'cnpg.io/fencedInstances': '["main-2"]' },
      { currentPrimary: 'main-1', targetPrimary: 'main-2' },
    );
    expect(changesForDatabaseDeed(more, busy)).toMatchObject({
      notes: [
        {},
        'Instances of Cluster main are fenced, so PostgreSQL is stopped there: ["main-2"].',
        'The primary of Cluster main is changing right now, from main-1 to main-2.',
      ],
    });
    expect(because(more, clusterWith({ 'cnpg.io/fencedInstances': '[]' }))).toBe('');
  });

  it('replicas come with the time of a base backup, and not while those that are there are behind', () => {
    const standby = { name: 'one', state: 'streaming', sync: 'sync', seconds: 45, bytes: 900 };
    const answers = [[{ bytes: 730e9 }], [standby]];
    const beside = { kind: 'seen', answers } as const;
    const more = { deed: 'replicas', replicas: 2 } as const;
    const made = changesForDatabaseDeed(more, { ...operated, beside, lagLimitSeconds: 60 });
    expect(made.kind === 'changes' ? made.notes : []).toEqual([
      'The operator changes one server after the other, the primary last.',
      'A base backup of 730 GB takes about 2.1 h at 100 MB/s, which is assumed; the server is read from meanwhile.',
      'Standbys now: one (streaming, sync, 45 s behind).',
    ]);
    expect(because(more, { ...operated, beside, lagLimitSeconds: 30 })).toMatch(
      /^refused: standby one is 45 s behind and the limit is 30 s/,
    );
    const back = { ...standby, state: 'catchup', seconds: 1 };
    const catching = { kind: 'seen', answers: [[{ bytes: 730e9 }], [back]] } as const;
    expect(because(more, { ...operated, beside: catching, lagLimitSeconds: 60 })).toMatch(
      /^refused: standby one is catching up: a base backup/,
    );
    const away = { kind: 'unseen', because: 'nobody listens there' } as const;
    const unseen = changesForDatabaseDeed(more, { ...operated, beside: away });
    expect(unseen.kind === 'changes' ? unseen.notes.join(' ') : '').toContain(
      'nobody listens there',
    );
  });

  it.each([
    [{ instances: 3 }, 1, 'left with its primary alone'],
    [{ instances: 4, minSyncReplicas: 2 }, 2, 'waits for 2 synchronous replicas'],
    [{ instances: 4, postgresql: { synchronous: { number: 2 } } }, 2, 'waits for 2 synchronous'],
    [{ instances: 4, minSyncReplicas: 2 }, 3, 'waits for 2 synchronous'],
    [{ instances: 5, minSyncReplicas: 2 }, 4, undefined],
    [{ instances: 2 }, 3, undefined],
  ])(
    'of %j instances %i are left only where a replica stays, and each that commits wait for',
    (spec, wanted, words) => {
      const why = whyNotFewer(spec, wanted, 'main');
      if (words === undefined) expect(why).toBeUndefined();
      else expect(why).toContain(words);
    },
  );

  it('a guide that applies a smaller Cluster is refused as well', () => {
    const object = {
      apiVersion: 'postgresql.cnpg.io/v1',
      kind: 'Cluster',
      metadata: { name: 'main', namespace: 'shop' },
      spec: { instances: 1 },
    };
    expect(changesForStep({ kind: 'apply', target, object }, operated)).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('the last replica is never taken away'),
    });
  });

  it('settings are its parameters', () => {
    const settings = { work_mem: '20MB', max_connections: '500' };
    expect(changesFor({ deed: 'settings', settings, restart: false }, operated)).toMatchObject([
      {
        fields: [
          { pointer: '/spec/postgresql/parameters/work_mem', before: '4MB', after: '20MB' },
          { pointer: '/spec/postgresql/parameters/max_connections', after: '500' },
        ],
      },
    ]);
  });

  it.each([
    [{ shared_buffers: 'much' }, '"much" is no value for shared_buffers'],
    [{ work_mem: '20' }, 'work_mem = 20 is outside of what Headroom writes'],
    [{ max_connections: '99999' }, 'max_connections = 99999 is outside of what Headroom writes'],
    [{ hot_standby_feedback: 'perhaps' }, 'hot_standby_feedback is on or off'],
    [{ shared_buffers: '3GB' }, 'shared_buffers 3 GiB is more than 60 % of the 4 GiB'],
    [{ maintenance_work_mem: '2GB' }, 'autovacuum_max_workers × autovacuum_work_mem'],
    [{ max_worker_processes: '8' }, 'max_worker_processes 8 is fewer than the 32'],
    [{ fsync: 'off' }, 'fsync is not among the settings that Headroom writes'],
    [{ shared_buffers: '1GB' }, undefined],
    [{ max_worker_processes: '64', checkpoint_timeout: '900' }, undefined],
  ])('the values %j are judged by its memory and its other parameters', (settings, words) => {
    const spec = { instances: 2, resources: { limits: { memory: '4Gi' } } };
    const own = makeStepFacts([seen('Cluster', 'main', { metadata: {}, spec })]);
    const facts = factsWith({ ...own, operated: 'main' });
    const why = because({ deed: 'settings', settings, restart: false }, facts);
    if (words === undefined) expect(why).toBe('');
    else expect(why).toContain(words);
  });

  it('and where nobody does, nothing in the cluster changes it', () => {
    expect(because({ deed: 'replicas', replicas: 2 })).toMatch(/^refused: no operator keeps/);
    const gone = factsWith({ operated: 'gone' });
    expect(because({ deed: 'replicas', replicas: 2 }, gone)).toMatch(/there is no Cluster gone/);
  });
});

describe('the map of shards', () => {
  const shards = {
    deed: 'shards',
    count: 4,
    by: 'facility_id',
    load: 20,
    map: { configMap: 'shards', key: 'shards.yaml' },
  } as const satisfies ClusterDeed;

  it('says how a key finds its shard, the same in every process', () => {
    const text = valueAt(bodyOf('ConfigMap', changesFor(shards)), '/data/shards.yaml');
    expect(parse(String(text))).toEqual({
      by: 'facility_id',
      hash: 'sha256-32',
      count: 4,
      load: 20,
      shards: ['shard-0', 'shard-1', 'shard-2', 'shard-3'],
      moved: {},
    });
  });

  /** The map as it is written, beside the step for people before it. */
  function made(count: number, text: string | undefined, loads?: Readonly<Record<string, number>>) {
    const there =
      text === undefined ? [] : [seen('ConfigMap', 'shards', { data: { 'shards.yaml': text } })];
    const rows = Object.entries(loads ?? {}).map(([key, load]) => ({ key, load }));
    const facts = {
      ...makeStepFacts(there),
      ...(loads && { beside: { kind: 'seen', answers: [rows] } as const }),
    };
    const changes = changesForDatabaseDeed({ ...shards, count }, facts);
    if (changes.kind !== 'changes') return { because: `${changes.kind}: ${changes.because}` };
    const [change] = changes.changes;
    const field = change?.kind === 'patch' ? change.fields[0]?.after : undefined;
    const { first, notes } = changes;
    const created = valueAt(bodyOf('ConfigMap', changes.changes), '/data/shards.yaml');
    return { text: String(field ?? created), first, notes: notes.join(' '), undo: change?.undo };
  }

  const loads = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`F-${index}`, 2]));

  it('keeps its hash when shards are added, and says which keys somebody has to move first', () => {
    const fresh = made(4, undefined, loads);
    expect(fresh.first).toBeUndefined();
    expect(fresh.notes).toMatch(/There is no shards.yaml .* first map.* by one that was lost, put/);
    const grown = made(6, fresh.text, loads);
    expect(parse(grown.text ?? '')).toMatchObject({ count: 4, shards: { length: 6 } });
    expect(grown.first).toMatchObject({
      who: 'somebody for databases',
      what: expect.stringMatching(
        /^Copy the rows of \d\d keys \(facility_id\) to their new shards, hold their writes, and compare the counts: F-\d+ \(2\) shard-\d → shard-[45], .*, and \d+ more$/,
      ),
    });
    expect(grown.notes).not.toContain('first map');
    // Once rows were moved, a map that goes back by itself would have them looked for where they are old.
    expect([fresh.undo, grown.undo]).toEqual(['compensating', 'compensating']);
    expect(grown.notes).toMatch(/Load by shard afterwards: shard-0 2\d, /);
    expect(grown.notes).toContain('more than the 20 that a shard is planned for');
    expect(made(6, grown.text, loads).because).toMatch(/^none: the map has 6 shards/);
  });

  it('says which shards a giant key keeps from the mean, before and after the others are levelled', () => {
    const giant = { ...loads, giant: 1000 };
    const fresh = made(4, undefined, giant);
    const far =
      /shard-0, shard-1, shard-2, shard-3 stay further than 25 % from the mean, and no move/;
    expect(fresh.notes).toMatch(far);
    expect(made(4, fresh.text, giant).because).toMatch(far);
  });

  it('has a number of shards, and keys that can be written into it', () => {
    expect(made(0, undefined).because).toMatch(/^refused: a map has 1 to 4096 shards/);
    expect(made(4, undefined, { ['é"'.repeat(400)]: 1 }).because).toMatch(
      /^refused: key .*… is too long to be written into a map/,
    );
  });

  it('moves nothing where nobody knows the keys, and says how they become known', () => {
    const grown = made(6, made(4, undefined).text);
    expect(grown).toMatchObject({ first: undefined, notes: expect.stringContaining('shardKeys') });
    expect(parse(grown.text ?? '')).toMatchObject({ count: 4, moved: {}, shards: { length: 6 } });
  });

  it('is refused where somebody else wrote it, where it is by something else, and where keys cannot be read', () => {
    expect(made(4, 'regions: {}').because).toMatch(/^refused: .* is no map of shards/);
    const other = made(4, undefined).text?.replace('facility_id', 'region');
    expect(made(4, other).because).toMatch(/^refused: .* is by region and the profile wants/);
    expect(made(3, made(4, undefined).text).because).toMatch(/leads to 4 shards/);
    const unseen = factsWith({ beside: { kind: 'unseen', because: 'nobody listens there' } });
    expect(because(shards, unseen)).toMatch(/^refused: .* could not be read: nobody listens there/);
  });

  it('is refused where the profile names no ConfigMap', () => {
    const { map: _, ...without } = shards;
    expect(because(without)).toMatch(/^refused: the profile names no ConfigMap/);
  });
});
