// Settings as they are drawn: what is written, and everything that must not be, each with its reason.

import { describe, expect, it } from 'vitest';
import { drawSettings } from '../../src/database/draw-settings.ts';
import type { ServerFacts, ServerSetting } from '../../src/database/drawing.ts';
import type { Answers } from '../../src/database/query.ts';
import { serverFacts } from '../../src/database/server-facts.ts';
import { now } from '../make.ts';

const giB = 1024 ** 3;

function setting(value: string, unit?: string, over: Partial<ServerSetting> = {}): ServerSetting {
  return {
    setting: value,
    ...(unit !== undefined && { unit }),
    vartype: Number.isNaN(Number(value)) ? 'bool' : 'integer',
    shown: value,
    source: 'configuration file',
    isPending: false,
    needsRestart: false,
    ...over,
  };
}

const restart = { needsRestart: true };
const facts: ServerFacts = {
  version: 150_018,
  server: '1',
  database: 'shop',
  role: 'headroom',
  isStandby: false,
  schema: 'public',
  platform: 'plain',
  extensions: new Map(),
  settings: new Map([
    ['work_mem', setting('4096', 'kB')],
    ['max_locks_per_transaction', setting('64', undefined, restart)],
    ['shared_buffers', setting('16384', '8kB', restart)],
    ['max_connections', setting('100', undefined, restart)],
    ['max_worker_processes', setting('8', undefined, restart)],
    ['max_parallel_workers', setting('8')],
    ['max_replication_slots', setting('10', undefined, restart)],
    ['max_prepared_transactions', setting('20', undefined, restart)],
    ['max_wal_senders', setting('0', undefined, restart)],
    ['hot_standby_feedback', setting('off')],
    ['maintenance_work_mem', setting('65536', 'kB')],
    ['autovacuum_work_mem', setting('-1', 'kB')],
    ['autovacuum_max_workers', setting('3', undefined, restart)],
    ['wal_buffers', setting('512', '8kB', restart)],
    ['effective_cache_size', setting('512', '8kB', { source: 'database' })],
    ['random_page_cost', setting('4', undefined, { source: 'database user' })],
    ['max_wal_size', setting('1024', 'MB', { source: 'command line' })],
  ]),
  memoryBytes: 4 * giB,
  now,
};
/** As its default, and not on the command line. */
const ofWal = new Map([['max_wal_size', setting('1024', 'MB')]]);
const quiet = {
  connections: 20,
  reserved: 3,
  slots: 2,
  prepared: 5,
  standbys: 0,
  senders: 3,
  idleSlots: 1,
  walLevel: 'replica',
  walSegment: 16 * 1024 ** 2,
  keptBack: 0,
  own: [] as { name: string; whose: string }[],
};

interface Over {
  readonly facts?: Partial<ServerFacts>;
  readonly inUse?: Partial<typeof quiet>;
  /** What postgresql.auto.conf says of the setting. */
  readonly file?: string;
  /** What others have written besides, which waits for a restart. */
  readonly pending?: Readonly<Record<string, string>>;
}

/** Where autovacuum may take 64 MiB each. */
const vast: Over = { facts: { memoryBytes: 2 * giB } };

/** With a work_mem that comes from there. */
function from(source: string): Over {
  return { facts: { settings: new Map([['work_mem', setting('4096', 'kB', { source })]]) } };
}

function draw(settings: Readonly<Record<string, string>>, over: Over = {}) {
  const line = { isOwn: true, isPending: false, shown: '' };
  const file = Object.keys(settings).map((name) => ({ ...line, name, setting: over.file ?? null }));
  const others = Object.entries(over.pending ?? {}).map(([name, value]) => ({
    ...line,
    name,
    setting: value,
    isOwn: false,
    isPending: true,
    shown: 'less',
  }));
  const answers: Answers = [[{ ...quiet, ...over.inUse }], [...file, ...others], []];
  const step = { deed: 'settings', settings, restart: false } as const;
  return drawSettings.draw(step, answers, { ...facts, ...over.facts });
}

describe('a setting', () => {
  it('keeps for its undo what the file said and what was in effect', () => {
    expect(draw({ work_mem: '20MB' }, { file: '8MB' })).toMatchObject({
      kind: 'deeds',
      deeds: [{ deed: 'setting', name: 'work_mem', before: '8MB', after: '20MB', running: '4096' }],
    });
  });

  it.each(['default', 'environment variable', 'configuration file'])(
    'is written over a value whose source is "%s", which is weaker than the file',
    (source) => {
      const { settings } = facts;
      const over = new Map([...settings, ['work_mem', setting('4096', 'kB', { source })]]);
      expect(draw({ work_mem: '20MB' }, { facts: { settings: over } })).toMatchObject({
        deeds: [{ name: 'work_mem', after: '20MB' }],
      });
    },
  );

  it('is no deed where it is so already, whatever the unit', () => {
    const drawn = draw({ work_mem: '4MB' });
    expect(drawn).toMatchObject({ deeds: [] });
    expect(drawn).toHaveProperty('notes.0', 'the settings are so already');
    const inEffect = { settings: new Map([['work_mem', setting('20480', 'kB')]]) };
    const file = '20MB';
    expect(draw({ work_mem: '20480kB' }, { file, facts: inEffect })).toMatchObject({ deeds: [] });
  });

  it.each<[string, string, ServerSetting, number]>([
    ['autovacuum_vacuum_cost_delay', '2.5ms', setting('2', 'ms', { vartype: 'real' }), 1],
    ['autovacuum_vacuum_cost_delay', '2000us', setting('2', 'ms', { vartype: 'real' }), 0],
    ['max_slot_wal_keep_size', '0', setting('-1', 'MB'), 1],
    // The server shows six digits of it.
    ['seq_page_cost', '1.23456789', setting('1.23457', undefined, { vartype: 'real' }), 0],
    ['seq_page_cost', '1.2346', setting('1.23457', undefined, { vartype: 'real' }), 1],
    ['autovacuum_vacuum_threshold', '1000001', setting('1000000'), 1],
    ['max_wal_size', '1048576kB', setting('1024', 'MB'), 0],
  ])(
    '%s = %s is compared with what is in effect as the server does',
    (name, value, running, count) => {
      const drawn = draw({ [name]: value }, { facts: { settings: new Map([[name, running]]) } });
      expect(drawn).toHaveProperty('deeds.length', count);
    },
  );

  it('that a restart without settings brings into effect is looked at, and said', () => {
    expect(
      draw({}, { pending: { work_mem: '64MB', shared_preload_libraries: 'x' } }),
    ).toMatchObject({
      deeds: [],
      notes: expect.arrayContaining([
        'somebody has written shared_preload_libraries x (now less), which takes effect with the restart as well',
      ]),
    });
    expect(draw({})).toEqual({ kind: 'deeds', deeds: [], notes: [] });
    expect(draw({}, { pending: { max_replication_slots: '1' } })).toMatchObject({
      because: expect.stringContaining('would not start'),
    });
    expect(
      draw({ hot_standby_feedback: 'on' }, { pending: { max_replication_slots: '1' } }),
    ).toHaveProperty('deeds.length', 1);
    const less = { pending: { max_connections: '90' } };
    expect(draw({}, { ...less, facts: { namedStandbys: 1 } })).toMatchObject({
      because: expect.stringContaining('the primary must be restarted before its standbys'),
    });
    expect(draw({}, less)).toMatchObject({ deeds: [] });
    expect(draw({}, { facts: { platform: 'patroni' } })).toMatchObject({
      because: expect.stringContaining('Patroni keeps this server'),
    });
    expect(draw({}, { facts: { allow: [] } })).toMatchObject({ deeds: [] });
  });

  it.each<[string, Readonly<Record<string, string>>, Over, RegExp]>([
    ['not of the list', { archive_command: 'rm' }, {}, /not among the settings/],
    ['given on the command line', { max_wal_size: '4GB' }, {}, /command line, which wins/],
    ['set for every role', { work_mem: '8MB' }, from('global'), /ALTER ROLE ALL SET, which wins/],
    [
      'set by the server itself',
      { work_mem: '8MB' },
      from('override'),
      /the server sets it itself/,
    ],
    ['set in the session', { work_mem: '8MB' }, from('session'), /session sets it, such as a trig/],
    ['set in the address', { work_mem: '8MB' }, from('client'), /connection's own address that/],
    ...['interactive', 'test', 'constructor'].map(
      (source): [string, Readonly<Record<string, string>>, Over, RegExp] => [
        `from a source such as ${source}`,
        { work_mem: '8MB' },
        from(source),
        /the source ".*", of which Headroom does not know that ALTER SYSTEM wins/,
      ],
    ),
    ['set for the database', { effective_cache_size: '1GB' }, {}, /setting of the database that/],
    ['set for the user', { random_page_cost: '1.1' }, {}, /setting of the database user that/],
    [
      'written where nobody may',
      { work_mem: '8MB' },
      { facts: { settings: new Map([['allow_alter_system', setting('off')]]) } },
      /allow_alter_system is off/,
    ],
    ['fewer senders than stream', { max_wal_senders: '3' }, {}, /3 standbys and others.*1 slots/],
    ['a build larger than it all', { maintenance_work_mem: '60GB' }, {}, /one build or vacuum/],
    ['a sort larger than it all', { work_mem: '16GB' }, {}, /one sort of work_mem, 16 GiB/],
    ['vacuums larger than it all', { autovacuum_max_workers: '64' }, vast, /max_workers × auto/],
    [
      'WAL that leaves too little',
      { wal_buffers: '1GB' },
      { facts: { memoryBytes: giB } },
      /shared_buffers and wal_buffers 1.1 GiB are more than 60 %/,
    ],
    ['unknown to the server', { temp_buffers: '16MB' }, {}, /version 150018\) has no setting/],
    [
      'of an extension that is not loaded',
      { 'timescaledb.max_background_workers': '8' },
      {},
      /belongs to timescaledb/,
    ],
    ['no amount', { work_mem: "4MB'; drop" }, {}, /no value for work_mem/],
    ['of another unit', { work_mem: '4min' }, {}, /no value for work_mem/],
    ['no whole number', { max_connections: '10.5' }, {}, /no whole number/],
    ['neither on nor off', { hot_standby_feedback: 'maybe' }, {}, /is on or off/],
    ['out of bounds', { max_connections: '9000' }, {}, /outside of what Headroom writes/],
    ['less than what is open', { max_connections: '22' }, {}, /20 connections are open/],
    [
      'less than what superusers keep',
      { max_connections: '40' },
      { inUse: { reserved: 25 } },
      /25 are kept for superusers/,
    ],
    ['fewer slots than there are', { max_replication_slots: '1' }, {}, /would not start/],
    ['fewer than are prepared', { max_prepared_transactions: '4' }, {}, /would not start/],
    [
      'senders where the log has too little for them',
      { max_wal_senders: '10' },
      { inUse: { walLevel: 'minimal' } },
      /wal_level is minimal/,
    ],
    [
      'more workers than the server has places for',
      { autovacuum_max_workers: '17' },
      {
        facts: {
          settings: new Map([...facts.settings, ['autovacuum_worker_slots', setting('16')]]),
        },
      },
      /autovacuum_worker_slots is 16.*raised first/,
    ],
    [
      'less than two segments of the WAL',
      { max_wal_size: '100MB' },
      { inUse: { walSegment: 64 * 1024 ** 2 }, facts: { settings: ofWal } },
      /a segment of the WAL is 64 MB.*would not start/,
    ],
    [
      'room for more locks than memory',
      { max_locks_per_transaction: '10000', max_connections: '1000' },
      {},
      /max_locks_per_transaction × max_connections 3.9 GiB are more than 60 %/,
    ],
    ['written as octal', { max_connections: '0150' }, {}, /no whole number/],
    [
      'what its memory is too small for beside what somebody has written',
      { max_connections: '200' },
      { pending: { shared_buffers: '3GB' } },
      /wal_buffers 3 GiB are more than 60 %/,
    ],
    ['fewer workers than asked for', { max_worker_processes: '4' }, {}, /fewer than the 8/],
    ['more than its container holds', { shared_buffers: '3GB' }, {}, /more than 60 %/],
    [
      'more than an unnamed standby has',
      { max_connections: '200' },
      { inUse: { standbys: 2 }, facts: { namedStandbys: 1 } },
      /2 standbys stream.*names 1/,
    ],
    ['for a standby', { work_mem: '20MB' }, { facts: { isStandby: true } }, /leads to a standby/],
    ['before 15', { work_mem: '20MB' }, { facts: { version: 140_011 } }, /only a superuser/],
  ])('that is %s is refused', (_, settings, over, because) => {
    expect(draw(settings, over)).toMatchObject({
      kind: 'refused',
      because: expect.stringMatching(because),
    });
  });

  it('is told to be another for those who have their own', () => {
    const own = [
      { name: 'work_mem', whose: 'role report in database shop' },
      { name: 'timezone', whose: 'database shop' },
    ];
    const drawn = draw({ work_mem: '8MB' }, { inUse: { own } });
    expect(drawn).toHaveProperty(
      'notes',
      expect.arrayContaining([
        'role report in database shop has a work_mem of its own, which this does not change',
      ]),
    );
    expect(JSON.stringify(drawn)).not.toContain('timezone');
  });

  it.each([
    ['cnpg', /spec\.postgresql\.parameters/],
    ['patroni', /patronictl edit-config/],
    ['managed', /at its provider/],
  ] as const)("is a person's on %s", (platform, what) => {
    expect(draw({ work_mem: '20MB' }, { facts: { platform } })).toMatchObject({
      kind: 'person',
      what: expect.stringMatching(what),
    });
  });

  it('that takes effect with a restart says so where huge pages must be there for it', () => {
    const settings = new Map([...facts.settings, ['huge_pages', setting('on')]]);
    const notes = (wanted: Readonly<Record<string, string>>) =>
      JSON.stringify(draw(wanted, { facts: { settings } }));
    expect(notes({ shared_buffers: '1GB' })).toContain('huge_pages is on');
    expect(notes({ work_mem: '8MB' })).not.toContain('huge_pages');
    expect(JSON.stringify(draw({ shared_buffers: '1GB' }))).not.toContain('huge_pages');
  });

  it('says what the memory comes to, also where the container is not known', () => {
    expect(draw({ work_mem: '64MB' })).toHaveProperty(
      'notes.0',
      expect.stringContaining('if all connections sort at once it runs out of memory'),
    );
    const { memoryBytes: _, ...unknown } = facts;
    const drawn = drawSettings.draw(
      { deed: 'settings', settings: { work_mem: '64MB' }, restart: false },
      [[quiet], [], []],
      unknown,
    );
    expect(drawn).toMatchObject({ notes: [expect.stringContaining('not known')] });
  });
});

/** What pg_settings shows of it, but for the name. */
const shown = (name: string, value: string, source = 'configuration file') => ({
  name,
  setting: value,
  unit: null,
  vartype: 'string',
  source,
  context: 'sighup',
  pending: false,
  shown: value,
});

describe('who keeps a server', () => {
  const platformOf = (settings: readonly object[], traces = { settings: 0, roles: 0 }) =>
    serverFacts(
      [
        [{ version: 180_000, database: 'shop', role: 'headroom', standby: false, server: '1' }],
        settings as never,
        [],
        [traces],
      ],
      { now },
    ).platform;

  it.each([
    ['cnpg', '/controller/manager wal-archive --log-destination /controller/log/postgres.json %p'],
    ['plain', 'cp %p /archive/%f'],
    ['plain', '(disabled)'],
  ])('is %s where archive_command is "%s"', (platform, command) => {
    const settings = [shown('archive_command', command), shown('cluster_name', 'shop')];
    expect(platformOf(settings)).toBe(platform);
  });

  it('is patroni where the names and sizes that it guards are all on the command line', () => {
    const given = ['cluster_name', 'wal_log_hints', 'max_connections'].map((name) =>
      shown(name, '1', 'command line'),
    );
    expect(platformOf(given)).toBe('patroni');
    // A container that is given max_connections as an argument is nobody's.
    expect(platformOf(given.slice(2))).toBe('plain');
  });

  it.each([
    ['settings', { settings: 12, roles: 0 }],
    ['roles', { settings: 0, roles: 1 }],
  ])('is its provider where it has %s of its own', (_, traces) => {
    expect(platformOf([shown('archive_command', '/etc/rds/dbbin/archive %p')], traces)).toBe(
      'managed',
    );
  });
});
