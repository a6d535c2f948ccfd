// What the card of a plan promises of each object, and what the cluster holds in the end: compared by nothing the product compares with.

import type { Cluster } from '../../sandbox/cluster/server.ts';
import type { Change, ClusterChange } from '../../src/change/change.ts';
import { escaped, valueAt } from '../../src/change/pointer.ts';

interface Place {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  /** A JSON Pointer into the object. */
  readonly pointer: string;
}

/** A value at its place; undefined where nothing stands. */
interface Promised extends Place {
  readonly value: unknown;
}

/** In words, the values that are not what was promised; where two changes write one field, the later one promises. */
export function brokenPromises(
  changes: readonly Change[],
  { control }: Cluster,
): readonly string[] {
  const promises = new Map(
    changes
      .filter((change) => change.kind !== 'sql')
      .flatMap(promisedBy)
      .map((each) => [JSON.stringify({ ...each, value: 0 }), each]),
  );
  return [...promises.values()].flatMap(({ kind, namespace, name, pointer, value }) => {
    const held = valueAt(control.get(kind, namespace, name), pointer);
    if (JSON.stringify(held) === JSON.stringify(value)) return [];
    return `${kind} ${name} ${pointer}: ${JSON.stringify(held)} in place of ${JSON.stringify(value)}`;
  });
}

function promisedBy(change: ClusterChange): readonly Promised[] {
  switch (change.kind) {
    case 'scale':
      return [
        { ...placeOf(change.workload), pointer: '/spec/replicas', value: change.after.replicas },
      ];
    case 'autoscaler': {
      const { autoscaler, after } = change;
      const place = { ...placeOf(autoscaler), kind: 'HorizontalPodAutoscaler' };
      return leaves(after, '/spec').map((leaf) => ({ ...place, ...leaf }));
    }
    case 'patch':
      return change.fields.flatMap(({ pointer, after }) =>
        leaves(after, pointer).map((leaf) => ({ ...placeOf(change.object), ...leaf })),
      );
    case 'create':
      return leaves(change.fields, '').map((leaf) => ({ ...placeOf(change.object), ...leaf }));
  }
}

function placeOf({
  namespace,
  name,
  kind = '',
}: Omit<Place, 'pointer' | 'kind'> & { readonly kind?: string }) {
  return { kind, namespace, name };
}

/** Every single value below, so that what a server adds beside them is no matter. */
function leaves(
  value: unknown,
  pointer: string,
): readonly { readonly pointer: string; readonly value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ pointer, value }];
  return Object.entries(value).flatMap(([key, each]) => leaves(each, `${pointer}/${escaped(key)}`));
}
