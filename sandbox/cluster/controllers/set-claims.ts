// The claims of a StatefulSet: one of each template for each ordinal, kept when the pod goes.
import type { JsonObject } from '../json.ts';
import { clone, nameOf, namespaceOf, object, objects, text } from '../json.ts';
import { claim } from '../resources/storage.ts';
import type { ClusterState } from '../state.ts';
import { controllerManager } from './actor.ts';

/** Makes the claims a pod of a set needs, and lets its volumes name them. */
export function claimVolumes(
  state: ClusterState,
  set: JsonObject,
  ordinal: number,
  podSpec: JsonObject,
): void {
  const namespace = namespaceOf(set);
  const volumes = objects(set, 'spec', 'volumeClaimTemplates').map((template): JsonObject => {
    const volume = text(template, 'metadata', 'name');
    const claimName = `${volume}-${nameOf(set)}-${ordinal}`;
    if (state.store.get(claim, namespace, claimName) === undefined) {
      const metadata = {
        name: claimName,
        labels: {
          ...clone(object(template, 'metadata', 'labels')),
          ...clone(object(set, 'spec', 'selector', 'matchLabels')),
        },
      };
      const body = { metadata, spec: clone(object(template, 'spec')) };
      state.writer.create(claim, namespace, body, { manager: controllerManager });
    }
    return { name: volume, persistentVolumeClaim: { claimName } };
  });
  const names = new Set(volumes.map((item) => item['name']));
  const others = objects(podSpec, 'volumes').filter((item) => !names.has(item['name'] ?? null));
  podSpec['volumes'] = [...volumes, ...others];
}
