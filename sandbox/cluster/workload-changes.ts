// Tells how many pods of a workload are wished for and serve, for the load model.

import type { Json, JsonObject } from './json.ts';
import { namespaceOf, object, text } from './json.ts';
import type { Store } from './store.ts';

/** What the load model hears about: how many pods of a workload serve. */
export interface WorkloadChange {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly readyReplicas: number;
}

/** Calls back when the wished or serving pods of a workload change. Returns the way to stop. */
export function listenToWorkloads(
  store: Store,
  listener: (change: WorkloadChange) => void,
): () => void {
  return store.listen(({ resource, object: changed, before, type }) => {
    if (resource.kind !== 'Deployment' && resource.kind !== 'StatefulSet') return;
    const now = type === 'DELETED' ? [0, 0] : sizesOf(changed);
    const then = before === undefined ? undefined : sizesOf(before);
    if (then !== undefined && now[0] === then[0] && now[1] === then[1]) return;
    listener({
      kind: resource.kind,
      namespace: namespaceOf(changed),
      name: text(changed, 'metadata', 'name'),
      replicas: now[0] ?? 0,
      readyReplicas: now[1] ?? 0,
    });
  });
}

function sizesOf(held: JsonObject): readonly [number, number] {
  const number = (value: Json | undefined) => (typeof value === 'number' ? value : 0);
  return [
    number(object(held, 'spec')['replicas']),
    number(object(held, 'status')['readyReplicas']),
  ];
}
