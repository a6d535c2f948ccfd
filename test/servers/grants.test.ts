// The very role that `headroom grants` makes: it can do what is allowed, and where a grant is missing the words say which.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allowedDeeds } from '../../src/database/deed-kind.ts';
import type { SqlStep } from '../../src/database/draw-deed.ts';
import { grantsFor, grantsText, missingGrants } from '../../src/database/grants.ts';
import {
  inputQueries,
  inputValue,
  schemaQuery,
  whyNotMeasured,
} from '../../src/database/measured-input.ts';
import type { Reads } from '../../src/database/read-grants.ts';
import { shardKeyQuery, shardKeysIn } from '../../src/database/shard-keys.ts';
import type { PlannedIndex } from '../../src/sizing/planned-step.ts';
import { deedsOf, draw, write } from './deeds.ts';
import { startTarget, type Target, type Way } from './target.ts';
import { onEachVersion } from './versions.ts';

const login = 'head"room';
const owner = 'shop owner';

const index = (some: Pick<PlannedIndex, 'name' | 'table'> & Partial<PlannedIndex>) =>
  ({ columns: ['id'], how: 'concurrently', ...some }) satisfies PlannedIndex;

onEachVersion((version) => {
  let target: Target;
  let way: Way;
  const granted = () => target.admin.query(grantsText({ allow: allowedDeeds, owner }, login));
  beforeAll(async () => {
    target = await startTarget({ version });
    await target.admin.query(`create role "shop owner" login;
      create schema authorization "shop owner"; create table "shop owner".item (id int primary key, stock int);
      alter table "shop owner".item owner to "shop owner";
      create table "shop owner".readings (id int, at timestamptz not null) partition by range (at);
      create table "shop owner".readings_2026_01 partition of "shop owner".readings
        for values from ('2026-01-01+00') to ('2026-02-01+00');
      create table "shop owner".readings_2026_11 partition of "shop owner".readings
        for values from ('2026-11-01+00') to ('2026-12-01+00');
      alter table "shop owner".readings owner to "shop owner";
      alter table "shop owner".readings_2026_01 owner to "shop owner";
      alter table "shop owner".readings_2026_11 owner to "shop owner"`);
    await granted();
    await target.admin.query(`alter role "head""room" password 'known'`);
    way = target.way({ url: target.urlAs(login, 'known'), place: { role: owner } });
  });
  afterAll(() => target.close());

  async function carryOut(step: SqlStep, dryRun = false) {
    const answers = [];
    for (const deed of deedsOf(await draw(target, step, { way }))) {
      answers.push(await write(target, deed, { dryRun, databases: way.databases }));
    }
    return answers;
  }

  const settings: SqlStep = {
    deed: 'settings',
    settings: { work_mem: '20MB', max_connections: '50' },
    restart: false,
  };
  const tables: SqlStep = {
    deed: 'tables',
    tables: { 'shop owner.item': { autovacuum_vacuum_threshold: '500' } },
  };

  it('may be granted again', async () => {
    await expect(granted()).resolves.toBeDefined();
  });

  it('is enough for settings', async () => {
    expect(await carryOut(settings)).toEqual([{ kind: 'written' }, { kind: 'written' }]);
    await target.admin.query('alter system reset all');
    await target.admin.query('select pg_reload_conf()');
    const shown = async () => (await target.admin.query('show work_mem')).rows;
    await expect.poll(shown).toEqual([{ work_mem: '4MB' }]);
  });

  it('is enough for tables, whose owner it becomes', async () => {
    const answers = await carryOut(tables);
    expect(answers).toEqual([{ kind: 'written' }]);
    await target.admin.query('alter table "shop owner".item reset (autovacuum_vacuum_threshold)');
  });

  it.each<[string, SqlStep]>([
    [
      'an index',
      {
        deed: 'indexes',
        indexes: [index({ name: 'item_stock', table: 'shop owner.item', columns: ['stock'] })],
      },
    ],
    [
      'an index of each partition',
      {
        deed: 'indexes',
        indexes: [
          index({ name: 'readings_id', table: 'shop owner.readings', how: 'per-partition' }),
        ],
      },
    ],
    [
      'new months, and old ones that go',
      {
        deed: 'partitions',
        table: 'shop owner.readings',
        column: 'at',
        every: 'month',
        ahead: 1,
        keep: 1,
      },
    ],
  ])('is enough for %s, and what is made is the owner’s', async (_, step) => {
    const answers = await carryOut(step);
    expect(answers.length).toBeGreaterThan(0);
    expect(answers.every(({ kind }) => kind === 'written')).toBe(true);
    const { rows } = await target.admin.query(
      `select distinct pg_get_userbyid(relowner)::text as owner from pg_class where relnamespace = '"shop owner"'::regnamespace`,
    );
    expect(rows).toEqual([{ owner }]);
  });

  it('is none of the owner of tables when its membership is gone', async () => {
    await target.admin.query('revoke "shop owner" from "head""room"');
    await expect(carryOut(tables)).rejects.toThrow('belongs to shop owner');
    await granted();
    const deeds = deedsOf(await draw(target, tables, { way }));
    await target.admin.query('revoke "shop owner" from "head""room"');
    for (const deed of deeds) {
      const said = await write(target, deed, { databases: way.databases });
      expect(said).toMatchObject({
        kind: 'refused',
        because: expect.stringContaining('membership in the owner'),
      });
    }
    await granted();
  });

  it.runIf(version > 15)('is no membership that does not let it become the owner', async () => {
    await target.admin.query('grant "shop owner" to "head""room" with set false');
    for (const dryRun of [true, false]) {
      expect(await carryOut(tables, dryRun)).toMatchObject([
        { kind: 'refused', because: expect.stringContaining('lacks membership in the owner') },
      ]);
    }
    await target.admin.query('grant "shop owner" to "head""room" with set true');
  });

  describe('for what is read of tables', () => {
    const shardKeys = { table: { schema: 'books', name: 'f. "1"' }, column: 'key', load: 'w' };
    const sql = 'select count(*) from pages join books.notes using (id)';
    const reads: Reads = {
      schema: 'books',
      shardKeys,
      measured: [
        { input: 'pages', sql },
        { input: 'later', sql: 'select count(*) from later' },
      ],
    };
    const reader = 'reader';
    let theirs: Way;
    beforeAll(async () => {
      await target.admin.query(`create schema books; create table books.pages (id int);
        create table books.notes (id int); insert into books.pages values (1), (2);
        insert into books.notes values (2); create table books."f. ""1""" (key int, w int, secret text);
        insert into books."f. ""1""" values (7, 3); create role reader login password 'known'; grant pg_monitor to reader`);
      theirs = target.way({ url: target.urlAs(reader, 'known') });
    });

    const keys = async () =>
      shardKeysIn(await theirs.databases.read(target.ref, [shardKeyQuery(shardKeys)]));
    const pages = async () =>
      inputValue(await theirs.databases.read(target.ref, inputQueries(sql, 'books')));
    const whyNot = async () =>
      whyNotMeasured('books', await theirs.databases.read(target.ref, [schemaQuery('books')]));
    const lacking = async () => {
      const grants = grantsFor({ allow: [], reads });
      const queries = grants.map(({ query }) => query);
      return missingGrants(grants, await theirs.databases.read(target.ref, queries));
    };

    it('is needed, and enough', async () => {
      await expect(keys()).rejects.toThrow('permission denied for schema books');
      expect(await whyNot()).toContain('lacks USAGE on schema books');
      await expect(pages()).rejects.toThrow('"pages" does not exist');
      expect(await lacking()).toEqual([
        'SELECT on books.f. "1" (books.f. "1")',
        'SELECT on books.pages, books.notes, books.later (books.notes, books.pages)',
      ]);
      await target.admin.query(grantsText({ allow: [], reads }, reader));
      expect(await keys()).toEqual(new Map([['7', 3]]));
      expect(await pages()).toEqual({ kind: 'value', value: 1 });
      expect([await lacking(), await whyNot()]).toEqual([[], undefined]);
    });

    it.each([{ allow: [] }, { platform: 'managed' }, { platform: 'patroni' }] as const)(
      'is all that it takes to leave settings to people: %j',
      async (place) => {
        const url = target.urlAs(reader, 'known');
        const drawn = await draw(target, settings, { way: target.way({ url, place }) });
        expect(drawn).toMatchObject({
          kind: 'person',
          what: expect.stringContaining('work_mem = 20MB'),
        });
      },
    );

    it('is no right to other columns, tables or to write', async () => {
      for (const tried of [
        'select secret from books."f. ""1"""',
        'select id from "shop owner".item',
        'delete from books.pages',
      ]) {
        const query = target.admin.query(`set role reader; ${tried}`);
        await expect(query).rejects.toThrow('permission denied');
        await target.admin.query('reset role');
      }
      await target.admin.query('revoke select on books.notes from reader');
      await expect(pages()).rejects.toThrow('permission denied for table notes');
    });
  });

  describe.each([
    ['revoke pg_monitor from "head""room"', /no member of pg_monitor/],
    ['revoke select on pg_file_settings from "head""room"', /pg_file_settings/],
    [
      'revoke execute on function pg_show_all_file_settings() from "head""room"',
      /pg_show_all_file_settings/,
    ],
    [
      'revoke alter system on parameter work_mem from "head""room"',
      /lacks ALTER SYSTEM.*\(work_mem\)/,
    ],
    ['revoke execute on function pg_reload_conf() from "head""room"', /lacks.*pg_reload_conf/],
  ])('after %s', (revoke, words) => {
    it('changes nothing and says what is missing, before people are asked as well', async () => {
      await target.admin.query(revoke);
      for (const dryRun of [true, false]) {
        const said = await carryOut(settings, dryRun).catch((error: unknown) => String(error));
        expect(JSON.stringify(said)).toMatch(words);
        expect(JSON.stringify(said)).toContain('headroom grants');
      }
      const { rows } = await target.admin.query(
        `select name from pg_file_settings where sourcefile like '%auto.conf' and name = 'work_mem'`,
      );
      expect(rows).toEqual([]);
      await granted();
    });
  });
});
