// Indexes on real servers: built beside a load, found again, taken back, and what stands in the way.

import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import type { IndexDeed } from '../../src/database/index-definition.ts';
import { lookOfDeed, standingOf, undoOfDeed } from '../../src/database/sql-deed.ts';
import type { PlannedIndex } from '../../src/sizing/planned-step.ts';
import { another, catalogue, deedsOf, draw, standing, undone, write } from './deeds.ts';
import { underLoad } from './load.ts';
import { startTarget, type Target } from './target.ts';
import { onEachVersion } from './versions.ts';

onEachVersion((version) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({ version, settings: { max_prepared_transactions: '5' } });
  });
  afterAll(() => target.close());
  beforeEach(async () => {
    await target.admin.query('drop schema public cascade; create schema public');
    await target.admin.query(`
      create table calculations (id int primary key, facility_id int not null, status text, created_at timestamptz not null, value real);
      insert into calculations select i, i % 50, 'done', '2026-01-01'::timestamptz + i * interval '1 minute', i
        from generate_series(1, 2000) i;
      create table readings (facility_id int not null, at timestamptz not null, value real) partition by range (at);
      create table readings_01 partition of readings for values from ('2026-01-01') to ('2026-02-01');
      create table readings_02 partition of readings for values from ('2026-02-01') to ('2026-03-01') partition by hash (facility_id);
      create table readings_02_a partition of readings_02 for values with (modulus 2, remainder 0);
      create table readings_02_b partition of readings_02 for values with (modulus 2, remainder 1);
      insert into readings select i % 50, '2026-01-01'::timestamptz + i * interval '20 minutes', i from generate_series(1, 4000) i`);
  });

  const plan = (planned: Partial<PlannedIndex>): PlannedIndex => ({
    name: 'idx_calculations_facility',
    table: 'calculations',
    columns: ['facility_id', 'created_at DESC'],
    how: 'concurrently',
    ...planned,
  });
  const ofParts = plan({
    name: 'idx_readings_facility',
    table: 'readings',
    columns: ['facility_id', 'at DESC'],
    include: ['value'],
    how: 'per-partition',
  });
  const drawn = (...indexes: readonly PlannedIndex[]) => draw(target, { deed: 'indexes', indexes });
  const drawOne = async (planned: PlannedIndex): Promise<IndexDeed> => {
    const [deed] = deedsOf(await drawn(planned));
    if (deed?.deed !== 'index') throw new Error('nothing is to be built');
    return deed;
  };
  const invalid = async () => {
    const { rows } = await target.admin.query<{ name: string }>(
      'select indexrelid::regclass::text as name from pg_index where not indisvalid order by 1',
    );
    return rows.map(({ name }) => name);
  };

  it.each([
    [
      'a table',
      plan({ include: ['value'], where: `status in ('pending', 'processing') and value > -5` }),
    ],
    ['a partitioned table', ofParts],
  ])(
    'of %s are built while an application works, and taken back to what was there',
    async (_, planned) => {
      let before: readonly unknown[] = [];
      const deed = await drawOne(planned);
      expect(await standing(target, deed)).toMatchObject({ kind: 'unchanged' });
      const felt = await underLoad(
        target,
        {
          statements: [
            `begin; update calculations set value = value + 1 where id = 7; insert into readings values (1, '2026-02-10', 1); commit`,
            `select count(*) from readings where facility_id = 3; select count(*) from calculations where facility_id = 3`,
          ],
        },
        async () => {
          before = await catalogue(target);
          return [await write(target, deed), await standing(target, deed)];
        },
      );
      expect(felt).toMatchObject({
        result: [{ kind: 'written' }, { kind: 'reached' }],
        failures: [],
      });
      expect(felt.longestLockMs).toBeLessThan(1000);
      expect(await invalid()).toEqual([]);
      expect(await drawn(planned)).toMatchObject({
        deeds: [],
        notes: [`index ${planned.name}: it is there already`],
      });
      const back = undone(deed);
      expect(await write(target, back)).toEqual({ kind: 'written' });
      expect(await standing(target, back)).toEqual({ kind: 'reached' });
      expect(await catalogue(target)).toEqual(before);
    },
  );

  it('that are there under any name are found, and another of the same name is left alone', async () => {
    await target.admin.query(`
      create index mine on calculations (facility_id, created_at desc);
      create index taken on calculations (facility_id, created_at);
      create unique index one_only on calculations (id) include (value) where status = any (array['a', 'b']) and value > 5;
      create index no_others on calculations (id) where status not in ('a', 'b')`);
    const before = await catalogue(target);
    expect(await drawn(plan({}))).toMatchObject({
      deeds: [],
      notes: ['index idx_calculations_facility: index mine is the same'],
    });
    const same = {
      columns: ['id'],
      include: ['value'],
      where: `status IN ('a', 'b') AND value > 5`,
    };
    expect(await drawn(plan(same))).toMatchObject({ deeds: [] });
    const others = { columns: ['id'], where: `status not in ('a', 'b')` };
    expect(await drawn(plan(others))).toMatchObject({ deeds: [] });
    expect(await drawn(plan({ name: 'taken' }))).toMatchObject({
      kind: 'refused',
      because: expect.stringMatching(/index taken of public.calculations has another definition/),
    });
    expect(await drawn(plan({ name: 'readings', columns: ['value'] }))).toMatchObject({
      because: 'index readings: something else has the name readings',
    });
    await target.admin.query(`
      create index unlike_1 on calculations (status text_pattern_ops);
      create index unlike_2 on calculations (status collate "C");
      create index unlike_3 on calculations (status nulls first);
      create index unlike_4 on calculations (lower(status));
      create index unlike_5 on calculations using hash (status);
      create index unlike_6 on calculations (status) where value > 0`);
    expect(await drawn(plan({ columns: ['status'] }))).toMatchObject({ deeds: [{}] });
    await target.admin.query('create index like_1 on calculations (status) with (fillfactor = 70)');
    expect(await drawn(plan({ columns: ['status'] }))).toMatchObject({ deeds: [] });
    await target.admin.query(
      'drop index like_1, unlike_1, unlike_2, unlike_3, unlike_4, unlike_5, unlike_6',
    );
    // Made by somebody between the drawing and the write.
    const deed = await drawOne(plan({ name: 'later', columns: ['status'] }));
    await target.admin.query('create index later on calculations (value)');
    expect(await write(target, deed)).toMatchObject({ kind: 'refused' });
    await target.admin.query('drop index later');
    expect(await catalogue(target)).toEqual(before);
  });

  it('of partitions give way to readers while they are attached, and go on afterwards', async () => {
    await target.admin.query(
      'create index by_hand on readings_01 (facility_id, at desc) include (value)',
    );
    const deed = await drawOne(ofParts);
    const reader = await another(target);
    try {
      // Who has planned a query holds a lock on each index of the table until the transaction ends.
      await reader.query('begin; select count(*) from readings_01');
      const told: string[] = [];
      const felt = await underLoad(
        target,
        { statements: [`select count(*) from readings where at < '2026-01-03'`] },
        async () => {
          const writing = target.databases.write(
            { how: 'sql', database: target.ref, deed },
            { dryRun: false, onProgress: async (words) => void told.push(words) },
          );
          await expect
            .poll(() => told, { timeout: 20_000 })
            .toContainEqual(expect.stringMatching(/gives way/));
          await reader.query('commit');
          return writing;
        },
      );
      expect(felt).toMatchObject({ result: { kind: 'written' }, failures: [] });
      expect(felt.longestLockMs).toBeLessThan(1000);
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    } finally {
      await reader.end();
    }
  });

  // What follows is the same on every version.
  const once = it.runIf(version === 18);

  const conditions = [
    { where: 'value >= 1 and (value < 5.5 or not status is null)' },
    { where: `created_at > '2026-01-01'` },
    { where: `created_at > '2026-01-01 12:30:00+00' or facility_id <> 3` },
    { where: `created_at > '2026-01-01 02:00+02' and created_at <= '2026-07-01'` },
    { where: 'facility_id > 5.5 and not status is null' },
    { where: 'facility_id % 10 = 0' },
    { where: 'value * 2 > -7 and value <= 100 and value is not null' },
    { where: `status = 'it''s'` },
    { where: `status in ('one')` },
    {
      where: `status not in ('one', 'two') and mood in ('good', 'bad') and mood <> 'good' and (open = true or not open)
              and key = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' and level > 05 and 007 <> level`,
    },
  ];
  const moreColumns = `
    create extension citext; create domain level as int check (value > 0); create type mood as enum ('good', 'bad');
    alter table calculations add open boolean, add mood mood, add key uuid, add level level, add word citext, add took interval`;
  once('with conditions of any kind are known again, in every time zone', async () => {
    await target.admin.query(moreColumns);
    await target.admin.query(`alter database shop set timezone = 'Europe/Berlin';
      alter database shop set datestyle = 'German'; alter database shop set extra_float_digits = -5`);
    const zoned = await drawn(plan({ where: `created_at > '2026-01-01'` }));
    expect(zoned).toHaveProperty(
      'notes',
      expect.arrayContaining([expect.stringMatching(/'2026-01-01' without a zone is in UTC/)]),
    );
    for (const [at, condition] of conditions.entries()) {
      const deed = await drawOne(plan({ ...condition, name: `with_condition_${at}` }));
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect([condition, await standing(target, deed)]).toEqual([condition, { kind: 'reached' }]);
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await standing(target, undone(deed))).toEqual({ kind: 'reached' });
    }
    await target.admin.query('alter database shop reset all');
  });

  once('with conditions that nobody would know again are refused', async () => {
    await target.admin.query(moreColumns);
    for (const [where, why] of [
      [`created_at > 'today'`, /write it as 2026-01-31/],
      [`created_at > '2026-02-30'`, /write it as 2026-01-31/],
      [`value = '5'`, /without quotes/],
      ['facility_id / 2.5 > 1', /divides whole numbers/],
      [`open = 't'`, /write true or false without quotes/],
      [`key = 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'`, /with small letters/],
      [`took > '1 day'`, /type interval, which PostgreSQL may keep in other words/],
      [`word = 'One'`, /type citext/],
      [`value + 1 = '5'`, /beside something that is worked out/],
    ] as const) {
      expect(await drawn(plan({ where }))).toMatchObject({
        kind: 'refused',
        because: expect.stringMatching(why),
      });
    }
  });

  once('that cast what they look at are not the same', async () => {
    await target.admin.query(`
      create index cast_one on calculations (facility_id) where value::int > 5;
      create index cast_two on calculations (facility_id) where status::varchar(1) = 'd';
      create index same on calculations (id) where value::float8 > 5.0`);
    const by = (where: string, column = 'facility_id') => plan({ columns: [column], where });
    expect(deedsOf(await drawn(by('value > 5')))).toHaveLength(1);
    expect(deedsOf(await drawn(by(`status = 'd'`)))).toHaveLength(1);
    expect(deedsOf(await drawn(by('value > 5.0', 'id')))).toHaveLength(0);
  });

  once(
    'of a partition that has one already are taken in, and then nothing takes it back alone',
    async () => {
      await target.admin.query(
        'create index by_hand on readings_02_a (facility_id, at desc) include (value)',
      );
      const deed = await drawOne(ofParts);
      expect(deed).toMatchObject({
        parts: [{ name: 'readings_01' }, { name: 'readings_02_b' }],
        taken: ['by_hand'],
      });
      expect(undoOfDeed(deed)).toEqual({ kind: 'none' });
      expect(await write(target, deed, { dryRun: true })).toEqual({ kind: 'written' });
      expect(await invalid()).toEqual([]);
      const told: string[] = [];
      const answer = await target.databases.write(
        { how: 'sql', database: target.ref, deed },
        { dryRun: false, onProgress: async (words) => void told.push(words) },
      );
      expect(answer).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      const { rows } = await target.admin.query(
        `select inhrelid::regclass::text as part from pg_inherits where inhparent = 'idx_readings_facility'::regclass order by 1`,
      );
      expect(rows).toEqual([
        { part: 'readings_01_idx_readings_facility' },
        { part: 'readings_02_idx_readings_facility' },
      ]);
      // A partition made later gets its own by PostgreSQL.
      await target.admin.query(
        `create table readings_03 partition of readings for values from ('2026-03-01') to ('2026-04-01')`,
      );
      expect(await drawn(ofParts)).toMatchObject({ deeds: [] });
    },
  );

  once('of a partition that somebody made since, and of what leaves, are left alone', async () => {
    await target.admin.query(`
      create table readings_00 partition of readings for values from ('2025-12-01') to ('2026-01-01');
      update pg_inherits set inhdetachpending = true where inhrelid = 'readings_00'::regclass`);
    const deed = await drawOne(ofParts);
    expect(deed.parts?.map(({ name }) => name)).not.toContain('readings_00');
    await target.admin.query(
      'create index since on readings_01 (facility_id, at desc) include (value)',
    );
    const before = await catalogue(target);
    expect(await write(target, deed)).toEqual({ kind: 'written' });
    const { rows } = await target.admin.query(
      `select count(*)::int as parts, bool_and(indisvalid) as valid from pg_index join pg_class c on c.oid = indexrelid
        where relname like '%idx_readings_facility'`,
    );
    expect(rows).toEqual([{ parts: 5, valid: true }]);
    expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
    expect(await catalogue(target)).toEqual(before);
  });

  once('of a partitioned partition are told when they are taken in', async () => {
    await target.admin.query(
      'create index below on readings_02 (facility_id, at desc) include (value)',
    );
    expect(await drawOne(ofParts)).toMatchObject({
      parts: [{ name: 'readings_01' }],
      taken: ['below'],
    });
  });

  once('say who inherits and gets none, and are refused on what is worked out', async () => {
    await target.admin.query(`create table more () inherits (calculations);
      alter table calculations add twice real generated always as (value * 2) virtual`);
    expect(await drawn(plan({}))).toMatchObject({
      notes: expect.arrayContaining([
        expect.stringMatching(/1 table inherits from public.calculations and gets none by this/),
      ]),
    });
    for (const planned of [{ columns: ['twice'] }, { where: 'twice > 5' }]) {
      expect(await drawn(plan(planned))).toMatchObject({
        because: expect.stringMatching(/twice is worked out as it is read, and such has no index/),
      });
    }
  });

  const longest = 'ü'.repeat(31) + 'x';
  const hostileNames: ReadonlyMap<string, string> = new Map([
    ['a quote and an end', 'x"; drop table calculations; --'],
    ['a dot', 'public.calculations'],
    ['a single quote', `it's \\ one`],
    ['other letters', 'Zähler 計測'],
    ['63 bytes', longest],
    ['a percent sign', '%I %s $1'],
  ]);
  once('of hostile names are built as they are', async () => {
    for (const hostile of hostileNames.values()) {
      const { escapeIdentifier: quoted } = target.admin;
      const [table, column] = [quoted(hostile), quoted(hostile)];
      const before = await catalogue(target);
      await target.admin.query(`create table ${table} (${column} int, "when" int)`);
      const index = `${hostile.slice(1)}i`.slice(0, 40);
      const deed = await drawOne(
        plan({
          name: index,
          table: `public.${hostile}`,
          columns: [`${hostile} DESC`],
          include: ['when'],
        }),
      );
      expect(deed).toMatchObject({ name: index, table: { schema: 'public', name: hostile } });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      await target.admin.query(`drop table ${table}`);
      expect(await catalogue(target)).toEqual(before);
    }
  });

  const impossible = [
    ['an index of 64 bytes', { name: `${longest}x` }, /64 bytes/],
    ['an index with a zero byte', { name: 'a\0b' }, /zero byte/],
    ['an index without a name', { name: '' }, /empty/],
    ['half a letter', { name: 'a\ud800' }, /Unicode/],
    ['a table of 64 bytes', { table: `${longest}x` }, /no table/],
    ['a table with a zero byte', { table: 'calc\0ulations' }, /no table/],
    ['a table of a schema with a zero byte', { table: 'public.calculations\0' }, /no table/],
    ['a table with a zero byte behind', { table: 'calculations\0' }, /no table/],
    ['a table that is SQL', { table: 'calculations; drop table calculations' }, /no table/],
    [
      'a table of the system',
      { table: 'pg_catalog.pg_class', columns: ['relname'] },
      /belongs to the system/,
    ],
    ['a column that is SQL', { columns: ['id) ; drop table calculations; --'] }, /no column/],
    ['a column with a zero byte', { columns: ['id\0'] }, /no column/],
    ['a column that is not there', { include: ['nothing'] }, /no column nothing/],
    ['a condition with a subquery', { where: 'id in (select 1)' }, /condition/],
    ['a condition with a function', { where: 'pg_sleep(1) is null' }, /condition/],
    ['a condition with an end', { where: 'id > 1; drop table calculations' }, /condition/],
    ['a condition about nothing that is there', { where: 'nothing > 1' }, /no column nothing/],
  ] as const;
  once('that cannot be are refused, and nothing happens', async () => {
    const before = await catalogue(target);
    for (const [what, planned, why] of impossible) {
      const refused = await drawn(plan(planned));
      expect([what, refused.kind, 'because' in refused && refused.because]).toEqual([
        what,
        'refused',
        expect.stringMatching(why),
      ]);
    }
    expect(await catalogue(target)).toEqual(before);
  });

  once('are not begun behind an old transaction, and whose it is is said', async () => {
    const deed = await drawOne(plan({}));
    const holder = await another(target);
    try {
      await holder.query(`set application_name = 'nightly report'`);
      await holder.query('begin; insert into calculations values (-1, 1, null, now(), 1)');
      await target.admin.query(
        `begin; delete from calculations where id = -2; prepare transaction 'forgotten'`,
      );
      // Five minutes are too long for a test: the same questions, with no time at all.
      const queries = lookOfDeed(deed).map((query) =>
        query.values?.[0] === 300 ? { ...query, values: [0] } : query,
      );
      const now = standingOf(deed, await target.databases.read(target.ref, queries));
      expect(now).toMatchObject({
        kind: 'drifted',
        because: expect.stringMatching(
          /headroom \(nightly report, pid \d+\) for \d+ s.*prepared as forgotten/,
        ),
      });
      const back = standingOf(undone(deed), await target.databases.read(target.ref, queries));
      expect(back).toEqual({ kind: 'reached' });
    } finally {
      await holder.end();
      await target.admin.query(`rollback prepared 'forgotten'`);
    }
  });

  once('are made by the owner of the table, whom the user becomes', async () => {
    await target.admin.query(`
      drop role if exists keeper, headroom_app; create role keeper; create role headroom_app login password 'app';
      grant usage on schema public to keeper; grant pg_monitor to headroom_app`);
    const way = target.way({ url: target.urlAs('headroom_app', 'app'), place: { role: 'keeper' } });
    const drawnThere = (planned: PlannedIndex) =>
      draw(target, { deed: 'indexes', indexes: [planned] }, { way });
    expect(await drawnThere(ofParts)).toMatchObject({
      because: expect.stringMatching(/belongs to headroom/),
    });
    await target.admin.query('alter table readings owner to keeper; grant keeper to headroom_app');
    for (const part of ['readings_01', 'readings_02', 'readings_02_a', 'readings_02_b']) {
      await target.admin.query(`alter table ${part} owner to keeper`);
    }
    expect(await drawnThere(ofParts)).toMatchObject({
      because: expect.stringMatching(/grant create on schema public to keeper/),
    });
    await target.admin.query('grant create on schema public to keeper');
    const [deed] = deedsOf(await drawnThere(ofParts));
    if (deed === undefined) throw new Error('nothing is to be built');
    expect(await write(target, deed, way)).toEqual({ kind: 'written' });
    const owners = await target.admin.query(
      `select distinct relowner::regrole::text as owner from pg_class where relname like '%idx_readings_facility'`,
    );
    expect(owners.rows).toEqual([{ owner: 'keeper' }]);
    expect(await write(target, undone(deed), way)).toEqual({ kind: 'written' });
    // Given away after the plan was drawn: the build of the third partition is refused.
    await target.admin.query('alter table readings_02_b owner to headroom');
    expect(await drawnThere(ofParts)).toMatchObject({
      because: expect.stringMatching(/readings_02_b belongs to headroom/),
    });
    expect(await write(target, deed, way)).toMatchObject({
      kind: 'refused',
      because: expect.stringMatching(
        /must be owner.*what it left is dropped; readings_01_idx_readings_facility, readings_02_a_idx_readings_facility stay/,
      ),
    });
    expect(await invalid()).toEqual([]);
    await target.admin.query('alter table readings_02_b owner to keeper');
    expect(await write(target, deed, way)).toEqual({ kind: 'written' });
    expect(await write(target, undone(deed), way)).toEqual({ kind: 'written' });
    await target.admin.query(
      'drop owned by keeper, headroom_app cascade; drop role keeper, headroom_app',
    );
  });
});
