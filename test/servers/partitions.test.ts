// Partitions by month on real servers: made, detached and attached beside an application, killed in the middle, and refused.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SqlStep } from '../../src/database/draw-deed.ts';
import { monthAt, plusMonths, startOf } from '../../src/database/months.ts';
import { statementsOf } from '../../src/database/sql-deed.ts';
import { another, catalogue, changesFor, deedsOf, draw, standing, undone, write } from './deeds.ts';
import { underLoad } from './load.ts';
import { startTarget, type Target } from './target.ts';
import { onEachVersion } from './versions.ts';

type Step = Extract<SqlStep, { deed: 'partitions' }>;

function step(some: Partial<Step> = {}): Step {
  return { deed: 'partitions', table: 'readings', column: 'at', every: 'month', ahead: 2, ...some };
}

onEachVersion((version) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ version });
    await target.admin.query('create role clerk');
  });
  afterAll(() => target.close());

  /** Three months up to the present one, with all that a table may have. */
  beforeEach(async () => {
    const { admin } = target;
    await admin.query('drop schema public cascade; create schema public');
    await admin.query('create table meter (id int primary key); insert into meter values (1)');
    await admin.query(
      `create table readings (id int generated always as identity, at timestamptz not null, meter int references meter,
         value numeric default 7 check (value >= 0), doubled numeric generated always as (value * 2) stored,
         primary key (id, at)) partition by range (at)`,
    );
    await admin.query('create index on readings (meter, at desc)');
    await admin.query(
      'create statistics readings_related (ndistinct) on meter, value from readings',
    );
    for (const month of [9, 10, 11]) {
      await admin.query(
        `create table readings_2026_${String(month).padStart(2, '0')} partition of readings
           for values from ('2026-${month}-01 00:00+01') to ('2026-${month + 1}-01 00:00+01')`,
      );
    }
    await admin.query(`alter database shop set timezone = 'Africa/Lagos'`);
  });

  const onlyDeed = async (some: Partial<Step>) => {
    const [deed, ...others] = deedsOf(await draw(target, step(some)));
    if (deed === undefined || others.length > 0) throw new Error('one deed was to be drawn');
    return deed;
  };

  const because = async (some: Partial<Step> = {}) => {
    const drawn = await draw(target, step(some));
    return drawn.kind === 'refused' ? drawn.because : drawn.kind;
  };

  /** An application that reads and writes the present month. */
  const load = {
    statements: [
      'select count(*) from readings',
      `insert into readings (at, meter) values ('2026-11-22', 1)`,
    ],
  };

  describe('new months', () => {
    it('are made beside an application, and taken away without a trace while they are empty', async () => {
      await target.admin.query(`insert into readings (at, meter) values ('2026-11-22', 1)`);
      const drawn = await draw(target, step());
      expect(drawn).toMatchObject({
        deeds: [
          { partition: { name: 'readings_2026_12' }, from: '2026-11-30 23:00:00+00' },
          { partition: { name: 'readings_2027_01' }, to: '2027-01-31 23:00:00+00' },
        ],
        notes: ['months begin at midnight of Africa/Lagos'],
      });
      const deeds = deedsOf(drawn);
      const felt = await underLoad(target, load, async () => {
        const before = await catalogue(target);
        for (const deed of deeds) {
          expect(await write(target, deed, { dryRun: true })).toEqual({ kind: 'written' });
          expect(await standing(target, deed)).toMatchObject({ kind: 'unchanged' });
          expect(await write(target, deed)).toEqual({ kind: 'written' });
          expect(await standing(target, deed)).toEqual({ kind: 'reached' });
        }
        expect(await draw(target, step())).toMatchObject({ deeds: [] });
        for (const deed of deeds.toReversed()) {
          await expect
            .poll(() => write(target, undone(deed)).catch(() => undefined))
            .toEqual({ kind: 'written' });
          expect(await standing(target, undone(deed))).toEqual({ kind: 'reached' });
        }
        expect(await catalogue(target)).toEqual(before);
      });
      expect(felt.failures).toEqual([]);
      expect(felt.longestLockMs).toBeLessThan(1000);
    });

    it('take rows, and stay when rows have come', async () => {
      const deed = await onlyDeed({ ahead: 1 });
      await write(target, deed);
      await target.admin.query(`insert into readings (at, meter) values ('2026-12-24', 1)`);
      await expect(
        target.admin.query(
          `insert into readings_2026_12 (id, at, meter) overriding system value values (9, '2026-12-24', 2)`,
        ),
      ).rejects.toThrow('foreign key');
      expect(await write(target, undone(deed))).toMatchObject({
        kind: 'refused',
        because: expect.stringContaining('rows were written'),
      });
    });

    it('belong to the owner of the table', async () => {
      await target.admin.query('alter table readings owner to clerk');
      const deed = await onlyDeed({ ahead: 1 });
      expect(deed).toMatchObject({ owner: 'clerk' });
      await write(target, deed);
      const { rows } = await target.admin.query(
        `select tableowner from pg_tables where tablename = 'readings_2026_12'`,
      );
      expect(rows).toEqual([{ tableowner: 'clerk' }]);
    });

    it('have the settings of the newest one, as far as Headroom writes such', async () => {
      await target.admin.query(`
        alter table readings_2026_10 set (fillfactor = 50);
        alter table readings_2026_11 set (fillfactor = 90, autovacuum_vacuum_scale_factor = 0.02,
                                          autovacuum_enabled = off, parallel_workers = 3)`);
      const drawn = await draw(target, step({ ahead: 1 }));
      expect(drawn).toMatchObject({
        notes: expect.arrayContaining([
          'readings_2026_11 has autovacuum_enabled=off, parallel_workers=3, which new partitions do not get',
        ]),
      });
      const [deed] = deedsOf(drawn);
      if (deed === undefined) throw new Error('a month was to be drawn');
      expect(statementsOf(deed)[0]).toBe(
        `create table "public"."readings_2026_12" (like "public"."readings" including all excluding identity) with (fillfactor = '90', autovacuum_vacuum_scale_factor = '0.02')`,
      );
      const before = await catalogue(target);
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      const { rows } = await target.admin.query(
        `select reloptions from pg_class where relname = 'readings_2026_12'`,
      );
      expect(rows).toEqual([
        { reloptions: ['fillfactor=90', 'autovacuum_vacuum_scale_factor=0.02'] },
      ]);
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await catalogue(target)).toEqual(before);
    });

    it('are made of columns by date and without a time zone, whatever the database shows', async () => {
      await target.admin.query(`alter database shop set datestyle = 'SQL, DMY'`);
      for (const type of ['date', 'timestamp']) {
        await target.admin.query(`drop table if exists days`);
        await target.admin.query(`create table days (at ${type} not null) partition by range (at)`);
        const deeds = deedsOf(await draw(target, step({ table: 'days', ahead: 1 })));
        for (const deed of deeds) {
          expect(await write(target, deed)).toEqual({ kind: 'written' });
          expect(await standing(target, deed)).toEqual({ kind: 'reached' });
        }
        await target.admin.query(`insert into days values ('2026-12-31 00:00')`);
        expect(deeds).toMatchObject([{ partition: { name: 'days_y2026m11' } }, {}]);
      }
      await target.admin.query('alter database shop reset datestyle');
    });

    it('are refused where a default partition holds rows of them, and made where it does not', async () => {
      await target.admin.query('create table "rest" partition of readings default');
      await target.admin.query(`insert into readings (at) values ('2026-12-24')`);
      expect(await because()).toContain('rest holds rows of the new months: detach it');
      await target.admin.query(`update readings set at = '2020-01-01'`);
      const deed = await onlyDeed({ ahead: 1 });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      await target.admin.query(`delete from readings; drop table "rest"`);
    });

    it('are not made over something else, nor where somebody made them meanwhile', async () => {
      const deed = await onlyDeed({ ahead: 1 });
      await target.admin.query('create table readings_2026_12 (id int)');
      expect(await because({ ahead: 1 })).toContain('is called readings_2026_12 already');
      expect(await write(target, deed)).toMatchObject({ kind: 'refused' });
      await target.admin.query('drop table readings_2026_12');
      await target.admin.query(
        `create table december partition of readings for values from ('2026-12-01 00:00+01') to ('2027-01-01 00:00+01')`,
      );
      expect(await standing(target, deed)).toMatchObject({ kind: 'reached' });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(
        (await target.admin.query(`select from pg_class where relname = 'december'`)).rowCount,
      ).toBe(1);
    });

    it('are named and made with any letters', async () => {
      const name = `r"; drop table meter; --.é`;
      const quoted = `"${name.replaceAll('"', '""')}"`;
      await target.admin.query(
        `create table ${quoted} ("a""t" date not null) partition by range ("a""t")`,
      );
      const deed = await onlyDeed({ table: name, column: 'a"t', ahead: 0 });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect((await target.admin.query('select from meter')).rowCount).toBe(1);
      await target.admin.query(`drop table ${quoted}`);
      for (const table of ['x'.repeat(64), '', '.', `'; drop table meter; --`]) {
        expect(await because({ table })).toContain('there is no table');
      }
    });
  });

  describe('months that are older than is kept', () => {
    it('are detached beside an application with all their rows, and attached again', async () => {
      await target.admin.query(
        `insert into readings (at, meter) select '2026-09-01 12:00', 1 from generate_series(1, 1000)`,
      );
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      expect(deed).toMatchObject({ partition: { name: 'readings_2026_09' }, concurrently: true });
      const felt = await underLoad(target, load, async () => {
        await expect
          .poll(async () => {
            await write(target, deed).catch(() => undefined);
            return (await standing(target, deed)).kind;
          })
          .toBe('reached');
        const { rows } = await target.admin.query('select count(*)::int from readings_2026_09');
        expect(rows).toEqual([{ count: 1000 }]);
        expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      });
      expect(felt.failures).toEqual([]);
      expect(felt.longestLockMs).toBeLessThan(1000);
      const { rows } = await target.admin.query(
        `select count(*)::int from readings where at < '2026-10-01'`,
      );
      expect(rows).toEqual([{ count: 1000 }]);
      expect(await onlyDeed({ ahead: 0, keep: 1 })).toEqual(deed);
    });

    it('are finished where an older transaction, or the end of the connection, cut it off', async () => {
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      const reader = await another(target);
      await reader.query('begin isolation level repeatable read; select count(*) from readings');
      await expect(write(target, deed)).rejects.toMatchObject({ retryable: true });
      expect(await standing(target, deed)).toMatchObject({
        begun: expect.stringContaining('half detached'),
      });
      expect(await onlyDeed({ ahead: 0, keep: 1 })).toEqual(deed);
      await reader.query('commit');
      await reader.query('begin; select count(*) from readings');
      const sent = write(target, deed).catch((error: unknown) => error);
      await target.admin.query(
        `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headroom'`,
      );
      await sent;
      await reader.end();
      await expect
        .poll(async () => {
          await write(target, deed).catch(() => undefined);
          return (await standing(target, deed)).kind;
        })
        .toBe('reached');
    });

    it('are detached under a short lock where there is a default partition', async () => {
      await target.admin.query('create table "rest" partition of readings default');
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      const before = await catalogue(target);
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await catalogue(target)).toEqual(before);
      const reader = await another(target);
      await reader.query('begin; select count(*) from readings');
      await expect(write(target, deed)).rejects.toMatchObject({ retryable: true });
      await reader.end();
    });
  });

  describe('a plain table', () => {
    beforeEach(async () => {
      await target.admin.query(
        'create table plain (id serial primary key, at timestamptz not null, meter int references meter)',
      );
      await target.admin.query(`insert into plain (at) values ('2026-08-05'), ('2026-11-05')`);
      await target.admin.query('create index plain_at on plain (at)');
    });

    const through = { table: 'plain_parts', key: ['id', 'at'] };

    it('is refused with the keys in the way and what to do', async () => {
      expect(await because({ table: 'plain' })).toMatch(/through: .* plain_pkey does not hold at/);
      expect(await because({ table: 'plain', through: { table: 'n', key: ['id'] } })).toContain(
        'lacks at',
      );
    });

    it('gets a new one beside it that takes all its rows; the rest is told to a person', async () => {
      const before = await catalogue(target);
      const drawn = await draw(target, step({ table: 'plain', through, ahead: 1 }));
      expect(drawn).toMatchObject({
        person: { what: expect.stringContaining('make plain_at, plain_meter_fkey again') },
      });
      expect(await changesFor(target, step({ table: 'plain', through, ahead: 1 }))).toMatchObject({
        changes: [{ kind: 'sql', undo: 'exact' }],
        person: { who: 'somebody for databases', say: expect.stringContaining('for people') },
      });
      const [deed, ...others] = deedsOf(drawn);
      if (deed === undefined) throw new Error('nothing was drawn');
      expect(others).toEqual([]);
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      const again = await draw(target, step({ table: 'plain', through, ahead: 1 }));
      expect(again).toMatchObject({ deeds: [], person: {} });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await catalogue(target)).toEqual(before);
      await write(target, deed);
      await target.admin.query('insert into plain_parts select * from plain');
      expect(await write(target, undone(deed))).toMatchObject({ kind: 'refused' });
      const { rows } = await target.admin.query('select count(*)::int from plain_parts');
      expect(rows).toEqual([{ count: 2 }]);
    });
  });

  it('is refused where it is no table by months, and to a role that does not own it', async () => {
    await target.admin.query('create table listed (at text) partition by list (at)');
    expect(await because({ table: 'listed' })).toContain('is text');
    expect(await because({ column: 'id' })).toContain('int4');
    expect(await because({ column: 'gone' })).toContain('no column gone');
    await target.admin.query(`create role outsider login password 'outsider' in role pg_monitor`);
    const way = target.way({ url: target.urlAs('outsider', 'outsider') });
    expect(await draw(target, step(), { way })).toMatchObject({
      because: expect.stringContaining('only its owner changes it'),
    });
  });

  it('is whole or untouched after its connection or the server was killed in the middle of each', async () => {
    await target.admin.query('create table plain (id int, at date not null, primary key (id, at))');
    const through = { table: 'plain_parts', key: ['id', 'at'] };
    const deeds = [
      await onlyDeed({ ahead: 1 }),
      await onlyDeed({ ahead: 0, keep: 1 }),
      await onlyDeed({ table: 'plain', through }),
    ];
    const untouched = await catalogue(target);
    const beginAll = async () => {
      const holder = await another(target);
      await holder.query(
        'begin; lock table only readings in share update exclusive mode; lock table plain',
      );
      const sent = deeds.map((deed) => write(target, deed).catch((error: unknown) => error));
      await expect
        .poll(
          async () => (await target.admin.query('select from pg_locks where not granted')).rowCount,
        )
        .toBeGreaterThan(0);
      return { holder, sent };
    };
    const first = await beginAll();
    await target.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headroom'`,
    );
    await Promise.all(first.sent);
    await first.holder.end();
    expect(await catalogue(target)).toEqual(untouched);
    const second = await beginAll();
    await target.killDatabase();
    await Promise.all(second.sent);
    await target.restart();
    expect(await catalogue(target)).toEqual(untouched);
    for (const deed of deeds) {
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    }
  });

  it('begins months when the server does, in every time zone', async () => {
    const zones = [
      'Europe/Berlin',
      'America/Havana',
      'America/Asuncion',
      'Asia/Kathmandu',
      'Pacific/Apia',
      'Asia/Beirut',
    ];
    const months = Array.from({ length: 360 }, (_, index) =>
      plusMonths({ year: 2000, month: 1 }, index),
    );
    const { rows } = await target.admin.query<{ zone: string; at: string[] }>(
      `select zone, array_agg(extract(epoch from month at time zone zone)::text order by month) as at
         from unnest($1::text[]) as zone, unnest($2::timestamp[]) as month group by zone`,
      [zones, months.map(({ year, month }) => `${year}-${month}-01 00:00`)],
    );
    for (const { zone, at } of rows) {
      const own = months.map((month) => startOf(month, zone));
      expect([zone, own]).toEqual([zone, at.map((each) => Number(each) * 1000)]);
      expect(own.map((each) => monthAt(each, zone))).toEqual(months);
    }
  });
});
