// Partitions by month on real servers: made, detached and attached beside an application, killed in the middle, and refused.

import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SqlStep } from '../../src/database/draw-deed.ts';
import { monthAt, plusMonths, startOf } from '../../src/database/months.ts';
import {
  lookOfDeed,
  type SqlDeed,
  sqlDeedWords,
  standingOf,
  statementsOf,
} from '../../src/database/sql-deed.ts';
import { another, catalogue, changesFor, deedsOf, draw, standing, undone, write } from './deeds.ts';
import { underLoad } from './load.ts';
import { startTarget, type Target } from './target.ts';
import { onEachVersion } from './versions.ts';

type Step = Extract<SqlStep, { deed: 'partitions' }>;
type DropStep = Extract<SqlStep, { deed: 'dropDetached' }>;

function step(some: Partial<Step> = {}): Step {
  return { deed: 'partitions', table: 'readings', column: 'at', every: 'month', ahead: 2, ...some };
}

onEachVersion((version) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ version, place: { allow: ['partitions', 'drops'] } });
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

  /** A write, and what it tells meanwhile. */
  const telling = (deed: SqlDeed) => {
    const told: string[] = [];
    const answer = target.databases.write(
      { how: 'sql', database: target.ref, deed },
      { dryRun: false, onProgress: async (words) => void told.push(words) },
    );
    return { told, answer };
  };

  /** As when the network breaks. */
  const cutOff = () =>
    target.admin.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'headroom'`,
    );

  const hasWaited = async (table: string) => {
    const { rowCount } = await target.admin.query(
      `select from pg_locks join pg_stat_activity using (pid)
        where not granted and relation = $1::regclass and application_name = 'headroom'
          and clock_timestamp() - waitstart > interval '400 ms'`,
      [table],
    );
    return rowCount === 1;
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

    it('give way in time also where one after the other stands in the way of taking them back', async () => {
      const deed = await onlyDeed({ ahead: 1 });
      await write(target, deed);
      const holders = await Promise.all(
        ['readings', 'readings_2026_12', 'meter'].map(async (table) => {
          const client = await another(target);
          await client.query(`begin; lock table only ${table} in access share mode`);
          return { table, client };
        }),
      );
      const felt = await underLoad(target, load, async () => {
        let isAnswered = false;
        const answer = write(target, undone(deed))
          .catch((error: unknown) => error)
          .finally(() => {
            isAnswered = true;
          });
        for (const { table, client } of holders) {
          // Each lets it wait for most of the half second in which one lock is given up.
          while (!isAnswered && !(await hasWaited(table))) await pause(10);
          await client.end();
        }
        return answer;
      });
      expect(felt).toMatchObject({ result: { retryable: true }, failures: [] });
      expect(felt.longestLockMs).toBeLessThan(1000);
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
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

    it('are published and placed as the newest one, and who has to know what they lack is told', async () => {
      const { admin } = target;
      await admin.query('set allow_in_place_tablespaces = on');
      await admin.query(`create tablespace "Fast" location ''`);
      await admin.query(`
        alter table readings set tablespace "Fast"; alter table readings_2026_11 replica identity full;
        create unique index alone on readings_2026_11 (id);
        create publication parts for table readings;
        create publication whole for table readings with (publish_via_partition_root);
        create publication newest for table readings_2026_11`);
      const drawn = await draw(target, step({ ahead: 1 }));
      expect(drawn).toMatchObject({
        notes: expect.arrayContaining([
          'readings_2026_11 has a place in publication newest, index alone, which new partitions do not get',
          expect.stringMatching(/^publication parts sends each partition under its own name/),
        ]),
      });
      expect(drawn).not.toMatchObject({
        notes: expect.arrayContaining([expect.stringMatching(/publication whole/)]),
      });
      const [deed] = deedsOf(drawn);
      if (deed === undefined) throw new Error('a month was to be drawn');
      const before = await catalogue(target);
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      const { rows } = await admin.query(
        `select tablespace, relreplident as identity from pg_tables join pg_class on relname = tablename
          where tablename = 'readings_2026_12'`,
      );
      expect(rows).toEqual([{ tablespace: 'Fast', identity: 'f' }]);
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await catalogue(target)).toEqual(before);
      await admin.query('alter table readings owner to clerk');
      expect(await draw(target, step({ ahead: 1 }))).toMatchObject({
        deeds: [expect.not.objectContaining({ tablespace: 'Fast' })],
        notes: expect.arrayContaining([expect.stringMatching(/tablespace Fast, which new/)]),
      });
      await admin.query(
        'drop publication parts, whole, newest; drop schema public cascade; create schema public',
      );
      await admin.query('drop tablespace "Fast"');
    });

    it('are made while somebody has locked another month wholly', async () => {
      const vacuum = await another(target);
      await vacuum.query('begin; lock table readings_2026_10 in access exclusive mode');
      const deed = await onlyDeed({ ahead: 1 });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      await vacuum.end();
    });

    it('wait with what somebody has half detached, which comes first', async () => {
      await target.admin.query(
        `update pg_inherits set inhdetachpending = true where inhrelid = 'readings_2026_10'::regclass`,
      );
      expect(await draw(target, step({ ahead: 1, keep: 1 }))).toMatchObject({
        deeds: [{ deed: 'partition' }],
        notes: expect.arrayContaining([
          'readings_2026_09 is not detached: somebody has half detached readings_2026_10, which comes first: alter table "public"."readings" detach partition "public"."readings_2026_10" finalize',
        ]),
      });
    });

    it('stand where the newest one stands', async () => {
      await target.admin.query(`
        create schema months; alter table readings_2026_10 set schema months;
        alter table readings_2026_11 set schema months`);
      const deed = await onlyDeed({ ahead: 1 });
      expect(deed).toMatchObject({ partition: { schema: 'months', name: 'readings_2026_12' } });
      const before = await catalogue(target);
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await catalogue(target)).toEqual(before);
      await target.admin.query('create table months.readings_2026_12 (id int)');
      expect(await because({ ahead: 1 })).toContain('something in schema months is called');
      await target.admin.query('drop schema months cascade');
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
        // In Lagos, which is the database's time zone, November has an hour left in UTC when December begins.
        const at = new Date('2026-11-30T23:30:00Z');
        expect(
          deedsOf(await draw(target, step({ table: 'days', ahead: 1 }), { at })),
        ).toMatchObject([{ partition: { name: 'days_y2027m01' } }]);
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
      for (const table of ['x'.repeat(64), '', '.', `'; drop table meter; --`, 'me\0ter']) {
        expect(await because({ table })).toContain('there is no table');
      }
      expect(await because({ column: 'a\0t' })).toContain('has no column');
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

    it('are waited for while a transaction reads them, forth and back, and nobody waits for that', async () => {
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      const before = await catalogue(target);
      for (const each of [deed, undone(deed)]) {
        const reader = await another(target);
        await reader.query('begin isolation level repeatable read; select count(*) from readings');
        const felt = await underLoad(target, load, async () => {
          const { told, answer } = telling(deed);
          await expect
            .poll(() => told, { timeout: 10_000 })
            .toContainEqual(expect.stringMatching(/half detached/));
          if (each === deed) {
            await reader.query('commit');
            return answer;
          }
          // Cut off here, so that the way back begins at what is half done.
          await cutOff();
          await answer;
          const back = telling(each);
          await expect
            .poll(() => back.told, { timeout: 10_000 })
            .toContainEqual(expect.stringMatching(/half detached/));
          await reader.query('commit');
          return back.answer;
        });
        await reader.end();
        expect(felt).toMatchObject({ result: { kind: 'written' }, failures: [] });
        expect(felt.longestLockMs).toBeLessThan(1000);
        expect(await standing(target, each)).toEqual({ kind: 'reached' });
        if (each === deed) await write(target, undone(deed));
      }
      await target.admin.query('revoke all on all tables in schema public from shop_app');
      expect((await catalogue(target)).length).toBeGreaterThanOrEqual(before.length);
    });

    it('are told to be half detached where somebody reads for too long, and finished by the next plan', async () => {
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      const reader = await another(target);
      await reader.query(`set application_name = 'nightly report'`);
      await reader.query('begin; select count(*) from readings');
      const { told, answer } = telling(deed);
      await expect
        .poll(() => told, { timeout: 10_000 })
        .toContainEqual(expect.stringMatching(/half detached/));
      try {
        vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3_600_000 });
        expect(await answer).toMatchObject({
          kind: 'unknown',
          because: expect.stringMatching(/half detached.*next attempt or plan/),
        });
      } finally {
        vi.useRealTimers();
      }
      expect(await onlyDeed({ ahead: 0, keep: 1 })).toEqual(deed);
      // Five minutes are too long for a test: the same questions, with no time at all.
      const queries = lookOfDeed(deed).map((query) =>
        query.values?.[0] === 300 ? { ...query, values: [0, ...query.values.slice(1)] } : query,
      );
      const now = async () => standingOf(deed, await target.databases.read(target.ref, queries));
      expect(await now()).toMatchObject({ begun: expect.stringContaining('half detached') });
      await reader.query('commit');
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      await reader.query('begin; select count(*) from readings');
      expect(await now()).toMatchObject({
        kind: 'drifted',
        because: expect.stringMatching(/is not detached: .*nightly report, pid/),
      });
      await reader.end();
    });

    it('are finished where the end of the connection cut it off', async () => {
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      const reader = await another(target);
      await reader.query('begin; select count(*) from readings');
      const { told, answer } = telling(deed);
      await expect
        .poll(() => told, { timeout: 10_000 })
        .toContainEqual(expect.stringMatching(/half detached/));
      await cutOff();
      expect(await answer).toMatchObject({ kind: 'unknown' });
      await reader.end();
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
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

  describe('months that come back', () => {
    /** How many rows of September were read by whole scans, once all that Headroom did is counted. */
    const read = async () => {
      await expect
        .poll(async () => {
          const { rowCount } = await target.admin.query(
            `select from pg_stat_activity where application_name = 'headroom'`,
          );
          return rowCount;
        })
        .toBe(0);
      const { rows } = await target.admin.query(
        `select seq_tup_read::int as count from pg_stat_user_tables where relname = 'readings_2026_09'`,
      );
      return rows[0].count;
    };
    const checks = async () => {
      const { rows } = await target.admin.query(
        `select conname as name, convalidated as "isValid" from pg_constraint
          where conrelid = 'readings_2026_09'::regclass and conname = 'headroom_bounds'`,
      );
      return rows;
    };
    /** September with its rows, detached; in one step where there is a default partition. */
    const detached = async ({ isAtOnce = false } = {}) => {
      await target.admin.query(
        `insert into readings (at, meter) select '2026-09-01 12:00', 1 from generate_series(1, 1000)`,
      );
      if (isAtOnce) await target.admin.query('create table "rest" partition of readings default');
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      return deed;
    };

    it('are read once at most, and never under the lock of the attaching', async () => {
      const deed = await detached();
      const before = await read();
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      // A concurrent detachment leaves a CHECK by which PostgreSQL knows what is in it.
      expect(await read()).toBe(before);
      await target.admin.query(
        'alter table readings_2026_09 drop constraint readings_2026_09_at_check',
      );
      const again = await detached({ isAtOnce: true });
      const table = await catalogue(target);
      expect(await write(target, undone(again), { dryRun: true })).toEqual({ kind: 'written' });
      expect(await catalogue(target)).toEqual(table);
      const since = await read();
      expect(await write(target, undone(again))).toEqual({ kind: 'written' });
      // Once, by the validation.
      expect(await read()).toBe(since + 2000);
      expect(await checks()).toEqual([]);
    });

    it('are gone on with where the connection ended while their rows were looked at', async () => {
      const deed = await detached({ isAtOnce: true });
      const back = undone(deed);
      const [first = ''] = statementsOf(back);
      await target.admin.query(first);
      const begun = { kind: 'unchanged', begun: expect.stringContaining('not validated yet') };
      expect(await standing(target, back)).toMatchObject(begun);
      const holder = await another(target);
      await holder.query('begin; lock table readings_2026_09 in share update exclusive mode');
      const answer = write(target, back);
      await expect.poll(() => hasWaited('readings_2026_09')).toBe(true);
      await cutOff();
      expect(await answer).toMatchObject({
        kind: 'unknown',
        because: expect.stringContaining('may have left constraint headroom_bounds'),
      });
      await holder.end();
      expect(await standing(target, back)).toMatchObject(begun);
      const { rows } = await target.admin.query('select count(*)::int from readings');
      expect(rows).toEqual([{ count: 0 }]);
      expect(await write(target, back)).toEqual({ kind: 'written' });
      expect(await standing(target, back)).toEqual({ kind: 'reached' });
      expect(await checks()).toEqual([]);
    });

    it('stay away without a trace where rows do not fit, in them or in the default partition', async () => {
      const deed = await detached({ isAtOnce: true });
      const before = await catalogue(target);
      await target.admin.query(
        `insert into readings_2026_09 (id, at) values (-1, '2026-12-24'); insert into readings (at) values ('2026-09-09')`,
      );
      for (const why of [/headroom_bounds.*is violated by some row/, /default partition/]) {
        expect(await write(target, undone(deed))).toMatchObject({
          kind: 'refused',
          because: expect.stringMatching(why),
        });
        expect(await catalogue(target)).toEqual(before);
        await target.admin.query('delete from readings_2026_09 where id = -1');
      }
      await target.admin.query('delete from "rest"');
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
    });
  });

  describe('a detached month that nobody keeps', () => {
    const drop = (some: Partial<DropStep> = {}): DropStep => ({
      deed: 'dropDetached',
      table: 'readings',
      column: 'at',
      keep: 1,
      backup: { hours: 24 },
      ...some,
    });
    const whyNot = async (some: Partial<DropStep> = {}) => {
      const drawn = await draw(target, drop(some));
      return drawn.kind === 'refused' ? drawn.because : drawn.kind;
    };
    const names = async () => {
      const { rows } = await target.admin.query<{ name: string }>(
        `select relname as name from pg_class where relkind = 'r' and relname like 'readings%' order by 1`,
      );
      return rows.map(({ name }) => name);
    };
    /** September, with a thousand rows. */
    const detached = async () => {
      await target.admin.query(
        `insert into readings (at, meter) select '2026-09-01 12:00', 1 from generate_series(1, 1000)`,
      );
      await target.admin.query(`comment on table readings_2026_09 is 'it''s odd'`);
      const deed = await onlyDeed({ ahead: 0, keep: 1 });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      await target.admin.query('analyze readings_2026_09');
      return deed;
    };
    const theDrop = async () => {
      const [deed, ...others] = deedsOf(await draw(target, drop()));
      if (deed?.deed !== 'drop' || others.length > 0) throw new Error('one drop was to be drawn');
      return deed;
    };

    it('is marked when it is detached, and the mark goes when it comes back', async () => {
      const { admin } = target;
      const deed = await detached();
      const comment = async () => {
        const { rows } = await admin.query(
          `select obj_description('readings_2026_09'::regclass, 'pg_class') as comment`,
        );
        return rows[0].comment;
      };
      expect(await comment()).toBe(
        `it's odd\nHeadroom: partition "public"."readings_2026_09" of "public"."readings", 2026-08-31 23:00:00+00 to 2026-09-30 23:00:00+00`,
      );
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await comment()).toBe(`it's odd`);
      // A process that died between the two leaves the mark for the next one.
      await write(target, deed);
      await admin.query('comment on table readings_2026_09 is null');
      expect(await standing(target, deed)).toMatchObject({
        begun: expect.stringContaining('mark'),
      });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await comment()).toContain('Headroom: partition');
    });

    it('is dropped with its rows, once, and neither what is attached nor what is younger', async () => {
      await detached();
      const drawn = await draw(target, drop());
      expect(drawn).toMatchObject({
        deeds: [{ partition: { name: 'readings_2026_09' }, rows: 1000 }],
        notes: [`somebody wrote about readings_2026_09: it's odd`],
      });
      const deed = await theDrop();
      expect(sqlDeedWords(deed)).toMatch(/for good.*2026-08-31.*to 2026-09-30.*about 1000 rows/);
      expect(await changesFor(target, drop())).toMatchObject({ changes: [{ undo: 'none' }] });
      const reader = await another(target);
      await reader.query('begin; select count(*) from readings_2026_09');
      await expect(write(target, deed)).rejects.toMatchObject({ retryable: true });
      await reader.end();
      expect(await write(target, deed, { dryRun: true })).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toMatchObject({ kind: 'unchanged' });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await names()).toEqual(['readings_2026_10', 'readings_2026_11']);
      expect(await whyNot()).toBe('no detached month of public.readings is that old');
    });

    it('stays while it is attached, or was attached again after the plan was drawn', async () => {
      expect(await whyNot()).toContain('no detached month');
      const detachment = await detached();
      const deed = await theDrop();
      await write(target, undone(detachment));
      expect(await standing(target, deed)).toMatchObject({
        because: expect.stringContaining('is a partition again'),
      });
      expect(await write(target, deed)).toMatchObject({ kind: 'refused' });
      expect(await names()).toContain('readings_2026_09');
    });

    const ways = [
      ['a view', 'create view old as select * from readings_2026_09', 'view public.old depends on'],
      [
        'a foreign key',
        `create unique index on readings_2026_09 (id); create table note (reading int references readings_2026_09 (id))`,
        'on table public.note depends on',
      ],
      [
        'a default',
        `create sequence s owned by readings_2026_09.value; create table d (id int default nextval('s'))`,
        'depends on',
      ],
      [
        'a publication',
        'create publication p for table readings_2026_09',
        'publication p depends on',
      ],
      ['a child', 'create table heir () inherits (readings_2026_09)', 'tables of its own below it'],
      ['another owner', 'alter table readings_2026_09 owner to clerk', 'belongs to clerk'],
      [
        'another name',
        'alter table readings_2026_09 rename to precious',
        'has given readings_2026_09 another name',
      ],
      [
        'more rows',
        `insert into readings_2026_09 (id, at) select -n, '2026-09-05' from generate_series(1, 500) n`,
        'rows were written',
      ],
      [
        'rows of another time',
        `alter table readings_2026_09 drop constraint if exists readings_2026_09_at_check; insert into readings_2026_09 (id, at) values (-1, '2026-12-05')`,
        'rows that are not of',
      ],
      [
        'a word behind the mark',
        `do $$ begin execute format('comment on table readings_2026_09 is %L',
           obj_description('readings_2026_09'::regclass, 'pg_class') || ' KEEP: court order'); end $$`,
        'something was written behind it',
      ],
      [
        'another table of its name',
        'drop table readings_2026_09; create table readings_2026_09 (id int, at timestamptz)',
        'another table than the plan saw',
      ],
    ] as const;

    it.each(version === 18 ? ways : ways.slice(0, 2))(
      'stays when %s came to it since the plan was drawn',
      async (_, sql, says) => {
        await detached();
        const deed = await theDrop();
        await target.admin.query(sql);
        const now = await standing(target, deed);
        expect(now).toMatchObject({ kind: 'drifted', because: expect.stringContaining(says) });
        expect(await write(target, deed)).toMatchObject({ kind: 'refused' });
        await target.admin.query('drop publication if exists p');
      },
    );

    it('is not even planned while something depends on it', async () => {
      await detached();
      await target.admin.query('create materialized view old as select at from readings_2026_09');
      expect(await whyNot()).toBe(
        'materialized view public.old depends on readings_2026_09; somebody decides on that first',
      );
    });

    it('is told from what is only called so, and who knows better says so', async () => {
      const { admin } = target;
      await admin.query('create table readings_2026_08 (like readings including all)');
      const why = await whyNot();
      expect(why).toContain('readings_2026_08 is only called like a month of readings');
      const comment = /comment on table .*$/.exec(why)?.[0] ?? '';
      await admin.query(comment);
      expect(await theDrop()).toMatchObject({ partition: { name: 'readings_2026_08' } });
      // A copy of the mark is none: it names its own table.
      await admin.query('create table readings_2026_07 (like readings including all)');
      await admin.query(
        comment.replace('on table "public"."readings_2026_08"', 'on table readings_2026_07'),
      );
      expect(await theDrop()).toMatchObject({ partition: { name: 'readings_2026_08' } });
      expect(await whyNot({ keep: 0 })).toContain('1 at least');
      expect(await whyNot({ table: 'meter' })).toContain('is not partitioned');
    });

    it('may have any letters, and nothing of them becomes SQL', async () => {
      const { admin } = target;
      const name = `r"; drop table meter; --.é' to '\n\\`;
      const quoted = `"${name.replaceAll('"', '""')}"`;
      await admin.query(
        `create table ${quoted} ("a""t" date not null) partition by range ("a""t")`,
      );
      const month = `"m' ""1 to 2"`;
      await admin.query(
        `create table ${month} partition of ${quoted} for values from ('2026-09-01') to ('2026-10-01')`,
      );
      await admin.query(`insert into ${quoted} values ('2026-09-30')`);
      const some = { table: name, column: 'a"t' };
      const [detachment] = deedsOf(await draw(target, step({ ...some, ahead: 0, keep: 1 }))).slice(
        -1,
      );
      if (detachment === undefined) throw new Error('it was to be detached');
      expect(await write(target, detachment)).toEqual({ kind: 'written' });
      const [deed] = deedsOf(await draw(target, drop(some)));
      if (deed === undefined) throw new Error('it was to be dropped');
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      expect((await admin.query('select from meter')).rowCount).toBe(1);
      expect(
        (await admin.query(`select from pg_class where relname = 'm'' "1 to 2'`)).rowCount,
      ).toBe(0);
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

    it('with row level security has people guard the new one before they copy a row', async () => {
      await target.admin.query(`
        alter table plain enable row level security, force row level security;
        create policy own_meter on plain using (meter = 1)`);
      const guarded = async () => {
        const drawn = await draw(target, step({ table: 'plain', through, ahead: 0 }));
        return drawn.kind === 'deeds' ? { deeds: drawn.deeds, say: drawn.person?.what } : undefined;
      };
      const before = await guarded();
      expect(before?.say).toMatch(
        /before any row is copied, make its policies own_meter again on public.plain_parts and enable and force row level security.*copy its rows/,
      );
      const [deed] = before?.deeds ?? [];
      if (deed === undefined) throw new Error('nothing was drawn');
      await write(target, deed);
      expect(await guarded()).toEqual({ deeds: [], say: before?.say });
    });

    it('tells what would go on with the old one, and how rows with numbers of the server are copied', async () => {
      await target.admin.query(`
        create table told (id int generated always as identity, "At" date not null, twice int generated always as (7 * 2) stored);
        create view todays as select t.id, u.id as other from told t, told u; create publication sent for table told`);
      const drawn = await draw(target, {
        ...step({ table: 'told', column: 'At' }),
        through: { table: 'told_parts', key: ['id', 'At'] },
      });
      const person = drawn.kind === 'deeds' ? drawn.person?.what : undefined;
      const copying =
        'insert into public.told_parts (id, "At") overriding system value select id, "At" from public.told';
      expect(person).toContain(`copy its rows (${copying});`);
      expect(person).toContain('add it to publication sent, which goes on with the old one alone');
      expect(person).toMatch(/swap the two names in one transaction; in which todays must be made/);
      const [deed] = deedsOf(drawn);
      if (deed === undefined) throw new Error('nothing was drawn');
      await target.admin.query(`insert into told ("At") values ('2026-11-05')`);
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect((await target.admin.query(copying)).rowCount).toBe(1);
      await target.admin.query('drop publication sent');
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
    const longest = 'c'.repeat(63);
    await target.admin.query(
      `create table wide (${longest} date not null) partition by range (${longest})`,
    );
    expect(await because({ table: 'wide', column: `${longest}x` })).toContain('has no column');
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
