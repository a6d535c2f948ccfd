// Which claims may grow: admission asks the class of the claim, also in dry runs.
import { object, text } from './json.ts';
import type { PendingWrite } from './pending-write.ts';
import { quantityNanos } from './quantity.ts';
import { byPlural } from './resources/resource.ts';
import { claim, storageClass } from './resources/storage.ts';
import { detailsOf, failure } from './status.ts';
import type { Store } from './store.ts';

const because =
  'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize';

/** Throws 403 for a claim that grows though its class does not allow it. */
export function refuseGrowth(store: Store, { resource, next, old, name }: PendingWrite): void {
  if (resource !== claim || next === undefined || old === undefined) return;
  const [size, before] = [next, old].map(
    (held) => quantityNanos(text(held, 'spec', 'resources', 'requests', 'storage')) ?? 0n,
  );
  if (size === undefined || before === undefined || size <= before) return;
  const className = text(old, 'spec', 'storageClassName');
  const found = className === '' ? undefined : store.get(storageClass, '', className);
  if (object(found)['allowVolumeExpansion'] === true) return;
  const subject = byPlural(claim, name);
  throw failure(
    403,
    'Forbidden',
    `${subject.kind} "${name}" is forbidden: ${because}`,
    detailsOf(subject),
  );
}
