// Says whether a field that is written takes something away, so that the stricter rule counts also where something is put back.

import { parseQuantity } from '../profile/quantity.ts';
import type { PatchField } from './change.ts';
import { escaped } from './pointer.ts';

/**
 * A count or an amount that becomes smaller or goes, a limit that comes or falls, and more load a pod before an
 * autoscaler adds one. What a text such as a file says nobody can weigh.
 */
export function takesAway({ pointer, before, after }: PatchField): boolean {
  return isLess(before, after, pointer);
}

function isLess(before: unknown, after: unknown, pointer: string): boolean {
  if (isTree(before) || isTree(after)) {
    const [was, is] = [before, after].map((value) => (isTree(value) ? Object.entries(value) : []));
    const [old, now] = [new Map(was), new Map(is)];
    const keys = [...new Set([...old.keys(), ...now.keys()])];
    return keys.some((key) => isLess(old.get(key), now.get(key), `${pointer}/${escaped(key)}`));
  }
  const [was, is] = [amountOf(before), amountOf(after)];
  const isLimit = /\/limits\/[^/]+$/.test(pointer);
  if (before === undefined) return isLimit && is !== undefined;
  if (after === undefined) return !isLimit && was !== undefined;
  if (was === undefined || is === undefined) return false;
  return isTarget(pointer) ? is > was : is < was;
}

/** How much load an autoscaler gives to one pod. */
function isTarget(pointer: string): boolean {
  return /\/target\/(averageValue|averageUtilization|value)$/.test(pointer);
}

function isTree(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function amountOf(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  return typeof value === 'string' ? parseQuantity(value) : undefined;
}
