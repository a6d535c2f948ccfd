// Compares what a conditional patch expects with the object as it is now: only the fields it writes and its guards count.

import { parseQuantity } from '../profile/quantity.ts';
import type { FieldValue, PatchChange, PatchField } from './change.ts';
import type { ClusterState, Comparison, SeenObject } from './compare.ts';
import { changedBy, whoWrote } from './field-owner.ts';
import type { ObjectRef } from './kinds.ts';
import { escaped, valueAt } from './pointer.ts';

/** Reached is judged by amount (1000m is 1); unchanged by text, because that is what the server tests. */
export function comparePatch(change: PatchChange, now: ClusterState): Comparison {
  const { kind, name } = change.object;
  const object = seenObjectOf(change.object, now);
  if (object === undefined) {
    return drifted(`${kind} ${name} is no longer there`);
  }
  if (now.vertical?.kind === 'seen' && change.fields.some(isAboutResources)) {
    return drifted(
      `vertical autoscaler ${now.vertical.name} (mode ${now.vertical.mode}) sets the requests of ${kind} ${name} now and would undo this`,
    );
  }
  const at = (pointer: string) => valueAt(object.value, pointer);
  const broken = change.guards.find(({ pointer, equals }) => !sameText(at(pointer), equals));
  if (broken !== undefined) {
    const who = changedBy(whoWrote(object, broken.pointer));
    return drifted(
      `${kind} ${name} has ${shownValue(at(broken.pointer))} at ${broken.pointer}, the plan saw ${shownValue(broken.equals)}${who}`,
    );
  }
  if (change.fields.every(({ pointer, after }) => sameAmount(at(pointer), after, pointer))) {
    return { kind: 'reached' };
  }
  const moved = change.fields.find(({ pointer, before }) => !sameText(at(pointer), before));
  if (moved === undefined) {
    return { kind: 'unchanged', resourceVersion: object.resourceVersion };
  }
  const who = changedBy(whoWrote(object, moved.pointer));
  return drifted(
    `${kind} ${name} has ${moved.what} ${shownValue(at(moved.pointer))}, the plan saw ${shownValue(moved.before)}${who}`,
  );
}

/** Who sets requests has no say in an environment or an annotation. */
function isAboutResources({ pointer }: PatchField): boolean {
  return pointer.includes('/resources');
}

/** Why a new template would not reach all pods now, in words; a scale goes on beside it. */
export function whyPaused({ kind, name, value }: SeenObject): string | undefined {
  if (valueAt(value, '/spec/paused') === true) {
    return `${kind} ${name} is paused: a new template would reach no pod before somebody resumes it`;
  }
  // Both are a StatefulSet's.
  if (valueAt(value, '/spec/updateStrategy/type') === 'OnDelete') {
    return `${kind} ${name} has the update strategy OnDelete: a new template would reach no pod before somebody deletes it`;
  }
  const partition = Number(valueAt(value, '/spec/updateStrategy/rollingUpdate/partition') ?? 0);
  return partition > 0
    ? `${kind} ${name} is updated from ordinal ${partition} on only (updateStrategy.rollingUpdate.partition): a new template would not reach the pods before it`
    : undefined;
}

/** The object among those that were looked at; undefined where it is not there. */
export function seenObjectOf(
  { kind, name }: Pick<ObjectRef, 'kind' | 'name'>,
  { objects }: Pick<ClusterState, 'objects'>,
): SeenObject | undefined {
  return objects.find((seen) => seen.kind === kind && seen.name === name);
}

/** A field's value for people: "750m", "cpu 750m, memory 2Gi", "not set". */
export function shownValue(value: unknown): string {
  if (value === undefined || value === null) return 'not set';
  if (typeof value === 'string') return value;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return value.map(shownValue).join('; ');
  return Object.entries(value)
    .map(([key, part]) => `${key} ${shownValue(part)}`)
    .join(', ');
}

function drifted(because: string): Comparison {
  return { kind: 'drifted', because };
}

function sameText(is: unknown, wanted: FieldValue | undefined): boolean {
  return same(is, wanted, (a, b) => a === b);
}

/** Whether two values mean the same where this pointer stands. */
export function sameAmount(is: unknown, wanted: FieldValue | undefined, pointer: string): boolean {
  return same(
    is,
    wanted,
    (a, b, at) => {
      if (a === b) return true;
      const amount = typeof a === 'string' && isQuantity(at) ? parseQuantity(a) : undefined;
      return amount !== undefined && typeof b === 'string' && amount === parseQuantity(b);
    },
    pointer,
  );
}

/** Only there do two texts mean the same: `1` and `1000m` are two versions of an image, and one amount of CPU. */
function isQuantity(pointer: string): boolean {
  return /\/(requests|limits|minAllowed|maxAllowed)\/[^/]+$|\/(averageValue|target\/value|storage|storage\/size)$/.test(
    pointer,
  );
}

function same(
  a: unknown,
  b: unknown,
  leaf: (a: unknown, b: unknown, pointer: string) => boolean,
  pointer = '',
): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return leaf(a, b, pointer);
  }
  const entries = Object.entries(a);
  return (
    entries.length === Object.keys(b).length &&
    entries.every(([key, part]) => {
      const below = `/${escaped(key)}`;
      return same(part, valueAt(b, below), leaf, `${pointer}${below}`);
    })
  );
}
