// Which claims may grow: admission asks the class of the claim and the quotas, also in dry runs.
import { object, text } from './json.ts';
import type { PendingWrite } from './pending-write.ts';
import { quantityNanos } from './quantity.ts';
import { growthRefusal } from './quotas.ts';
import { byPlural } from './resources/resource.ts';
import { claim, storageClass } from './resources/storage.ts';
import type { ClusterState } from './state.ts';
import { detailsOf, failure } from './status.ts';

const noGrowth =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

/** Throws 403 for a claim that grows though its class or a quota does not allow it. */
export function refuseGrowth(
  state: ClusterState,
  { resource, next, old, name, namespace }: PendingWrite,
): void {
  if (resource !== claim || next === undefined || old === undefined) return;
  const [size, before] = [next, old].map(
    (held) => quantityNanos(text(held, 'spec', 'resources', 'requests', 'storage')) ?? 0n,
  );
  if (size === undefined || before === undefined || size <= before) return;
  const className = text(old, 'spec', 'storageClassName');
  const found = className === '' ? undefined : state.store.get(storageClass, '', className);
  const because =
    object(found)['allowVolumeExpansion'] === true
      ? growthRefusal(state, namespace, size - before)
      : noGrowth;
  if (because === undefined) return;
  const subject = byPlural(claim, name);
  throw failure(
    403,
    'Forbidden',
    `${subject.kind} "${name}" is forbidden: ${because}`,
    detailsOf(subject),
  );
}
