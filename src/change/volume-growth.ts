// Whether a volume that was asked to grow has grown: its claim says how large it is, and what it waits for.

import { parseQuantity } from '../profile/quantity.ts';
import type { PatchChange } from './change.ts';
import type { ClusterState } from './compare.ts';
import { seenObjectOf } from './compare-patch.ts';
import { valueAt } from './pointer.ts';

/** Where a claim says how much it wants, and where a Cluster of CloudNativePG does for the claims of its instances. */
export const storagePointers = {
  PersistentVolumeClaim: '/spec/resources/requests/storage',
  Cluster: '/spec/storage/size',
} as const;

export type VolumeGrowth =
  | { readonly kind: 'ready' }
  | { readonly kind: 'on-its-way'; readonly progress: string }
  | { readonly kind: 'failed'; readonly because: string };

type Growing = Pick<PatchChange, 'object' | 'fields'>;

function askedBy({ object, fields }: Growing): string | undefined {
  const { kind } = object;
  if (kind !== 'PersistentVolumeClaim' && kind !== 'Cluster') return undefined;
  const after = fields.find(({ pointer }) => pointer === storagePointers[kind])?.after;
  return typeof after === 'string' ? after : undefined;
}

/**
 * The claims that a change makes larger; none for any other change. `value` is its object: CloudNativePG names the claim
 * of each instance like the instance.
 */
export function claimsOf(change: Growing, value: unknown): readonly string[] {
  if (askedBy(change) === undefined) return [];
  if (change.object.kind === 'PersistentVolumeClaim') return [change.object.name];
  const names = valueAt(value, '/status/instanceNames');
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
}

/** How far the volumes are that a change makes larger; ready for any other change. */
export function growthOf(change: Growing, now: Pick<ClusterState, 'objects'>): VolumeGrowth {
  const asked = askedBy(change);
  if (asked === undefined) return { kind: 'ready' };
  const owner = seenObjectOf(change.object, now)?.value;
  const each = claimsOf(change, owner).map((name) => {
    const claim = seenObjectOf({ kind: 'PersistentVolumeClaim', name }, now)?.value;
    return claim === undefined ? growthUnseen(name, owner) : growthOfClaim(name, asked, claim);
  });
  return (
    each.find(({ kind }) => kind === 'failed') ??
    each.find(({ kind }) => kind === 'on-its-way') ?? { kind: 'ready' }
  );
}

/** A claim that we may not read: its operator tells which ones it is at, and nothing more. */
function growthUnseen(name: string, owner: unknown): VolumeGrowth {
  const resizing = valueAt(owner, '/status/resizingPVC');
  return Array.isArray(resizing) && resizing.includes(name)
    ? { kind: 'on-its-way', progress: `claim ${name} is being made larger` }
    : { kind: 'ready' };
}

/** How far one claim is from the size that it, or its operator, was asked for. */
export function growthOfClaim(name: string, asked: string, claim: unknown): VolumeGrowth {
  const capacity = valueAt(claim, '/status/capacity/storage');
  const [is, wanted] = [capacity, asked].map((size) =>
    typeof size === 'string' ? parseQuantity(size) : undefined,
  );
  if (is !== undefined && wanted !== undefined && is >= wanted) return { kind: 'ready' };
  const has = typeof capacity === 'string' ? capacity : 'no size yet';
  const sizes = `claim ${name} asked ${asked}, has ${has}`;
  const status = valueAt(claim, '/status/allocatedResourceStatuses/storage');
  const error =
    conditionOf(claim, 'ControllerResizeError') ?? conditionOf(claim, 'NodeResizeError');
  // The words before Kubernetes 1.31 end in Failed.
  if (typeof status === 'string' && /Resize(Infeasible|Failed)$/.test(status)) {
    const why = error === undefined ? status : `${status}: ${error}`;
    return {
      kind: 'failed',
      because: `${sizes}: its storage cannot grow it (${why}); kubectl describe pvc ${name} says more`,
    };
  }
  return { kind: 'on-its-way', progress: `${sizes}: ${waitsFor(claim, status, error)}` };
}

function waitsFor(claim: unknown, status: unknown, error: string | undefined): string {
  if (hasPendingFileSystem(claim) || status === 'NodeResizePending') {
    return 'file system resize is pending (FileSystemResizePending); if that stays so, the pod that uses it must be restarted, by a plan of its own or by hand';
  }
  if (error !== undefined) return `the last attempt failed and is made again (${error})`;
  return conditionOf(claim, 'Resizing') !== undefined || status !== undefined
    ? 'it is being made larger'
    : 'its storage has not begun yet';
}

/** A driver that cannot grow a file system in use leaves it as it is until the pod starts anew. */
function hasPendingFileSystem(claim: unknown): boolean {
  return conditionOf(claim, 'FileSystemResizePending') !== undefined;
}

/** What a condition that holds says; undefined when it does not hold. */
function conditionOf(claim: unknown, type: string): string | undefined {
  const conditions = valueAt(claim, '/status/conditions');
  if (!Array.isArray(conditions)) return undefined;
  const held = conditions.find(
    (each: unknown) => valueAt(each, '/type') === type && valueAt(each, '/status') === 'True',
  );
  if (held === undefined) return undefined;
  const message = valueAt(held, '/message');
  return typeof message === 'string' && message !== '' ? `${type}: ${message}` : type;
}
