// Settings as they are drawn: what is written, and everything that must not be, each with its reason.

import { describe, expect, it } from 'vitest';
import { drawSettings } from '../../src/database/draw-settings.ts';
import type { ServerFacts, ServerSetting } from '../../src/database/drawing.ts';
import type { Answers } from '../../src/database/query.ts';
import { now } from '../make.ts';

const giB = 1024 ** 3;

function setting(value: string, unit?: string, over: Partial<ServerSetting> = {}): ServerSetting {
  return {
    setting: value,
    ...(unit !== undefined && { unit }),
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
  platform: 'plain',
  extensions: new Map(),
  settings: new Map([
    ['work_mem', setting('4096', 'kB')],
    ['shared_buffers', setting('16384', '8kB', restart)],
    ['max_connections', setting('100', undefined, restart)],
    ['max_worker_processes', setting('8', undefined, restart)],
    ['max_parallel_workers', setting('8')],
    ['max_replication_slots', setting('10', undefined, restart)],
    ['max_prepared_transactions', setting('20', undefined, restart)],
    ['max_wal_senders', setting('0', undefined, restart)],
    ['hot_standby_feedback', setting('off')],
    ['max_wal_size', setting('1024', 'MB', { source: 'command line' })],
  ]),
  memoryBytes: 4 * giB,
  now,
};
const quiet = {
  connections: 20,
  reserved: 3,
  slots: 2,
  prepared: 5,
  standbys: 0,
  walLevel: 'replica',
};

interface Over {
  readonly facts?: Partial<ServerFacts>;
  readonly inUse?: Partial<typeof quiet>;
  readonly file?: string;
}

function draw(settings: Readonly<Record<string, string>>, over: Over = {}) {
  const file = over.file === undefined ? [] : [{ setting: over.file, error: null }];
  const answers: Answers = [
    [{ ...quiet, ...over.inUse }],
    ...Object.keys(settings).flatMap(() => [[], file]),
  ];
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

  it('is no deed where it is so already, whatever the unit', () => {
    const drawn = draw({ work_mem: '4MB' });
    expect(drawn).toMatchObject({ deeds: [] });
    expect(drawn).toHaveProperty('notes.0', 'the settings are so already');
    expect(draw({ work_mem: '20480kB' }, { file: '20MB' })).toMatchObject({ deeds: [] });
  });

  it.each<[string, Readonly<Record<string, string>>, Over, RegExp]>([
    ['not of the list', { archive_command: 'rm' }, {}, /not among the settings/],
    ['given on the command line', { max_wal_size: '4GB' }, {}, /command line, which wins/],
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
