// Every kind of deed once on the older server: drawn, tried, written, seen done, and taken back.

import { afterAll, beforeAll, expect, it } from 'vitest';
import { undoOfDeed } from '../../src/database/sql-deed.ts';
import { now } from '../make.ts';
import { catalogue, standing, undone, write } from './deeds.ts';
import { drawnOf } from './killed/draw-case.ts';
import { cases } from './killed/kinds.ts';
import { startTarget, type Target } from './target.ts';
import { sendToStandIn } from './timescale/in-place.ts';
import { keptByStandIn, makeReadings } from './timescale/readings.ts';
import { standInByScript } from './timescale/stand-in.ts';
import { onVersion } from './versions.ts';

// On 18 every kind is done, killed and taken back in killed.test.ts.
onVersion(15, (version) => {
  let target: Target;
  let asBefore: () => void;
  beforeAll(async () => {
    target = await startTarget({
      version,
      settings: { 'timescaledb.license': 'timescale' },
      conf: { allow_system_table_mods: 'on' },
      place: { allow: ['settings', 'indexes', 'partitions', 'tables', 'timescale', 'drops'] },
    });
    asBefore = sendToStandIn();
  });
  afterAll(async () => {
    asBefore();
    await target.close();
  });

  it.each(cases)('does %s, %s', async (kind, _, example) => {
    const { admin } = target;
    await admin.query('drop schema public cascade; create schema public');
    const at = example.isOnStandIn
      ? await makeReadings(target, '2.14.2', await standInByScript('2.14.2'))
      : now;
    if (example.setUp !== undefined) await admin.query(example.setUp);
    const kept = async () => [
      await catalogue(target),
      example.isOnStandIn && (await keptByStandIn(target)),
    ];
    const deeds = await drawnOf(target, [kind, example], at);
    const remains = async () =>
      example.remains === undefined ? [] : (await admin.query(example.remains)).rows;
    const [before, remaining] = [await kept(), await remains()];
    for (const deed of deeds) {
      expect((await standing(target, deed)).kind).toBe('unchanged');
      expect(await write(target, deed, { dryRun: true })).toEqual({ kind: 'written' });
      expect(await kept()).toEqual(before);
    }
    for (const deed of deeds) {
      expect(await write(target, deed)).toEqual({ kind: 'written' });
      expect(await standing(target, deed)).toEqual({ kind: 'reached' });
    }
    expect(await remains()).toEqual(remaining);
    if (!deeds.every((deed) => undoOfDeed(deed).kind === 'exact')) return;
    for (const deed of deeds.toReversed()) {
      expect(await write(target, undone(deed))).toEqual({ kind: 'written' });
      expect(await standing(target, undone(deed))).toEqual({ kind: 'reached' });
    }
    expect(await kept()).toEqual(before);
  });
});
