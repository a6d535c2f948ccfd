// TimescaleDB's policies, intervals and aggregates against a stand-in on a real server: drawn, written, seen, repeated, taken back, refused.

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { SqlStep } from '../../../src/database/draw-deed.ts';
import type { SqlDeed } from '../../../src/database/sql-deed.ts';
import type { Plan } from '../../../src/plan/plan.ts';
import { lookAtChanges } from '../../../src/workflow/look-at-changes.ts';
import type { Parts } from '../../../src/workflow/parts.ts';
import { deedsOf, draw, standing, undone, write } from '../deeds.ts';
import { underLoad } from '../load.ts';
import { startTarget, type Target } from '../target.ts';
import { hourly, keptByStandIn, makeReadings, writeInPlaceOfLibrary } from './readings.ts';
import { installStandIn, type StandInVersion, standInVersions } from './stand-in.ts';

type HypertableStep = Extract<SqlStep, { deed: 'hypertable' }>;
type DeedOf<N extends SqlDeed['deed']> = Extract<SqlDeed, { deed: N }>;

let installed: Awaited<ReturnType<typeof installStandIn>>;
let target: Target;
beforeAll(async () => {
  installed = await installStandIn();
  target = await startTarget({
    settings: {
      extension_control_path: installed.controlPath,
      'timescaledb.license': 'timescale',
      max_locks_per_transaction: '128',
    },
    place: { allow: ['timescale', 'drops'] },
  });
});
afterAll(async () => {
  await target.close();
  await installed.remove();
});

/** By the server's clock, which refreshes go by. */
let now = new Date();
async function setUp(version: StandInVersion): Promise<void> {
  now = await makeReadings(target, version);
}
const kept = () => keptByStandIn(target);
const writeAsLibrary = (deed: SqlDeed) => writeInPlaceOfLibrary(target, deed);

const aggregate = {
  ...hourly,
  keepDays: 730,
  figures: { avg_pressure: 'avg(pressure)', doubled: 'sum(2 * energy) - 1', rows: 'count(*)' },
};

const step = (wanted: Partial<HypertableStep>): HypertableStep => ({
  deed: 'hypertable',
  table: 'readings',
  aggregates: [],
  ...wanted,
});

const drawn = async (wanted: Partial<HypertableStep>) =>
  deedsOf(await draw(target, step(wanted), { at: now }));

const because = async (wanted: Partial<HypertableStep>) => {
  const made = await draw(target, step(wanted), { at: now });
  return made.kind === 'refused' ? made.because : 'it was not refused';
};

const ofKind = <N extends SqlDeed['deed']>(deeds: readonly SqlDeed[], kind: N) =>
  deeds.filter((deed): deed is DeedOf<N> => deed.deed === kind);

describe.each(standInVersions)('with TimescaleDB %s', (version) => {
  beforeEach(() => setUp(version));

  it('sets an interval, is told so, and takes it back', async () => {
    const before = await kept();
    const [deed] = await drawn({ chunkHours: 1 });
    if (deed === undefined) throw new Error('nothing was drawn');
    expect(await write(target, deed, { dryRun: true })).toEqual({ kind: 'written' });
    expect(await kept()).toEqual(before);
    expect(await write(target, deed)).toEqual({ kind: 'written' });
    expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    expect(await drawn({ chunkHours: 1 })).toEqual([]);
    expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
    expect(await kept()).toEqual(before);
  });

  it('compresses by settings and a policy, and changes the policy alone', async () => {
    const compress = { afterDays: 7, segmentBy: ['meter_id'], orderBy: ['timestamp DESC'] };
    const [settings, policy] = await drawn({ compress });
    if (settings === undefined || policy === undefined) throw new Error('two were to be drawn');
    expect((await write(target, policy)).kind).toBe('refused');
    await writeAsLibrary(settings);
    expect(await standing(target, settings)).toEqual({ kind: 'reached' });
    const before = await kept();
    expect(await write(target, policy)).toEqual({ kind: 'written' });
    expect(await standing(target, policy)).toEqual({ kind: 'reached' });
    expect(await drawn({ compress })).toEqual([]);
    const [changed, ...others] = await drawn({ compress: { ...compress, afterDays: 3 } });
    if (changed === undefined) throw new Error('one was to be drawn');
    expect(others).toEqual([]);
    expect(await write(target, changed)).toEqual({ kind: 'written' });
    expect((await standing(target, policy)).kind).toBe('drifted');
    await write(target, undone(changed));
    await write(target, undone(policy));
    expect(await kept()).toEqual(before);
  });

  it('keeps rows by a policy that drops, and takes back only one that keeps longer', async () => {
    const [deed] = await drawn({ keepDays: 90 });
    if (deed === undefined) throw new Error('nothing was drawn');
    expect(deed).toMatchObject({ drops: true });
    expect(() => undone(deed)).toThrow();
    expect(await write(target, deed)).toEqual({ kind: 'written' });
    expect(await write(target, deed)).toEqual({ kind: 'written' });
    const before = await kept();
    const [longer] = await drawn({ keepDays: 365 });
    if (longer === undefined) throw new Error('nothing was drawn');
    expect(longer).not.toHaveProperty('drops');
    await write(target, longer);
    await write(target, undone(longer));
    expect(await kept()).toEqual(before);
  });
});

describe.each(['2.10.3', '2.22.0'] as const)('an aggregate of TimescaleDB %s', (version) => {
  beforeEach(() => setUp(version));

  it('is tried before people see the plan only as far as it stands on nothing that the plan makes', async () => {
    const compress = { afterDays: 7 };
    const deeds = await drawn({ chunkHours: 1, compress, aggregates: [aggregate] });
    const plan = { steps: deeds.map((deed) => target.change(deed)) } as unknown as Plan;
    const parts = { clusters: {}, databases: target.databases } as unknown as Parts;
    const looked = await lookAtChanges(plan, parts, 'asked');
    expect(looked.map(({ kind }) => kind)).toEqual(deeds.map(() => 'seen'));
    const tried = looked.flatMap((each) =>
      each.kind === 'seen' && each.write?.how === 'sql' ? [each.write.deed] : [],
    );
    expect(tried).toEqual(deeds.filter(({ deed }) => deed !== 'timescale-policy'));
    const [policy] = ofKind(deeds, 'timescale-policy');
    expect(policy && (await standing(target, policy))).toEqual({
      kind: 'drifted',
      because: 'the compression of public.readings is not switched on',
    });
  });

  it('is made, filled window by window, and gone on with where it was', async () => {
    const deeds = await drawn({ aggregates: [aggregate] });
    const [made] = ofKind(deeds, 'timescale-aggregate');
    const windows = ofKind(deeds, 'timescale-refresh');
    if (made === undefined) throw new Error('no aggregate was drawn');
    expect(windows.length).toBeGreaterThan(3);
    for (const each of windows) expect((await standing(target, each)).kind).toBe('unchanged');
    await writeAsLibrary(made);
    expect(await standing(target, made)).toEqual({ kind: 'reached' });
    const [first, second, third] = windows;
    if (first === undefined || second === undefined || third === undefined) return;
    for (const each of [first, second]) {
      expect(await write(target, each)).toEqual({ kind: 'written' });
      expect(await standing(target, each)).toEqual({ kind: 'reached' });
    }
    expect((await standing(target, third)).kind).toBe('unchanged');
    const again = await drawn({ aggregates: [aggregate] });
    expect(ofKind(again, 'timescale-aggregate')).toEqual([]);
    // The first bucket is left as it is: rows it was made of may be gone.
    const [hour, start] = [3_600_000, Date.parse(first.from)];
    expect(ofKind(again, 'timescale-refresh')).toEqual([
      { ...first, from: new Date(start + hour).toISOString() },
      ...windows.slice(1),
    ]);
    for (const each of windows) await write(target, each);
    const { rows } = await target.admin.query(
      `select bucket, meter_id, rows::int from readings_hourly where bucket < $1
       except select "Time Scale".time_bucket('1 hour', "timestamp"), meter_id, 1 from readings`,
      [windows.at(-1)?.to],
    );
    expect(rows).toEqual([]);
    const counted = await target.admin.query(
      'select count(*)::int as buckets from readings_hourly where bucket < $1',
      [windows.at(-1)?.to],
    );
    expect(counted.rows[0].buckets).toBeGreaterThanOrEqual(3 * 119);
    const policies = await drawn({ aggregates: [aggregate] });
    expect(policies.map(({ deed }) => deed)).toEqual(['timescale-policy', 'timescale-policy']);
    const before = await kept();
    for (const each of policies) {
      expect(await write(target, each)).toEqual({ kind: 'written' });
      expect(await standing(target, each)).toEqual({ kind: 'reached' });
    }
    expect(await drawn({ aggregates: [aggregate] })).toEqual([]);
    const [refresh] = policies;
    if (refresh === undefined) return;
    await write(target, undone(refresh));
    await target.admin.query(`delete from _stand_in.job where proc = 'policy_retention'`);
    expect(await kept()).toEqual(before);
  });

  it('is kept where its definition is another', async () => {
    const [made] = ofKind(await drawn({ aggregates: [aggregate] }), 'timescale-aggregate');
    if (made === undefined) throw new Error('no aggregate was drawn');
    await writeAsLibrary(made);
    for (const other of [
      { ...aggregate, bucketMinutes: 30 },
      { ...aggregate, groupBy: [] },
      { ...aggregate, figures: { ...aggregate.figures, doubled: 'sum(2 * energy)' } },
      { ...aggregate, figures: { rows: 'count(*)' } },
    ]) {
      expect(await because({ aggregates: [other] })).toContain('another definition');
    }
  });

  it('refuses to drop rows that an aggregate still refreshes', async () => {
    const deeds = await drawn({ aggregates: [aggregate] });
    const [made] = ofKind(deeds, 'timescale-aggregate');
    const [refresh] = ofKind(deeds, 'timescale-policy');
    if (made === undefined || refresh === undefined) throw new Error('it was not drawn');
    await writeAsLibrary(made);
    await write(target, refresh);
    await target.admin.query(
      `update _stand_in.job set config = config || '{"start_offset": "100 days"}'`,
    );
    expect(await because({ keepDays: 90 })).toContain('readings_hourly is refreshed from 100 days');
    await target.admin.query(
      `update _stand_in.job set config = config || '{"start_offset": null}'`,
    );
    expect(await because({ keepDays: 90 })).toContain('refreshed from the first row');
    // One over it would lose what it drops itself.
    await target.admin.query(`
      create view _stand_in.direct_top as select 1;
      insert into _stand_in.aggregate (schema_name, table_name, view_schema, view_name, materialized_only, materialization)
      select '_stand_in', materialization, 'public', 'on_top', true, 'top' from _stand_in.aggregate;
      insert into _stand_in.job (schema_name, table_name, proc, every, config)
      values ('_stand_in', 'top', 'policy_refresh_continuous_aggregate', '1 hour', '{"start_offset": "800 days"}')`);
    const why = await because({ aggregates: [aggregate] });
    expect(why).toContain('aggregate readings_hourly: the aggregate on_top is refreshed from 800');
  });
});

describe('while it works', () => {
  beforeEach(() => setUp('2.22.0'));

  it('no application waits, whatever the hypertable is called', async () => {
    await target.admin.query(
      `create schema if not exists "it's"; drop table if exists "it's"."say ""hi"". drop"; create table "it's"."say ""hi"". drop" (id int);
       grant usage on schema "it's" to public; grant all on "it's"."say ""hi"". drop" to public;
       insert into _stand_in.hypertable values ('it''s', 'say "hi". drop', 'timestamp', 'timestamptz', '1 day')`,
    );
    const [deed] = await drawn({ table: `it's.say "hi". drop`, chunkHours: 1 });
    if (deed === undefined) throw new Error('nothing was drawn');
    const felt = await underLoad(
      target,
      { statements: [`insert into "it's"."say ""hi"". drop" values (1)`] },
      async () => await write(target, deed),
    );
    expect(felt).toMatchObject({ result: { kind: 'written' }, failures: [] });
    expect(felt.longestLockMs).toBeLessThan(1000);
    expect(await standing(target, deed)).toEqual({ kind: 'reached' });
  });

  it('a refresh is waited for, and done again where its server was killed', async () => {
    const deeds = await drawn({ aggregates: [aggregate] });
    const [made] = ofKind(deeds, 'timescale-aggregate');
    const [window] = ofKind(deeds, 'timescale-refresh');
    if (made === undefined || window === undefined) throw new Error('it was not drawn');
    await writeAsLibrary(made);
    await target.admin.query(
      'begin; lock table _stand_in._materialized_hypertable_1 in share mode',
    );
    const writing = write(target, window);
    await expect
      .poll(async () => (await standing(target, window)).kind, { timeout: 20_000 })
      .toBe('under-way');
    await target.killDatabase();
    expect((await writing).kind).toBe('unknown');
    await target.restart();
    expect((await standing(target, window)).kind).toBe('unchanged');
    expect(await write(target, window)).toEqual({ kind: 'written' });
    expect(await standing(target, window)).toEqual({ kind: 'reached' });
  });
});

describe('what is there', () => {
  it('refuses without the extension, with an old one, and what its Apache edition has not', async () => {
    await setUp('2.9.3');
    expect(await because({ chunkHours: 1 })).toContain('2.9.3 is older than 2.10');
    await setUp('2.22.0');
    await target.admin.query(`alter database shop set timescaledb.license = 'apache'`);
    try {
      expect(await because({ keepDays: 90 })).toContain('has no policies');
      expect(await because({ compress: { afterDays: 7 } })).toContain('has no compression');
      expect(await drawn({ chunkHours: 1 })).toHaveLength(1);
    } finally {
      await target.admin.query('alter database shop reset timescaledb.license');
    }
    expect(await because({ table: 'plain', chunkHours: 1 })).toContain('is no hypertable');
    expect(await because({ table: 'nowhere', chunkHours: 1 })).toContain('no table nowhere');
    await target.admin.query('drop extension timescaledb cascade');
    expect(await because({ chunkHours: 1 })).toContain('no TimescaleDB');
  });

  it('refuses chunks that would need more locks than the server has', async () => {
    await setUp('2.22.0');
    expect(await because({ chunkHours: 1, keepDays: 365 })).toMatch(
      /8760 chunks .* takes 17520 of the 12800 locks .* max_locks_per_transaction to 351 or more/,
    );
    const made = await draw(target, step({ chunkHours: 1, keepDays: 90 }), { at: now });
    expect(made).toMatchObject({ notes: [expect.stringContaining('takes 4320 of the 12800')] });
  });

  it('refuses columns, figures and times that cannot be', async () => {
    await setUp('2.22.0');
    const other = async (wanted: Partial<typeof aggregate>) =>
      because({ aggregates: [{ ...aggregate, ...wanted }] });
    expect(await other({ groupBy: ['nothing'] })).toContain('no column nothing');
    expect(await other({ figures: { ...aggregate.figures, rows: 'pg_sleep(9)' } })).toContain(
      'pg_sleep',
    );
    expect(await other({ fromMinutesAgo: 100 })).toContain('shorter than two buckets');
    const compress = { afterDays: 7, segmentBy: ['timestamp'] };
    expect(await because({ compress })).toContain('cannot segment by timestamp');
    expect(await because({ compress: { afterDays: 7, orderBy: ['no_one DESC'] } })).toContain(
      'no column no_one',
    );
    await target.admin.query('update _stand_in.hypertable set width = null');
    expect(await because({ chunkHours: 1 })).toContain('whole numbers');
  });
});
