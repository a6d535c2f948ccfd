// Turns a wanted size of a volume into a change of its claim, or of the operator's object that keeps it.

import type { SeenObject } from '../change/compare.ts';
import { patchOf } from '../change/patch-of.ts';
import { valueAt } from '../change/pointer.ts';
import { growthOfClaim, storagePointers, type VolumeGrowth } from '../change/volume-growth.ts';
import { canonicalMemory, parseMemoryMi } from '../profile/quantity.ts';
import type { StepChange } from '../sizing/planned-step.ts';
import { operatorNow } from './operator-at-rest.ts';
import {
  alreadyThere,
  ownerOf,
  refIn,
  refused,
  type StepChanges,
  type StepFacts,
  seenIn,
} from './step-facts.ts';

/** The size of a volume, which can only grow. */
export function storageChanges(
  { claim, gib }: Extract<StepChange, { readonly kind: 'storage' }>,
  facts: StepFacts,
): StepChanges {
  const { workload, mayGrow } = facts;
  const object = refIn(facts, 'PersistentVolumeClaim', claim);
  const seen = seenIn(facts, object.kind, claim);
  if (seen === undefined) {
    return refused(
      `there is no PersistentVolumeClaim ${claim} in namespace ${object.namespace} of cluster ${object.cluster}`,
    );
  }
  const owner = ownerOf(seen, 'Cluster');
  if (owner !== undefined && mayGrow !== false) {
    return operatedVolume({ seen, owner, gib }, facts);
  }
  const pointer = storagePointers.PersistentVolumeClaim;
  const before = valueAt(seen.value, pointer);
  const mi = typeof before === 'string' ? parseMemoryMi(before) : undefined;
  if (typeof before !== 'string' || mi === undefined) {
    return refused(`claim ${claim} does not say how large it is`);
  }
  if (gib * 1024 <= mi) {
    return enough(`claim ${claim} has ${before} already, and a volume never shrinks`, before, seen);
  }
  if (mayGrow === false) {
    return refused(whyNotGrow(claim, valueAt(seen.value, '/spec/storageClassName')));
  }
  const earlier = earlierGrowth(before, seen);
  if (earlier.kind === 'failed') return refused(earlier.because);
  const field = { pointer, what: 'size', before, after: canonicalMemory(gib * 1024) };
  return {
    kind: 'changes',
    changes: [patchOf({ workload, object, fields: [field], guards: [], undo: 'none' })],
    notes: [
      ...(mayGrow === undefined
        ? [`Whether the storage class of claim ${claim} lets it grow is not known.`]
        : []),
      ...(earlier.kind === 'on-its-way' ? [`Of an earlier growth, ${earlier.progress}.`] : []),
      ...templateNotes(claim, facts),
    ],
  };
}

/** How CloudNativePG labels the claims that `spec.storage` is about; those of its WAL and tablespaces have their own. */
const dataRole = 'PG_DATA';

/** CloudNativePG grows the claims of all its instances to what its Cluster says, and nothing else may write them. */
function operatedVolume(
  { seen, owner, gib }: { readonly seen: SeenObject; readonly owner: string; readonly gib: number },
  facts: StepFacts,
): StepChanges {
  const { name: claim } = seen;
  const holds = valueAt(seen.value, '/metadata/labels/cnpg.io~1pvcRole') ?? dataRole;
  if (holds !== dataRole) {
    const where = holds === 'PG_WAL' ? 'spec.walStorage.size' : 'spec.tablespaces';
    return refused(
      `claim ${claim} is none of the data of Cluster ${owner}, and only that grows by a plan: change ${where} there`,
    );
  }
  const cluster = seenIn(facts, 'Cluster', owner);
  if (cluster === undefined) {
    return refused(
      `claim ${claim} belongs to Cluster ${owner} of CloudNativePG, which keeps its size: name it under databases in headroom.yaml (cnpg), or change spec.storage.size there`,
    );
  }
  const now = operatorNow(cluster);
  if (now.because !== undefined) return refused(now.because);
  const pointer = storagePointers.Cluster;
  const before = valueAt(cluster.value, pointer);
  const mi = typeof before === 'string' ? parseMemoryMi(before) : undefined;
  if (typeof before !== 'string' || mi === undefined) {
    return refused(`Cluster ${owner} does not say how large its volumes are`);
  }
  if (gib * 1024 <= mi) {
    const words = `Cluster ${owner} has volumes of ${before} already, and they never shrink`;
    return enough(words, before, seen);
  }
  if (valueAt(cluster.value, '/spec/storage/resizeInUseVolumes') === false) {
    return refused(
      `Cluster ${owner} does not grow volumes in use (spec.storage.resizeInUseVolumes): its instances would have to be made anew one after the other`,
    );
  }
  const object = refIn(facts, 'Cluster', owner);
  const field = { pointer, what: 'size', before, after: canonicalMemory(gib * 1024) };
  return {
    kind: 'changes',
    changes: [
      patchOf({ workload: facts.workload, object, fields: [field], guards: [], undo: 'none' }),
    ],
    notes: [`CloudNativePG grows the volumes of all instances of Cluster ${owner}.`, ...now.notes],
  };
}

/** What became of the growth that a claim was asked for before; one without a size yet was never asked. */
function earlierGrowth(asked: string, { name, value }: SeenObject): VolumeGrowth {
  const isBound = valueAt(value, '/status/capacity/storage') !== undefined;
  return isBound ? growthOfClaim(name, asked, value) : { kind: 'ready' };
}

/** Nothing to ask for any more; what was asked for may still be on its way, or never come. */
function enough(words: string, asked: string, claim: SeenObject): StepChanges {
  const earlier = earlierGrowth(asked, claim);
  switch (earlier.kind) {
    case 'ready':
      return alreadyThere(words);
    case 'on-its-way':
      return alreadyThere(earlier.progress);
    case 'failed':
      return refused(earlier.because);
  }
}

function whyNotGrow(claim: string, storageClass: unknown): string {
  return typeof storageClass === 'string' && storageClass !== ''
    ? `storage class ${storageClass} of claim ${claim} does not let volumes grow: set allowVolumeExpansion there if its driver can, else move the data to a larger volume by hand`
    : `the volume of claim ${claim} was made by hand, without a storage class that could grow it (allowVolumeExpansion): move the data to a larger one by hand`;
}

/** What a StatefulSet makes its claims from cannot be changed in place. */
function templateNotes(claim: string, facts: StepFacts): readonly string[] {
  const { workload } = facts;
  const seen = seenIn(facts, workload.kind, workload.name);
  const templates = valueAt(seen?.value, '/spec/volumeClaimTemplates');
  if (!Array.isArray(templates)) return [];
  const names = templates.map((template: unknown) => String(valueAt(template, '/metadata/name')));
  const own = names.find((name) => claim.startsWith(`${name}-${workload.name}-`));
  return own === undefined
    ? []
    : [
        `Template ${own} of StatefulSet ${workload.name} keeps its size: the volume of a new pod would be smaller until the StatefulSet is made anew.`,
      ];
}
