// What holds for every kind that plans may write: checked, made, changed, put back and taken away, each on a condition.

import { describe, expect, it, type TestContext } from 'vitest';
import { removalOf, undoOf } from '../../src/change/change.ts';
import { clusterWrite } from '../../src/change/cluster-write.ts';
import type { SeenObject } from '../../src/change/compare.ts';
import { type ObjectKind, type ObjectRef, objectKinds } from '../../src/change/kinds.ts';
import { planAnnotationPointer } from '../../src/change/plan-mark.ts';
import { valueAt } from '../../src/change/pointer.ts';
import { ownedBeyond } from './owned-fields.ts';
import type { Place } from './place.ts';
import { sampleOf } from './samples.ts';
import {
  carryOut,
  changing,
  making,
  planId,
  refusal,
  send,
  standingOf,
  workloadOf,
} from './writing.ts';

const kinds = Object.keys(objectKinds) as ObjectKind[];

/** Cases for each kind; what is not served is skipped, with a word. */
export function everyKind(lend: () => Place): void {
  const within = (kind: ObjectKind, { skip }: Pick<TestContext, 'skip'>): Place => {
    const place = lend();
    skip(!place.served.has(kind), `${objectKinds[kind].plural} are not served there`);
    return place;
  };
  const sample = (place: Place, kind: ObjectKind, what: string) => {
    const name = `${kind.toLowerCase().slice(0, 12)}-${what}`;
    const { fields, change } = sampleOf(kind, name);
    const object = place.ref(kind, name);
    return { object, fields, make: making(place, { kind, name, fields }), change };
  };

  describe.each(kinds)('a %s', (kind) => {
    it('is made as asked, after a dry run that made nothing, and no other field is ours', async (context) => {
      const place = within(kind, context);
      const { object, fields, make } = sample(place, kind, 'made');
      expect(await send(place, make, { dryRun: true })).toEqual({ kind: 'written' });
      expect(await place.clusters.read(object)).toBeUndefined();
      await carryOut(place, make);
      const seen = await readThere(place, object);
      expect(valueAt(seen.value, planAnnotationPointer)).toBe(planId);
      const annotations = { 'headroom/plan': planId };
      expect(ownedBeyond(seen, { metadata: { annotations }, ...fields })).toEqual([]);
      // Asked once more, after an interruption, it stays as it is.
      expect(await send(place, make)).toEqual({ kind: 'written' });
      expect(holds(await readThere(place, object))).toEqual(holds(seen));
    });

    it('is changed on the condition that nothing moved, and put back as it was', async (context) => {
      const place = within(kind, context);
      const { object, make, change: fields } = sample(place, kind, 'changed');
      await carryOut(place, make);
      const before = holds(await readThere(place, object));
      const change = changing(object, fields);

      expect(await send(place, change, { dryRun: true })).toEqual({ kind: 'written' });
      expect(holds(await readThere(place, object))).toEqual(before);
      const last = fields.length - 1;
      const wrong = fields.map((field, index) =>
        index === last ? { ...field, before: 'not what is there' } : field,
      );
      expect(refusal(await send(place, changing(object, wrong)))).toMatch(/^changing /);
      expect(holds(await readThere(place, object))).toEqual(before);

      await carryOut(place, change);
      expect(holds(await readThere(place, object))).not.toEqual(before);
      refusal(await send(place, change));
      await carryOut(place, undoOf(change));
      expect(holds(await readThere(place, object))).toEqual(before);
    });

    it('is taken away in the version that was looked at, and in no other', async (context) => {
      const place = within(kind, context);
      const { object, make, change } = sample(place, kind, 'gone');
      await carryOut(place, make);
      const old = (await readThere(place, object)).resourceVersion;
      await carryOut(place, changing(object, change));
      const removal = removalOf(make, planId);
      const stale = clusterWrite(removal, old);
      expect(refusal(await place.clusters.write(stale, { dryRun: false }))).toMatch(/^removing /);
      expect(await standingOf(place, removal)).toBe('unchanged');
      expect(await standingOf(place, removalOf(make, 'p-another'))).toBe('drifted');
      await place.until(`${kind} ${object.name} to go`, async () => {
        await send(place, removal);
        return (await standingOf(place, removal)) === 'reached' ? true : undefined;
      });
    });

    it('that is not there is absent when read, and its change is refused', async (context) => {
      const place = within(kind, context);
      const { object, change } = sample(place, kind, 'absent');
      expect(await place.clusters.read(object)).toBeUndefined();
      const write = clusterWrite(changing(object, change), '');
      const because = refusal(await place.clusters.write(write, { dryRun: false }));
      expect(because).toContain(`"${object.name}" not found`);
    });
  });

  it('an object of another namespace is not in reach of this one', async () => {
    const place = lend();
    const elsewhere = { ...workloadOf(place, 'web'), namespace: `${place.namespace}-not` };
    expect(await place.clusters.observe(elsewhere)).toMatchObject({ workload: undefined });
  });
}

async function readThere(place: Place, object: ObjectRef): Promise<SeenObject> {
  const seen = await place.clusters.read(object);
  if (seen === undefined) throw new Error(`${object.kind} ${object.name} is not there`);
  return seen;
}

/** What plans write of an object. Annotations are left out: controllers leave their own, and a mark stays. */
function holds({ value }: SeenObject): unknown {
  return ['/spec', '/data', '/metadata/labels'].map((pointer) => valueAt(value, pointer));
}
