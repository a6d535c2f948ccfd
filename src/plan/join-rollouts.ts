// Makes one patch of several that change the same pods' template, so that every pod is replaced once and not once for each.

import type { Change, FieldValue, PatchChange, PatchField, PatchGuard } from '../change/change.ts';
import { objectKey } from '../change/kinds.ts';
import { withValueAt } from '../change/pointer.ts';

/**
 * The same changes with one template patch for each workload, where the last of its patches stood. Each must follow from
 * those before it, as `afterChange` has it. An autoscaler's patch that came after a template still comes after it.
 */
export function joinRollouts(changes: readonly Change[]): readonly Change[] {
  const last = new Map<string, number>();
  for (const [index, change] of changes.entries()) {
    if (isTemplate(change)) last.set(objectKey(change.object), index);
  }
  const joined: Change[] = [];
  const waiting = new Map<string, { patch: PatchChange; after: Change[] }>();
  for (const [index, change] of changes.entries()) {
    const held = waiting.get(workloadKey(change));
    if (!isTemplate(change)) {
      if (held !== undefined && isOfAutoscaler(change)) held.after.push(change);
      else joined.push(change);
      continue;
    }
    const patch = held === undefined ? change : both(held.patch, change);
    const after = held?.after ?? [];
    if (last.get(objectKey(change.object)) === index) {
      waiting.delete(workloadKey(change));
      joined.push(...(patch.fields.length === 0 ? [] : [patch]), ...after);
    } else {
      waiting.set(workloadKey(change), { patch, after });
    }
  }
  return joined;
}

function isTemplate(change: Change): change is PatchChange {
  return change.kind === 'patch' && change.rollout;
}

function isOfAutoscaler(change: Change): boolean {
  return change.kind === 'patch' && change.object.kind === 'HorizontalPodAutoscaler';
}

function workloadKey(change: Change): string {
  const { cluster, namespace, kind, name } =
    change.kind === 'patch' && change.rollout ? change.object : change.workload;
  return [cluster, namespace, kind, name].join('/');
}

/** One patch that does what the two do one after the other. */
function both(first: PatchChange, second: PatchChange): PatchChange {
  let fields: readonly PatchField[] = first.fields;
  for (const field of second.fields) fields = folded(fields, field);
  // What the first one writes cannot be tested before it is written.
  const guards = second.guards.filter(
    ({ pointer }) => !first.fields.some((written) => isWithin(pointer, written.pointer)),
  );
  return {
    ...first,
    fields: fields.filter(({ before, after }) => !sameValue(before, after)),
    guards: unique([...first.guards, ...guards]),
    decrease: first.decrease || second.decrease,
    undo: first.undo === second.undo ? first.undo : 'compensating',
  };
}

function folded(fields: readonly PatchField[], next: PatchField): readonly PatchField[] {
  const around = fields.find(({ pointer }) => isWithin(next.pointer, pointer));
  if (around !== undefined) {
    const inside = next.pointer.slice(around.pointer.length);
    const after = withValueAt(around.after, inside, next.after) as FieldValue | undefined;
    return fields.map((field) => (field === around ? withAfter(field, after) : field));
  }
  const inner = fields.filter(({ pointer }) => isWithin(pointer, next.pointer));
  if (inner.length === 0) return [...fields, next];
  // The later one replaces a whole of which the earlier ones wrote parts: it tests what was there before them.
  const before = inner.reduceRight<unknown>(
    (so, part) => withValueAt(so, part.pointer.slice(next.pointer.length), part.before),
    next.before,
  );
  const others = fields.filter((field) => !inner.includes(field));
  return [...others, { ...next, before: before as FieldValue }];
}

function withAfter(field: PatchField, after: FieldValue | undefined): PatchField {
  const { pointer, what, before, append } = field;
  return {
    pointer,
    what,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(append && { append }),
  };
}

function isWithin(pointer: string, outer: string): boolean {
  return pointer === outer || pointer.startsWith(`${outer}/`);
}

function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function unique(guards: readonly PatchGuard[]): readonly PatchGuard[] {
  return guards.filter(
    ({ pointer }, index) => guards.findIndex((other) => other.pointer === pointer) === index,
  );
}
