// Server settings on real servers: drawn, written, read back, taken back, cut off in the middle, and what stands in the way.

import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undoOf } from '../../src/change/change.ts';
import { compareChange } from '../../src/change/compare.ts';
import type { SqlStep } from '../../src/database/draw-deed.ts';
import { factOf, questionsOfFact } from '../../src/database/fact-reads.ts';
import { isParameter, parameters } from '../../src/database/parameters.ts';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { lookOnce } from '../../src/workflow/look.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import { rolloutOf } from '../../src/workflow/verify-change.ts';
import { changesFor, deedsOf, draw, standing, undone, write } from './deeds.ts';
import { startTarget, type Target } from './target.ts';
import { onEachVersion } from './versions.ts';

const step = (settings: Readonly<Record<string, string>>): SqlStep => ({
  deed: 'settings',
  settings,
  restart: false,
});

onEachVersion((version) => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget({
      version,
      settings: { max_worker_processes: '12' },
      // Lets a test stand between two statements.
      conf: { allow_system_table_mods: 'on', wal_buffers: '-1' },
    });
  });
  afterAll(() => target.close());

  const only = async (name: string, value: string): Promise<SqlDeed> => {
    const [deed, ...others] = deedsOf(await draw(target, step({ [name]: value })));
    if (deed === undefined || others.length > 0) throw new Error('one deed was to be drawn');
    return deed;
  };
  const state = (change: Parameters<typeof observeChange>[0]) =>
    observeChange(change, { clusters: undefined as never, databases: target.databases });
  const inFiles = async () => {
    const { rows } = await target.admin.query(
      `select sourcefile, name, setting, applied, error from pg_file_settings order by seqno`,
    );
    return rows;
  };
  const running = async (name: string) =>
    (await target.admin.query<{ shown: string }>('select current_setting($1) as shown', [name]))
      .rows[0]?.shown;

  const configFile = async () => (await running('config_file')) ?? '';
  async function asBefore(): Promise<void> {
    await target.admin.query('alter system reset work_mem');
    await target.admin.query('select pg_reload_conf()');
    await expect.poll(() => running('work_mem')).toBe('4MB');
  }

  it('is written, in effect, and taken back to what the files were', async () => {
    await target.admin.query(`alter system set random_page_cost = '1.50'`);
    const before = await inFiles();
    for (const [name, value] of [
      ['work_mem', '20MB'],
      ['random_page_cost', '1.1'],
      ['hot_standby_feedback', 'on'],
    ] as const) {
      const change = target.change(await only(name, value));
      expect(compareChange(change, await state(change)).kind).toBe('unchanged');
      expect(await write(target, change.deed, { dryRun: true })).toEqual({ kind: 'written' });
      expect(compareChange(change, await state(change)).kind).toBe('unchanged');
      expect(await write(target, change.deed)).toEqual({ kind: 'written' });
      await expect.poll(async () => rolloutOf(change, await state(change)).kind).toBe('ready');
      const back = undoOf(change);
      if (back.kind !== 'sql') throw new Error('an undo is of the same kind');
      await write(target, back.deed);
      await expect.poll(async () => rolloutOf(back, await state(back)).kind).toBe('ready');
    }
    expect(await inFiles()).toEqual(before);
  });

  it('waits for a restart, which brings it into effect, and so does its undo', async () => {
    const deed = await only('max_connections', '90');
    expect(await write(target, deed)).toEqual({ kind: 'written' });
    // The server puts a number of its own in place of -1, which does not win over a number in the files.
    const { rows } = await target.admin.query(
      `select source from pg_settings where name = 'wal_buffers'`,
    );
    expect(rows).toEqual([{ source: 'override' }]);
    const buffers = await only('wal_buffers', '1MB');
    await write(target, buffers);
    await expect
      .poll(() => standing(target, deed))
      .toEqual({ kind: 'reached', note: 'max_connections takes effect with the next restart' });
    expect(await running('max_connections')).toBe('100');
    await target.restart();
    expect(await running('max_connections')).toBe('90');
    expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    expect(await standing(target, buffers)).toEqual({ kind: 'reached' });
    await write(target, undone(buffers));
    await write(target, undone(deed));
    await target.restart();
    expect(await standing(target, undone(deed))).toEqual({ kind: 'reached' });
    expect(await running('max_connections')).toBe('100');
  });

  it('is refused where the command line gives it', async () => {
    await expect(only('max_worker_processes', '16')).rejects.toThrow('command line, which wins');
    // The server calls what the files say besides pending, and no restart would ever change it.
    await target.admin.query('alter system set max_worker_processes = 16');
    await target.admin.query('select pg_reload_conf()');
    const pending = `select from pg_settings where name = 'max_worker_processes' and pending_restart`;
    await expect.poll(async () => (await target.admin.query(pending)).rowCount).toBe(1);
    const answers = await target.databases.read(
      target.ref,
      questionsOfFact('settings-pending-restart'),
    );
    expect(factOf('settings-pending-restart', answers)).toBe(0);
    expect(await draw(target, step({}))).toEqual({ kind: 'deeds', deeds: [], notes: [] });
    await target.admin.query('alter system reset max_worker_processes');
  });

  it('is refused where the database has its own, and told where somebody else has', async () => {
    await target.admin.query(`create role report; alter role report set work_mem = '9MB';
      alter database shop set random_page_cost = '2'`);
    await expect(only('random_page_cost', '1.1')).rejects.toThrow('a setting of the database that');
    expect(await draw(target, step({ work_mem: '20MB' }))).toHaveProperty(
      'notes',
      expect.arrayContaining([expect.stringMatching(/^role report has a work_mem of its own/)]),
    );
    await target.admin.query('alter database shop reset all; drop role report');
  });

  it('is refused where all roles or the address of the connection have their own', async () => {
    await target.admin.query(`alter role all set work_mem = '9MB'`);
    await expect(only('work_mem', '20MB')).rejects.toThrow('9MB by ALTER ROLE ALL SET, which wins');
    await target.admin.query('alter role all reset work_mem');
    const url = `${target.server.url('shop')}?options=-c%20work_mem%3D7MB`;
    const drawn = await draw(target, step({ work_mem: '20MB' }), { way: target.way({ url }) });
    expect(drawn).toMatchObject({
      because: expect.stringContaining("7MB by a setting of the connection's own address"),
    });
  });

  it('is refused where the server would not come back from its restart', async () => {
    await target.admin.query(`select pg_create_physical_replication_slot('a'),
      pg_create_physical_replication_slot('b')`);
    await expect(only('max_replication_slots', '1')).rejects.toThrow('2 replication slots');
    await target.admin.query(`select pg_create_physical_replication_slot('c', true)`);
    for (const _ of [1, 2, 3]) {
      await target.admin.query(`select pg_logical_emit_message(false, '', '')`);
      await target.admin.query('select pg_switch_wal()');
    }
    await expect(only('max_slot_wal_keep_size', '16MB')).rejects.toThrow(/keeps back \d\d MB now/);
    await expect(only('max_slot_wal_keep_size', '16GB')).resolves.toBeDefined();
    await target.admin.query(
      `select pg_drop_replication_slot(slot_name) from pg_replication_slots`,
    );
    await expect(only('max_connections', '10')).resolves.toBeDefined();
  });

  it('is left alone where somebody else has set it meanwhile', async () => {
    const deed = await only('work_mem', '20MB');
    await target.admin.query(`alter system set work_mem = '9MB'`);
    expect(await write(target, deed)).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('says 9MB for work_mem, the plan saw nothing'),
    });
    await target.admin.query('alter system reset work_mem');
    // In another file, where the server says no more than what is in effect.
    await appendFile(await configFile(), "work_mem = '9MB'\n");
    await target.admin.query('select pg_reload_conf()');
    await expect.poll(() => running('work_mem')).toBe('9MB');
    expect(await write(target, deed)).toMatchObject({
      kind: 'refused',
      because: 'work_mem is 9MB by now, the plan saw 4MB',
    });
    const text = await readFile(await configFile(), 'utf8');
    await writeFile(await configFile(), text.replace("work_mem = '9MB'\n", ''));
    await asBefore();
  });

  it('that is written and waits, for being read or for a restart, still does', async () => {
    await target.admin.query(`alter system set work_mem = '20MB'`);
    await target.admin.query('alter system set max_connections = 90');
    const reread = await only('work_mem', '20MB');
    expect(await write(target, reread)).toEqual({ kind: 'written' });
    await expect.poll(() => standing(target, reread)).toEqual({ kind: 'reached' });
    const made = await changesFor(target, step({ max_connections: '90' }));
    expect(made).toMatchObject({
      changes: [{ deed: { before: '90', after: '90', restart: true } }],
      person: { what: expect.stringContaining('/scale restart') },
    });
    expect(await draw(target, step({}))).toMatchObject({
      notes: expect.arrayContaining([expect.stringContaining('max_connections 90 (now 100)')]),
    });
    await target.admin.query('alter system reset max_connections');
    await asBefore();
  });

  it('is neither written nor taken back while the server cannot read its files', async () => {
    await target.admin.query(`alter system set work_mem = '9MB'`);
    const deed = await only('work_mem', '20MB');
    const file = await configFile();
    const text = await readFile(file, 'utf8');
    await writeFile(file, `${text}\ndefault_text_search_config = of_another_database\n`);
    expect(await only('work_mem', '20MB')).toEqual(deed);
    for (const line of ["work_mem == '4MB", 'no_such_setting = on']) {
      await writeFile(file, `${text}\n${line}\n`);
      await expect(only('work_mem', '20MB')).rejects.toThrow(/postgresql\.conf, line \d+,/);
      for (const each of [deed, undone(deed)]) {
        expect(await write(target, each)).toMatchObject({
          kind: 'refused',
          because: expect.stringContaining('configuration has an error'),
        });
      }
    }
    await writeFile(file, text);
    await asBefore();
  });

  it("is never written on Headroom's own server", async () => {
    const deed = await only('work_mem', '20MB');
    const { databases } = target.way({ ownServer: target.ref.server });
    expect(await write(target, deed, { databases })).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('its own state'),
    });
    expect(await databases.isOwn(target.ref)).toBe(true);
    expect(await target.databases.isOwn(target.ref)).toBe(false);
  });

  describe('cut off between the two statements', () => {
    /** The server reads its configuration anew only after a minute, so that a test comes in between. */
    async function inBetween(cut: () => Promise<unknown>, given?: SqlDeed): Promise<SqlDeed> {
      const deed = given ?? (await only('work_mem', '20MB'));
      await target.admin.query(`alter function pg_catalog.pg_reload_conf() rename to at_last;
        create function pg_catalog.pg_reload_conf() returns boolean volatile
          language sql as 'select pg_catalog.pg_sleep(60) is null'`);
      const sent = write(target, deed);
      const waiting = `select pid from pg_stat_activity
                        where application_name = 'headroom' and query like '%pg_reload_conf%' and state = 'active'`;
      await expect
        .poll(async () => (await target.admin.query(waiting)).rowCount, { timeout: 10_000 })
        .toBe(1);
      await cut();
      expect(await sent).toMatchObject({ kind: 'unknown' });
      return deed;
    }
    const letIt = () =>
      target.admin.query(`drop function pg_catalog.pg_reload_conf();
        alter function pg_catalog.at_last() rename to pg_reload_conf`);
    const breakIt = () =>
      target.admin.query(`select pg_terminate_backend(pid) from pg_stat_activity
        where application_name = 'headroom' and pid <> pg_backend_pid()`);

    it("is finished by the next write when the app's connection breaks", async () => {
      const deed = await inBetween(breakIt);
      expect(await standing(target, deed)).toMatchObject({
        kind: 'unchanged',
        begun: expect.stringContaining('written, but 4096kB is in effect'),
      });
      await letIt();
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      await expect.poll(() => running('work_mem')).toBe('20MB');
      await asBefore();
    });

    it.each([
      ['work_mem', '20MB', '4MB', '4MB'],
      ['max_connections', '90', '90', '100'],
    ])('is taken back for good when the undo of %s breaks off', async (name, value, now, later) => {
      const deed = await only(name, value);
      await write(target, deed);
      await target.restart();
      expect(await running(name)).toBe(value);
      const back = await inBetween(breakIt, undone(deed));
      expect(await standing(target, back)).toMatchObject({
        kind: 'unchanged',
        begun: expect.any(String),
      });
      await letIt();
      expect(await write(target, back)).toEqual({ kind: 'written' });
      await expect.poll(async () => (await standing(target, back)).kind).toBe('reached');
      expect(await running(name)).toBe(now);
      await target.restart();
      expect(await running(name)).toBe(later);
    });

    it('is not waited for long, neither by its locks nor by itself', async () => {
      await target.admin.query(`create table limits (manner text, lock text, statement text);
        create function keep_limits(manner text) returns void language sql as
          $$ insert into public.limits values (manner, current_setting('lock_timeout'), current_setting('statement_timeout')) $$;
        alter function pg_catalog.pg_reload_conf() rename to at_last;
        create function pg_catalog.pg_reload_conf() returns boolean volatile
          language sql as $$ select public.keep_limits('alone'); select pg_catalog.at_last() $$`);
      await write(target, await only('work_mem', '20MB'));
      await letIt();
      await target.admin.query(`create table trade (id int);
        create function on_ddl() returns event_trigger language plpgsql as
          $$ begin perform public.keep_limits(tg_tag); end $$;
        create event trigger on_ddl on ddl_command_start when tag in ('CREATE INDEX', 'ALTER TABLE')
          execute function on_ddl()`);
      const index = {
        name: 'trade_id',
        table: 'trade',
        columns: ['id'],
        how: 'concurrently',
      } as const;
      const steps: readonly SqlStep[] = [
        { deed: 'indexes', indexes: [index] },
        { deed: 'tables', tables: { trade: { autovacuum_vacuum_scale_factor: '0.1' } } },
      ];
      for (const each of steps) {
        const [deed] = deedsOf(await draw(target, each));
        expect(deed && (await write(target, deed))).toEqual({ kind: 'written' });
      }
      const { rows } = await target.admin.query('select * from limits');
      const [read] = await target.databases.read(target.ref, [
        {
          text: `select current_setting('lock_timeout') as lock, current_setting('statement_timeout') as statement`,
        },
      ]);
      await target.admin.query('drop event trigger on_ddl; drop table trade, limits');
      await asBefore();
      expect(read).toEqual([{ lock: '500ms', statement: '5s' }]);
      expect(rows).toEqual([
        { manner: 'alone', lock: '500ms', statement: '30s' },
        { manner: 'CREATE INDEX', lock: '2h', statement: '0' },
        { manner: 'ALTER TABLE', lock: '500ms', statement: expect.stringMatching(/^\d+ms$/) },
      ]);
    });

    it('is in effect when the server is killed and comes back', async () => {
      const deed = await inBetween(() => target.killDatabase());
      await target.restart();
      await letIt();
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      expect(await running('work_mem')).toBe('20MB');
      await asBefore();
    });
  });

  it('is read back where somebody else writes it', async () => {
    const values = { work_mem: '4096kB', max_connections: '100', wal_buffers: '4MB' };
    const look = (more: Readonly<Record<string, string>> = {}) => {
      const { system, name } = target.ref;
      const settings = { database: { system, name }, values: { ...values, ...more } };
      return lookOnce({ settings }, { databases: target.databases } as never);
    };
    expect(await look()).toMatchObject({ holds: true });
    expect(await look({ max_connections: '500', work_mem: '8MB' })).toMatchObject({
      holds: false,
      isKnown: true,
      seen: 'work_mem is 4MB, wanted 8MB, max_connections is 100, wanted 500',
    });
    expect(await look({ no_such_setting: '1' })).toMatchObject({ holds: false });
  });

  it('is of the kind that the list says', async () => {
    const { rows } = await target.admin.query<{
      name: string;
      unit: string | null;
      vartype: string;
    }>('select name, unit, vartype from pg_settings where name = any($1)', [
      Object.keys(parameters),
    ]);
    expect(rows.length).toBeGreaterThan(30);
    const kindOf = ({ unit, vartype }: (typeof rows)[number]) => {
      if (vartype === 'bool') return 'boolean';
      if (unit === null) return vartype;
      return unit.endsWith('B') ? 'memory' : 'time';
    };
    for (const row of rows) {
      const kind = isParameter(row.name) ? parameters[row.name].kind : 'none';
      expect([row.name, kindOf(row)]).toEqual([row.name, kind]);
    }
  });

  it.runIf(version === 18)('is refused by another server behind the same address', async () => {
    const deed = await only('work_mem', '20MB');
    const other = await startTarget({ isUnrelated: true });
    try {
      const { databases } = target.way({ url: other.server.url('shop') });
      await expect(write(target, deed, { databases })).rejects.toThrow('is another server');
      expect(await standing(target, deed)).toMatchObject({ kind: 'unchanged' });
    } finally {
      await other.close();
    }
  });
});
