// Changes of one object that follow each other: what a later one would be if it were made now, so that a server can check it.

import type {
  AutoscalerChange,
  Change,
  ClusterChange,
  FieldValue,
  PatchChange,
  SqlChange,
} from './change.ts';
import { type ClusterState, compareChange, type State } from './compare.ts';
import { seenObjectOf } from './compare-patch.ts';
import { objectKey } from './kinds.ts';
import { valueAt } from './pointer.ts';
import { writtenFields } from './written-fields.ts';
import { writtenObject } from './written-object.ts';

/** Whether an earlier change of the plan writes what this one expects; then nothing of it can be found drifted before. */
export function buildsOn(change: Change, earlier: readonly Change[]): boolean {
  // Which deeds of a database stand on each other is nothing that a general rule could say.
  if (change.kind === 'sql') {
    return earlier.some((other) => other.kind === 'sql' && mayStandOn(change, other));
  }
  const own = fieldsOf(change);
  const object = objectKey(writtenObject(change));
  return earlier.some(
    (other) =>
      other.kind !== 'sql' &&
      objectKey(writtenObject(other)) === object &&
      fieldsOf(other).some((field) => own.some((mine) => isWithin(mine, field))),
  );
}

/** A setting of a server, which each standby has for itself, stands on itself alone. */
function mayStandOn({ database, deed }: SqlChange, earlier: SqlChange): boolean {
  if (database.server !== earlier.database.server) return false;
  if (deed.deed !== 'setting') return true;
  const isSame = earlier.deed.deed === 'setting' && earlier.deed.name === deed.name;
  return isSame && earlier.database.standby === database.standby;
}

function isWithin(one: string, other: string): boolean {
  return one === other || one.startsWith(`${other}/`) || other.startsWith(`${one}/`);
}

/** The pointers a change expects something at, and writes; a creation writes all of its object. */
function fieldsOf(change: ClusterChange): readonly string[] {
  if (change.kind === 'create') return [''];
  const guards = change.kind === 'patch' ? change.guards : [];
  return [...writtenFields(change).fields, ...guards].map(({ pointer }) => pointer);
}

/** The same change with the values of now as those before; undefined where what it stands on is not there yet. */
export function fromNow(change: Change, now: State): Change | undefined {
  switch (change.kind) {
    case 'scale':
      return now.workload && { ...change, before: { replicas: now.workload.replicas } };
    case 'autoscaler':
      return autoscalerFromNow(change, now);
    case 'patch':
      return patchFromNow(change, now);
    case 'create':
      return change;
    case 'sql':
      return compareChange(change, now).kind === 'unchanged' ? change : undefined;
  }
}

function autoscalerFromNow(
  change: AutoscalerChange,
  { autoscaler }: ClusterState,
): AutoscalerChange | undefined {
  // How a ScaledObject states its limits now is not told here.
  if (autoscaler?.name !== change.autoscaler.name || change.scaledObject !== undefined) {
    return undefined;
  }
  const { minReplicas, maxReplicas } = autoscaler;
  return { ...change, before: { minReplicas, maxReplicas } };
}

function patchFromNow(change: PatchChange, now: ClusterState): PatchChange | undefined {
  const seen = seenObjectOf(change.object, now);
  if (seen === undefined) return undefined;
  const parentOf = (pointer: string) => pointer.slice(0, pointer.lastIndexOf('/'));
  const isThere = change.fields.every(
    ({ pointer, append }) =>
      append !== true && valueAt(seen.value, parentOf(pointer)) !== undefined,
  );
  if (!isThere) return undefined;
  const fields = change.fields.map(({ before: _before, ...field }) => {
    const is = valueAt(seen.value, field.pointer) as FieldValue | undefined;
    return is === undefined ? field : { ...field, before: is };
  });
  return { ...change, fields, guards: [] };
}
