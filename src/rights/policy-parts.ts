// What several admission policies say: what stays of every object, which objects are named, and what is our own.

import { type ObjectKind, objectKinds } from '../change/kinds.ts';
import { planAnnotation } from '../change/plan-mark.ts';
import { isAmong } from './cel.ts';
import type { Stays } from './policy-documents.ts';
import type { WrittenObject } from './written-objects.ts';

/** The server moves these by itself. */
const serverFields = ['annotations', 'generation', 'managedFields', 'resourceVersion'] as const;

/** Of metadata only the plan's mark is written. */
export const metadataStays: readonly Stays[] = [
  {
    name: 'meta',
    path: ['metadata'],
    but: serverFields,
    message: 'Headroom may not change labels, owners or finalizers',
  },
  {
    name: 'annotations',
    path: ['metadata', 'annotations'],
    but: [planAnnotation],
    message: `Headroom may change no annotation but ${planAnnotation}`,
  },
];

/** Creations are applied, patches are not: a patch of somebody else's object leaves our annotation there as well. */
export const madeByUs =
  "has(oldObject.metadata.managedFields) && oldObject.metadata.managedFields.exists(m, m.manager == 'headroom' && m.operation == 'Apply')";

const key = "(request.resource.resource + '/' + request.namespace + '/' + request.name)";

/** CEL that holds for requests about one of these objects. */
export function among(written: readonly WrittenObject[]): string {
  const places = [
    ...new Set(written.map(({ kind, namespace }) => `${objectKinds[kind].plural}/${namespace}/`)),
  ].toSorted();
  const ways = places.flatMap((place) =>
    isAmong(
      key,
      place,
      written
        .filter(({ kind, namespace }) => `${objectKinds[kind].plural}/${namespace}/` === place)
        .map(({ name }) => name),
    ),
  );
  return ways.length === 0 ? 'false' : [...new Set(ways)].join(' || ');
}

/** Without keys all that the kind holds may differ. */
export function wholeStays(
  holds: string,
  plural: string,
  keys: readonly string[],
): readonly Stays[] {
  return [
    {
      name: 'whole',
      path: [],
      but: ['metadata', holds],
      message: `Headroom may change nothing of ${plural} but their ${holds}`,
    },
    ...(keys.length === 0
      ? []
      : [
          {
            name: holds,
            path: [holds],
            but: keys,
            message: `Headroom may change of ${plural} only ${keys.join(', ')}`,
          },
        ]),
  ];
}

/** The keys that procedures write of some objects. */
export function keysOf(written: readonly WrittenObject[]): readonly string[] {
  return [...new Set(written.flatMap(({ keys = [] }) => keys))].toSorted();
}

export const allKinds = Object.keys(objectKinds) as readonly ObjectKind[];
