// Empties namespaces that are being deleted, says what they still wait for, and lets them go when nothing is left.

import { timestamp } from '../clock.ts';
import { customKinds } from '../custom/kinds.ts';
import { deleteObject } from '../deletion.ts';
import type { Json, JsonObject } from '../json.ts';
import { list, nameOf, object, objects, show } from '../json.ts';
import { namespace as namespaceResource } from '../resources/core.ts';
import { resources } from '../resources/registry.ts';
import type { Resource } from '../resources/resource.ts';
import type { ClusterState } from '../state.ts';
import { isLeaving, writeStatus } from './actor.ts';

const soon = {
  dryRun: false,
  propagation: undefined,
  uid: '',
  resourceVersion: '',
  graceSeconds: undefined,
} as const;

/** Kinds that live in namespaces, each in one of its versions. */
export function contentKinds(state: ClusterState): Resource[] {
  const byKind = new Map<string, Resource>();
  for (const kind of [...resources, ...customKinds(state.store)]) {
    if (kind.namespaced) byKind.set(`${kind.plural}.${kind.group}`, kind);
  }
  return [...byKind.values()];
}

/** What is left: how many objects of each kind, and held by which finalizers. */
interface Remains {
  readonly kinds: ReadonlyMap<string, number>;
  readonly finalizers: ReadonlyMap<string, number>;
}

function remainsOf(state: ClusterState, name: string): Remains {
  const kinds = new Map<string, number>();
  const finalizers = new Map<string, number>();
  for (const kind of contentKinds(state)) {
    const left = state.store.list(kind, name);
    if (left.length > 0) kinds.set(`${kind.plural}.${kind.group}`, left.length);
    for (const finalizer of left.flatMap((held) => list(held, 'metadata', 'finalizers'))) {
      finalizers.set(show(finalizer), (finalizers.get(show(finalizer)) ?? 0) + 1);
    }
  }
  return { kinds, finalizers };
}

const counted = (counts: ReadonlyMap<string, number>, verb: string) =>
  [...counts]
    .map(([name, count]) => `${name} ${verb} ${count} resource instances`)
    .toSorted()
    .join(', ');

type Told = readonly [type: string, isTrue: boolean, reason: string, message: string];

function toldOf({ kinds, finalizers }: Remains): Told[] {
  const failures: Told[] = [
    [
      'NamespaceDeletionDiscoveryFailure',
      false,
      'ResourcesDiscovered',
      'All resources successfully discovered',
    ],
    [
      'NamespaceDeletionGroupVersionParsingFailure',
      false,
      'ParsedGroupVersions',
      'All legacy kube types successfully parsed',
    ],
    [
      'NamespaceDeletionContentFailure',
      false,
      'ContentDeleted',
      'All content successfully deleted, may be waiting on finalization',
    ],
  ];
  const content: Told =
    kinds.size > 0
      ? [
          'NamespaceContentRemaining',
          true,
          'SomeResourcesRemain',
          `Some resources are remaining: ${counted(kinds, 'has')}`,
        ]
      : ['NamespaceContentRemaining', false, 'ContentRemoved', 'All content successfully removed'];
  const held: Told =
    finalizers.size > 0
      ? [
          'NamespaceFinalizersRemaining',
          true,
          'SomeFinalizersRemain',
          `Some content in the namespace has finalizers remaining: ${counted(finalizers, 'in')}`,
        ]
      : [
          'NamespaceFinalizersRemaining',
          false,
          'ContentHasNoFinalizers',
          'All content-preserving finalizers finished',
        ];
  return [...failures, content, held];
}

function tell(state: ClusterState, held: JsonObject, remains: Remains): void {
  const before = objects(held, 'status', 'conditions');
  const conditions = toldOf(remains).map(([type, isTrue, reason, message]): JsonObject => {
    const status = isTrue ? 'True' : 'False';
    const old = before.find((item) => item['type'] === type && item['status'] === status);
    const since: Json = old?.['lastTransitionTime'] ?? timestamp(state.clock.now());
    return { type, status, lastTransitionTime: since, reason, message };
  });
  writeStatus(state, namespaceResource, held, { ...object(held, 'status'), conditions });
}

/** One pass over the namespaces that are being deleted. */
export function emptyNamespaces(state: ClusterState): void {
  for (const held of state.store.list(namespaceResource)) {
    if (!isLeaving(held)) continue;
    const name = nameOf(held);
    for (const kind of contentKinds(state)) {
      for (const item of state.store.list(kind, name)) {
        if (!isLeaving(item)) deleteObject(state, kind, item, soon);
      }
    }
    const remains = remainsOf(state, name);
    const isEmpty = remains.kinds.size === 0 && list(held, 'metadata', 'finalizers').length === 0;
    if (isEmpty) state.store.remove(namespaceResource, '', name);
    else tell(state, held, remains);
  }
}
