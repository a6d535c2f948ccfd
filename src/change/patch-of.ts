// Makes the patch of an object from the fields it writes; whether pods are replaced follows from where those stand.

import type { PatchChange } from './change.ts';

type Patched = Pick<PatchChange, 'workload' | 'object' | 'fields' | 'guards'> &
  Partial<Pick<PatchChange, 'decrease' | 'undo'>>;

/** It rolls out when it changes the template of a workload's pods. (Default: no decrease, and exactly undone) */
export function patchOf({
  workload,
  object,
  fields,
  guards,
  decrease,
  undo,
}: Patched): PatchChange {
  const hasPods = object.kind === 'Deployment' || object.kind === 'StatefulSet';
  return {
    kind: 'patch',
    workload,
    object,
    fields,
    guards,
    rollout: hasPods && fields.some(({ pointer }) => pointer.startsWith('/spec/template')),
    decrease: decrease ?? false,
    floor: false,
    undo: undo ?? 'exact',
  };
}
