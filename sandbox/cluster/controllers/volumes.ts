// Binds claims to volumes, provisions and grows those whose class has a driver, and lets go what nothing uses.
import { timestamp } from '../clock.ts';
import type { JsonObject } from '../json.ts';
import { clone, equal, list, nameOf, namespaceOf, object, objects, text, uidOf } from '../json.ts';
import { quantityNanos } from '../quantity.ts';
import { pod } from '../resources/core.ts';
import { claim, storageClass, volume } from '../resources/storage.ts';
import type { ClusterState } from '../state.ts';
import { change, controllerManager, isLeaving, tellOnce, writeStatus } from './actor.ts';
import { growLater } from './volume-growth.ts';

/** A class with this provisioner has no driver: volumes are made by hand and never grow by themselves. */
const noProvisioner = 'kubernetes.io/no-provisioner';
const annotation = 'pv.kubernetes.io';

const sizeOf = (held: JsonObject, ...path: readonly string[]) =>
  quantityNanos(text(held, ...path, 'storage')) ?? 0n;
const classOf = (state: ClusterState, held: JsonObject) =>
  state.store.get(storageClass, '', text(held, 'spec', 'storageClassName'));
const driverOf = (state: ClusterState, held: JsonObject): string => {
  const provisioner = text(classOf(state, held), 'provisioner');
  return provisioner === noProvisioner ? '' : provisioner;
};

function usesClaim(held: JsonObject, name: string): boolean {
  return objects(held, 'spec', 'volumes').some(
    (item) => text(item, 'persistentVolumeClaim', 'claimName') === name,
  );
}

/** The pods that use a claim, finished ones left out. */
const usersOf = (state: ClusterState, held: JsonObject) =>
  state.store
    .list(pod, namespaceOf(held))
    .filter(
      (each) =>
        usesClaim(each, nameOf(held)) &&
        !['Succeeded', 'Failed'].includes(text(each, 'status', 'phase')),
    );

function fits(candidate: JsonObject, held: JsonObject): boolean {
  const reference = object(candidate, 'spec', 'claimRef');
  if (isLeaving(candidate) || text(candidate, 'status', 'phase') === 'Released') return false;
  if (text(reference, 'uid') !== '') return text(reference, 'uid') === uidOf(held);
  if (text(reference, 'name') !== '') {
    return (
      text(reference, 'name') === nameOf(held) && text(reference, 'namespace') === namespaceOf(held)
    );
  }
  return (
    text(candidate, 'spec', 'storageClassName') === text(held, 'spec', 'storageClassName') &&
    sizeOf(candidate, 'spec', 'capacity') >= sizeOf(held, 'spec', 'resources', 'requests') &&
    list(held, 'spec', 'accessModes').every((mode) =>
      list(candidate, 'spec', 'accessModes').includes(mode),
    )
  );
}

function setPhase(state: ClusterState, held: JsonObject, phase: string): void {
  if (text(held, 'status', 'phase') === phase) return;
  const lastPhaseTransitionTime = timestamp(state.clock.now());
  writeStatus(state, volume, held, { phase, lastPhaseTransitionTime });
}

function bind(state: ClusterState, held: JsonObject, found: JsonObject): void {
  const bound = change(state, volume, found, (copy) => {
    object(copy, 'spec')['claimRef'] = {
      kind: claim.kind,
      namespace: namespaceOf(held),
      name: nameOf(held),
      uid: uidOf(held),
      apiVersion: 'v1',
      resourceVersion: text(held, 'metadata', 'resourceVersion'),
    };
  });
  setPhase(state, bound, 'Bound');
  const named = change(state, claim, held, (copy) => {
    object(copy, 'spec')['volumeName'] = nameOf(found);
    const metadata = object(copy, 'metadata');
    metadata['annotations'] = {
      ...object(metadata, 'annotations'),
      [`${annotation}/bind-completed`]: 'yes',
      [`${annotation}/bound-by-controller`]: 'yes',
    };
  });
  writeStatus(state, claim, named, {
    phase: 'Bound',
    accessModes: clone(list(found, 'spec', 'accessModes')),
    capacity: clone(object(found, 'spec', 'capacity')),
  });
}

/** What the driver of a class does for a claim: a volume of exactly the size asked for. */
function provision(state: ClusterState, held: JsonObject, driver: string): JsonObject {
  const name = `pvc-${uidOf(held)}`;
  return state.writer.create(
    volume,
    '',
    {
      metadata: { name, annotations: { [`${annotation}/provisioned-by`]: driver } },
      spec: {
        capacity: clone(object(held, 'spec', 'resources', 'requests')),
        accessModes: clone(list(held, 'spec', 'accessModes')),
        storageClassName: text(held, 'spec', 'storageClassName'),
        persistentVolumeReclaimPolicy: text(classOf(state, held), 'reclaimPolicy') || 'Delete',
        csi: { driver, volumeHandle: name },
        claimRef: { namespace: namespaceOf(held), name: nameOf(held) },
      },
    },
    { manager: controllerManager },
  );
}

function say(state: ClusterState, held: JsonObject, reason: string, message: string): void {
  const type = reason === 'ProvisioningFailed' ? 'Warning' : 'Normal';
  const component =
    reason === 'ExternalExpanding' ? 'volume_expand' : 'persistentvolume-controller';
  tellOnce(state, claim, held, { type, reason, message, component });
}

function find(state: ClusterState, held: JsonObject): JsonObject | undefined {
  const wished = text(held, 'spec', 'volumeName');
  if (wished !== '') return state.store.get(volume, '', wished);
  const free = state.store.list(volume).filter((each) => fits(each, held));
  const reserved = free.find((each) => text(each, 'spec', 'claimRef', 'name') !== '');
  if (reserved !== undefined) return reserved;
  const smallest = free.toSorted((a, b) =>
    sizeOf(a, 'spec', 'capacity') < sizeOf(b, 'spec', 'capacity') ? -1 : 1,
  );
  return smallest[0];
}

function bindOrProvision(state: ClusterState, held: JsonObject): void {
  const found = find(state, held);
  if (found !== undefined) {
    bind(state, held, found);
    return;
  }
  const rules = classOf(state, held);
  if (rules === undefined) return;
  const waits = text(rules, 'volumeBindingMode') === 'WaitForFirstConsumer';
  if (waits && usersOf(state, held).length === 0) {
    const message = 'waiting for first consumer to be created before binding';
    say(state, held, 'WaitForFirstConsumer', message);
    return;
  }
  const driver = driverOf(state, held);
  if (driver !== '') bind(state, held, provision(state, held, driver));
  else {
    const message = `no volume plugin matched name: ${noProvisioner}`;
    say(state, held, 'ProvisioningFailed', message);
  }
}

/** The driver grows the volume; without one the claim waits. */
function grow(state: ClusterState, held: JsonObject): void {
  const wished = object(held, 'spec', 'resources', 'requests');
  if (sizeOf(held, 'spec', 'resources', 'requests') <= sizeOf(held, 'status', 'capacity')) return;
  if (driverOf(state, held) === '') {
    say(state, held, 'ExternalExpanding', 'waiting for an external controller to expand this PVC');
    return;
  }
  const how = text(classOf(state, held), 'parameters', 'expansion');
  const found = state.store.get(volume, '', text(held, 'spec', 'volumeName'));
  if (found !== undefined && how !== 'infeasible') {
    change(state, volume, found, (copy) => {
      object(copy, 'spec')['capacity'] = { ...object(copy, 'spec', 'capacity'), ...wished };
    });
  }
  if (how === 'at-pod-start' || how === 'infeasible') {
    growLater(state, held, { how, users: usersOf(state, held) });
    return;
  }
  const status = object(held, 'status');
  const capacity = { ...object(status, 'capacity'), ...wished };
  writeStatus(state, claim, held, { ...clone(status), capacity });
}

/** A claim that is to go does so when no pod uses it any more; its volume is kept or goes too. */
function letGo(state: ClusterState, held: JsonObject): void {
  const left = list(held, 'metadata', 'finalizers').filter((item) => item !== claim.protection);
  if (left.length > 0 || usersOf(state, held).length > 0) return;
  state.store.remove(claim, namespaceOf(held), nameOf(held));
}

function syncVolume(state: ClusterState, held: JsonObject): void {
  const reference = object(held, 'spec', 'claimRef');
  const owner = state.store.get(claim, text(reference, 'namespace'), text(reference, 'name'));
  const uid = text(reference, 'uid');
  const isHeld = owner !== undefined && uid !== '' && uidOf(owner) === uid;
  if (isHeld) return;
  const reclaims = text(held, 'spec', 'persistentVolumeReclaimPolicy') === 'Delete';
  const onlyProtection = equal(list(held, 'metadata', 'finalizers'), [volume.protection ?? '']);
  if ((isLeaving(held) && onlyProtection) || (uid !== '' && reclaims)) {
    state.store.remove(volume, '', nameOf(held));
  } else setPhase(state, held, uid === '' ? 'Available' : 'Released');
}

/** One pass over all claims and volumes. */
export function syncVolumes(state: ClusterState): void {
  for (const held of state.store.list(claim)) {
    if (isLeaving(held)) letGo(state, held);
    else if (text(held, 'status', 'phase') === 'Bound') grow(state, held);
    else bindOrProvision(state, held);
  }
  for (const held of state.store.list(volume)) syncVolume(state, held);
}
