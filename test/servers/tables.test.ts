// Settings of tables on a real server: drawn, written beside an application, taken back, and what stands in the way.

import { connect, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SqlStep } from '../../src/database/draw-deed.ts';
import type { DatabasePlace } from '../../src/plan/system.ts';
import type { Databases } from '../../src/ports.ts';
import { another, catalogue, changesFor, deedsOf, draw, standing, undone, write } from './deeds.ts';
import { startTarget, type Target } from './target.ts';

const autovacuum = { autovacuum_vacuum_scale_factor: '0', autovacuum_vacuum_threshold: '5000' };

function partsOf(url: string) {
  const { hostname, port, host } = new URL(url);
  return { hostname, port, at: (other: string) => url.replace(host, other) };
}

function step(tables: Extract<SqlStep, { deed: 'tables' }>['tables']): SqlStep {
  return { deed: 'tables', tables };
}

describe('settings of tables', () => {
  let target: Target;
  beforeAll(async () => {
    target = await startTarget();
    const { admin } = target;
    await admin.query('create table readings (id int, at timestamptz) with (fillfactor = 80)');
    await admin.query('create schema other create table readings (id int)');
    await admin.query('create table parted (id int, at date) partition by range (at)');
    for (const year of [2025, 2026]) {
      await admin.query(
        `create table parted_${year} partition of parted for values from ('${year}-01-01') to ('${year + 1}-01-01')`,
      );
    }
    await admin.query(`create table "drop; ""table""." (id int)`);
  });
  afterAll(() => target.close());

  const only = async (tables: Parameters<typeof step>[0]) => {
    const [deed, ...others] = deedsOf(await draw(target, step(tables)));
    if (deed === undefined || others.length > 0) throw new Error('one deed was to be drawn');
    return deed;
  };

  it('are set, and the undo leaves the catalogue as it was', async () => {
    const before = await catalogue(target);
    const deed = await only({ readings: { ...autovacuum, fillfactor: '70' } });
    expect(await write(target, deed, { dryRun: true })).toEqual({ kind: 'written' });
    expect(await catalogue(target)).toEqual(before);
    expect(await write(target, deed)).toEqual({ kind: 'written' });
    expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    const { rows } = await target.admin.query(
      `select reloptions from pg_class where oid = 'public.readings'::regclass`,
    );
    expect(rows[0].reloptions).toEqual(
      expect.arrayContaining(['autovacuum_vacuum_scale_factor=0', 'fillfactor=70']),
    );
    expect(await draw(target, step({ readings: autovacuum }))).toMatchObject({ deeds: [] });
    await write(target, undone(deed));
    expect(await catalogue(target)).toEqual(before);
  });

  it('are set on each partition of a partitioned table, and said to be missing on later ones', async () => {
    const drawn = await draw(target, step({ parted: autovacuum }));
    expect(deedsOf(drawn)).toMatchObject([{ name: 'parted_2025' }, { name: 'parted_2026' }]);
    expect(drawn).toMatchObject({ notes: [expect.stringContaining('what the newest has')] });
    for (const deed of deedsOf(drawn)) {
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
      await write(target, undone(deed));
    }
  });

  it('are refused when they are not on the list, out of bounds or on no table', async () => {
    const because = async (tables: Parameters<typeof step>[0]) => {
      const drawn = await draw(target, step(tables));
      return drawn.kind === 'refused' ? drawn.because : drawn.kind;
    };
    expect(await because({ readings: { toast_tuple_target: '128' } })).toContain('not among');
    expect(await because({ readings: { fillfactor: '5' } })).toContain('not between 10 and 100');
    expect(await because({ readings: { autovacuum_enabled: 'off' } })).toContain(
      'only ever switched on',
    );
    expect(await because({ gone: autovacuum })).toContain('no table gone');
    expect(await because({ "x'; drop table readings; --": autovacuum })).toContain('no table');
    expect(await because({ 'read\0ings': autovacuum })).toContain('zero byte');
  });

  /** A way to the server on which something becomes of what is said in `commit`. */
  async function throughCut(
    onCommit: (client: Socket, server: Socket, chunk: Buffer) => void,
    use: (databases: Databases) => Promise<void>,
  ): Promise<void> {
    const { hostname, port, ...address } = partsOf(target.server.url('shop'));
    const cut = createServer((client) => {
      const server = connect(Number(port), hostname);
      client.on('error', () => {}).on('close', () => server.end());
      server.on('error', () => {}).on('data', (chunk) => client.write(chunk));
      client.on('data', (chunk) => {
        if (chunk.includes('commit\0')) onCommit(client, server, chunk);
        else server.write(chunk);
      });
    });
    await new Promise<void>((done) => cut.listen(0, '127.0.0.1', done));
    try {
      const bound = cut.address();
      const there = typeof bound === 'object' ? bound?.port : undefined;
      await use(target.way({ url: address.at(`127.0.0.1:${there}`) }).databases);
    } finally {
      await new Promise((done) => cut.close(done));
    }
  }

  it('are unknown where the connection is lost in the commit, and a look finds them written', async () => {
    const deed = await only({ readings: { fillfactor: '60' } });
    const lost = (client: Socket, server: Socket, chunk: Buffer) => {
      server.write(chunk);
      client.destroy();
    };
    await throughCut(lost, async (databases) => {
      const answer = await write(target, deed, { databases });
      expect(answer).toMatchObject({ kind: 'unknown', because: expect.stringContaining('commit') });
      await expect.poll(() => standing(target, deed)).toEqual({ kind: 'reached' });
    });
    await write(target, undone(deed));
  });

  it('keep no lock while commits wait for a standby that is away', async () => {
    const { admin } = target;
    const deed = await only({ readings: { fillfactor: '60' } });
    await admin.query(`alter system set synchronous_standby_names = 'away'`);
    await admin.query('select pg_reload_conf()');
    try {
      const names = () => admin.query('show synchronous_standby_names');
      await expect
        .poll(async () => (await names()).rows)
        .toEqual([{ synchronous_standby_names: 'away' }]);
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
    } finally {
      await admin.query('alter system reset synchronous_standby_names');
      await admin.query('select pg_reload_conf()');
    }
  });

  it('come together where a table is named twice, as itself or as a partition, and never against each other', async () => {
    const [deed, ...others] = deedsOf(
      await draw(target, step({ readings: { fillfactor: '70' }, 'public.readings': autovacuum })),
    );
    expect(others).toEqual([]);
    expect(deed).toMatchObject({ name: 'readings', after: { ...autovacuum, fillfactor: '70' } });
    const parted = deedsOf(
      await draw(target, step({ parted: autovacuum, parted_2026: { fillfactor: '70' } })),
    );
    expect(parted).toMatchObject([
      { name: 'parted_2025', after: autovacuum },
      { name: 'parted_2026', after: { ...autovacuum, fillfactor: '70' } },
    ]);
    const against = { readings: { fillfactor: '70' }, 'public.readings': { fillfactor: '80' } };
    expect(await draw(target, step(against))).toEqual({
      kind: 'refused',
      because:
        'fillfactor of public.readings is written by readings and by public.readings of the profile: write it once',
    });
  });

  it('keep no lock where Headroom vanishes before the commit and the server hears nothing of it', async () => {
    const deed = await only({ readings: { fillfactor: '60' } });
    const open: Socket[] = [];
    const vanished = (client: Socket, upstream: Socket) => {
      open.push(upstream);
      client.removeAllListeners('close').destroy();
    };
    await throughCut(vanished, async (databases) => {
      expect(await write(target, deed, { databases })).toMatchObject({ kind: 'unknown' });
      const locked = async () =>
        (
          await target.admin.query(
            `select from pg_locks where relation = 'readings'::regclass and mode like 'Share%'`,
          )
        ).rowCount;
      expect(await locked()).toBeGreaterThan(0);
      await expect.poll(locked, { timeout: 15_000 }).toBe(0);
      for (const upstream of open) upstream.destroy();
      expect(await standing(target, deed)).toMatchObject({ kind: 'unchanged' });
    });
  });

  it('do not go to tables that inherit, which is said', async () => {
    await target.admin.query('create table other.heir () inherits (other.readings)');
    expect(await draw(target, step({ 'other.readings': autovacuum }))).toMatchObject({
      deeds: [{ name: 'readings' }],
      notes: ['tables that inherit from other.readings (1) are not set by this: name them as well'],
    });
    await target.admin.query('drop table other.heir');
  });

  it('are left to a person with the statement, where headroom.yaml does not allow them', async () => {
    const way = target.way({ place: { allow: [] } });
    const made = await changesFor(target, step({ readings: { fillfactor: '70' } }), way);
    expect(made).toMatchObject({
      kind: 'made',
      changes: [],
      person: {
        say: expect.stringMatching(
          /^tables is not among .*; as it is now that would be: alter table only "public"."readings" set \(fillfactor = '70'\)$/,
        ),
      },
    });
  });

  it('go to the table with that very name, whatever is in it', async () => {
    const deed = await only({ 'drop; "table".': autovacuum });
    expect(await write(target, deed)).toEqual({ kind: 'written' });
    expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    await write(target, undone(deed));
    expect(await only({ 'other.readings': autovacuum })).toMatchObject({ schema: 'other' });
  });

  it('go to the bare name in the schema of headroom.yaml, whatever path the role has', async () => {
    await target.admin.query(`alter database shop set search_path = other, public;
      create role wanderer superuser login password 'wanderer';
      alter role wanderer set search_path = other;
      create schema wanderer; create table wanderer.readings (id int); create table other.alone (id int)`);
    const url = target.urlAs('wanderer', 'wanderer');
    const found = async (name: string, place: Partial<DatabasePlace> = {}) => {
      const drawn = await draw(target, step({ [name]: autovacuum }), {
        way: target.way({ url, place }),
      });
      if (drawn.kind !== 'deeds') return drawn.kind === 'refused' ? drawn.because : drawn.kind;
      return drawn.deeds.map((deed) => deed.deed === 'table' && `${deed.schema}.${deed.name}`);
    };
    expect(await found('readings')).toEqual(['public.readings']);
    expect(await found('readings', { schema: 'other' })).toEqual(['other.readings']);
    expect(await found('public.readings', { schema: 'other' })).toEqual(['public.readings']);
    expect(await found('alone')).toBe(
      'there is no table alone in this database, in its schema public; with another schema, write schema.table in the profile, or name it as schema of the database in headroom.yaml',
    );
    expect(await found('readings', { schema: 'gone' })).toContain('in its schema gone');
    await target.admin.query(`create table public."other.readings" (id int)`);
    expect(await found('other.readings')).toMatch(
      /may be other.readings and public.other.readings/,
    );
    await target.admin.query(`drop table public."other.readings"; drop schema wanderer cascade;
      drop table other.alone; drop role wanderer; alter database shop reset search_path`);
  });

  it('and of months: a new table under a bare name stands beside the one it is for', async () => {
    await target.admin.query(
      'create table other.plain (id int primary key, at timestamptz not null)',
    );
    const months = {
      deed: 'partitions',
      table: 'other.plain',
      column: 'at',
      every: 'month',
      ahead: 1,
      through: { table: 'next', key: ['id', 'at'] },
    } as const;
    const [first] = deedsOf(await draw(target, months));
    expect(first).toMatchObject({ deed: 'partitioned', table: { schema: 'other', name: 'next' } });
    if (first === undefined) throw new Error('a new table was to be drawn');
    expect(await write(target, first)).toEqual({ kind: 'written' });
    // It is found there, and with the months that it came with.
    expect(await draw(target, months)).toMatchObject({ kind: 'deeds', deeds: [] });
    await target.admin.query('drop table other.next, other.plain');
  });

  it('stop where somebody set them otherwise meanwhile', async () => {
    const deed = await only({ readings: autovacuum });
    await target.admin.query('alter table readings set (autovacuum_vacuum_threshold = 7)');
    expect(await write(target, deed)).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('is 7, the plan saw not set'),
    });
    await target.admin.query('alter table readings reset (autovacuum_vacuum_threshold)');
  });

  it('stop where somebody sets them while the lock is waited for, whatever transactions are by default', async () => {
    await target.admin.query(
      `alter database shop set default_transaction_isolation = 'repeatable read'`,
    );
    const deed = await only({ readings: autovacuum });
    const other = await another(target);
    await other.query('begin; alter table readings set (autovacuum_vacuum_threshold = 7)');
    const sent = write(target, deed);
    await expect
      .poll(
        async () => (await target.admin.query('select from pg_locks where not granted')).rowCount,
      )
      .toBe(1);
    await other.query('commit');
    expect(await sent).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('is 7, the plan saw not set'),
    });
    await other.query('alter table readings reset (autovacuum_vacuum_threshold)');
    await other.end();
    await target.admin.query('alter database shop reset default_transaction_isolation');
  });

  it('give way to somebody else who changes the table', async () => {
    const deed = await only({ readings: autovacuum });
    const other = await another(target);
    await other.query('begin; lock table readings in share update exclusive mode');
    await expect(write(target, deed)).rejects.toMatchObject({ retryable: true });
    await other.end();
    expect(await standing(target, deed)).toMatchObject({ kind: 'unchanged' });
  });

  it('are refused to a role that does not own the table, before anything is sent', async () => {
    await target.admin.query(`create role reader login password 'reader' in role pg_monitor`);
    const way = target.way({ url: target.urlAs('reader', 'reader') });
    expect(await draw(target, step({ readings: autovacuum }), { way })).toMatchObject({
      kind: 'refused',
      because: expect.stringContaining('belongs to headroom'),
    });
  });

  describe('when the server is killed', () => {
    it('are set afterwards or not at all, and then finished', async () => {
      const deed = await only({ readings: autovacuum });
      const other = await another(target);
      await other.query('begin; lock table readings in share update exclusive mode');
      const sent = write(target, deed).catch((error: unknown) => error);
      await expect
        .poll(
          async () => (await target.admin.query('select from pg_locks where not granted')).rowCount,
        )
        .toBe(1);
      await target.killDatabase();
      await sent;
      await target.restart();
      expect(await standing(target, deed)).toMatchObject({ kind: 'unchanged' });
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    });
  });
});
