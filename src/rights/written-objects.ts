// Which objects the plans of a system may write: its workloads, what its procedures make and patch, each by its name.

import type { WorkloadRef } from '../change/change.ts';
import { isObjectKind, type ObjectKind } from '../change/kinds.ts';
import type { DatabasePlace, System } from '../plan/system.ts';
import type { Details, Procedure, Step } from '../profile/procedure.ts';
import type { Component } from '../profile/profile.ts';
import { type ObjectName, objectName } from './object-name.ts';
import { type Tier, tierOfKind } from './tiers.ts';

/** What is done to an object: its replicas through the scale subresource, a patch of its fields, or making it. */
export type Deed = 'scale' | 'patch' | 'make';

/** One kind of write to one object. */
export interface WrittenObject {
  readonly cluster: string;
  readonly namespace: string;
  readonly kind: ObjectKind;
  readonly name: ObjectName;
  readonly deed: Deed;
  readonly tier: Tier;
  /** Such as `procedure spot`. */
  readonly by: string;
  /** For `make`: a failed plan takes it away again. */
  readonly takenBack: boolean;
  /** The keys below `spec` or `data` that are written; undefined: those of its workload's own template. */
  readonly keys?: readonly string[];
}

type Place = Pick<WrittenObject, 'cluster' | 'namespace'>;
type Target = Place & {
  readonly kind: 'Deployment' | 'StatefulSet';
  readonly container: string;
  /** The name of the component's own workload. */
  readonly own: string;
  /** What the step calls the workload; it may have holes. */
  readonly text: string;
  readonly name: ObjectName;
  /** Whether plans set its replicas. */
  readonly scales: boolean;
};

/** Everything the commands and procedures of a system with a profile may write, each object and deed once. */
export function writtenObjects(system: System): readonly WrittenObject[] {
  const all = [
    ...byRestart(system),
    ...[...system.workloads].flatMap(([component, workload]) =>
      byCommand(workload, mayScale(workload.kind, system.profile.components.get(component))),
    ),
    ...[...system.profile.procedures.values()].flatMap((procedure) =>
      byProcedure(procedure, system),
    ),
  ];
  const seen = new Map<string, WrittenObject>();
  for (const each of all) {
    const { cluster, namespace, kind, name, deed } = each;
    const key = JSON.stringify([cluster, namespace, kind, name, deed]);
    const before = seen.get(key);
    seen.set(key, before === undefined ? each : joined(before, each));
  }
  return [...seen.values()];
}

function joined(one: WrittenObject, other: WrittenObject): WrittenObject {
  const keys = [...new Set([...(one.keys ?? []), ...(other.keys ?? [])])];
  return {
    ...one,
    takenBack: one.takenBack || other.takenBack,
    ...(keys.length > 0 && { keys }),
  };
}

/** What `/scale` may do to a workload: of a StatefulSet it only sets replicas, where they join those that are there. */
function byCommand(
  { cluster, namespace, kind, name }: WorkloadRef,
  scales: boolean,
): readonly WrittenObject[] {
  const object = { cluster, namespace, kind, name: known(name), by: '/scale', takenBack: false };
  return [
    ...(scales ? [{ ...object, deed: 'scale', tier: 'scale' } as const] : []),
    ...(kind === 'Deployment'
      ? [{ ...object, deed: 'patch', tier: tierOfKind[kind] } as const]
      : []),
  ];
}

/** What `/scale restart` writes: the pods of its servers anew, or settings by the operator that restarts them itself. */
function byRestart(system: System): readonly WrittenObject[] {
  return [...system.databases.values()].flatMap((place) => {
    const at = placeOf(place, system);
    if (place.restart === undefined || at === undefined) return [];
    const by = '/scale restart';
    const { statefulSet } = place.restart;
    return [
      ...operatedBy(place, at, 'postgresql').map((each) => ({ ...each, by })),
      ...(statefulSet === undefined || place.operated !== undefined
        ? []
        : [{ ...patched('StatefulSet', statefulSet, at), by }]),
    ];
  });
}

/** Where the objects of a database stand. */
function placeOf({ namespace }: DatabasePlace, { cluster, workloads }: System): Place | undefined {
  const [first] = workloads.values();
  return first && { cluster, namespace: namespace ?? first.namespace };
}

/** The Cluster of CloudNativePG that a database is, where it is one, with the key below `spec` that is written. */
function operatedBy({ operated }: DatabasePlace, at: Place, key: string): readonly Written[] {
  return operated === undefined ? [] : [{ ...patched('Cluster', operated, at), keys: [key] }];
}

function patched(kind: ObjectKind, name: string, { cluster, namespace }: Place): Written {
  return {
    cluster,
    namespace,
    kind,
    name: known(name),
    deed: 'patch',
    tier: tierOfKind[kind],
    takenBack: false,
  };
}

/** Another replica of a StatefulSet may be a second, empty primary: no plan sets the count of one that is not said to join. */
function mayScale(kind: Target['kind'], component: Component | undefined): boolean {
  return kind === 'Deployment' || component?.replicaAware === true;
}

function byProcedure(procedure: Procedure, system: System): readonly WrittenObject[] {
  const by = `procedure ${procedure.id}`;
  return procedure.steps.flatMap((step) =>
    writtenBy(step, system).map((each) => ({ ...each, by })),
  );
}

type Written = Omit<WrittenObject, 'by'>;

function writtenBy(step: Step, system: System): readonly Written[] {
  if (step.kind === 'check' || step.kind === 'wait' || step.kind === 'human') return [];
  if (step.kind === 'database') return byDatabase(step.details, system);
  const target = targetOf(step.details, system);
  if (target === undefined) return [];
  const { cluster, namespace, kind, name } = target;
  const workload = { cluster, namespace, kind, name, takenBack: false };
  switch (step.kind) {
    case 'scale':
      return target.scales ? [{ ...workload, deed: 'scale', tier: 'scale' }] : [];
    case 'pods':
    case 'env':
    case 'restart':
      return [{ ...workload, deed: 'patch', tier: tierOfKind[kind] }];
    case 'autoscaler':
      return byAutoscaler(step.details, target);
    case 'config':
      return [made('ConfigMap', step.details.name.text, target)];
    case 'storage':
      return [
        { ...named('PersistentVolumeClaim', step.details.claim.text, target), keys: ['resources'] },
        // A claim that an operator keeps grows by its Cluster.
        ...[...system.databases.values()].flatMap((each) => operatedBy(each, target, 'storage')),
      ];
    case 'apply':
      return byApply(step.details, target);
  }
}

/** The component's workload, or the one the step names in its place. */
function targetOf(
  {
    component,
    workload,
    cluster,
  }: Pick<Details<'restart'>, 'component'> &
    Partial<Pick<Details<'restart'>, 'workload' | 'cluster'>>,
  { workloads, profile }: System,
): Target | undefined {
  const own = workloads.get(component);
  if (own === undefined) return undefined;
  const { namespace, kind, name, container } = own;
  const called = objectName(workload?.text ?? name, { namespace, workload: name, container });
  const isOwn = called.kind === 'known' && called.name === name;
  return {
    // One that whoever asks names is not known here: the same roles are for there.
    cluster: cluster === undefined || cluster.names.length > 0 ? own.cluster : cluster.text,
    namespace,
    kind,
    container,
    own: name,
    text: workload?.text ?? name,
    name: called,
    scales: mayScale(kind, isOwn ? profile.components.get(component) : undefined),
  };
}

/** An autoscaler in place of another one is made; limits alone are moved where there is one. */
function byAutoscaler({ variant }: Details<'autoscaler'>, target: Target): readonly Written[] {
  if (variant === undefined) return [];
  return [made('HorizontalPodAutoscaler', variant, target)];
}

function byApply(
  { apiVersion, kind, name: { text }, fields, undo }: Details<'apply'>,
  target: Target,
): readonly Written[] {
  if (!isObjectKind(kind, apiVersion)) return [];
  const spec = fields['spec'];
  const keys = typeof spec === 'object' && spec !== null ? { keys: Object.keys(spec) } : {};
  const object = { ...named(kind, text, target), ...keys };
  // Whoever runs the component's own workload has made it; a plan only changes it.
  const isOwn =
    kind === target.kind && object.name.kind === 'known' && object.name.name === target.own;
  if (isOwn) return [object];
  const takenBack = undo === undefined ? !keepsWhatItHolds.has(kind) : undo === 'exact';
  return [{ ...object, deed: 'make', takenBack }];
}

/** Taking these back would lose what they hold, or what they have done: people do that. */
const keepsWhatItHolds: ReadonlySet<ObjectKind> = new Set([
  'Cluster',
  'Job',
  'PersistentVolumeClaim',
  'RedisCluster',
  'StatefulSet',
]);

/**
 * Poolers and maps of shards stand in the cluster, and an operator keeps settings and replicas there; all else is done in
 * the database itself, or by people.
 */
function byDatabase(
  { name, pooler, shards, settings, replicas }: Details<'database'>,
  system: System,
): readonly Written[] {
  const first = [...system.workloads.keys()][0];
  const target = first === undefined ? undefined : targetOf({ component: first }, system);
  const place = system.databases.get(name);
  const at = place && placeOf(place, system);
  if (pooler !== undefined && target !== undefined) {
    return poolerKinds.map((kind) => ({
      ...made(kind, poolerName, { ...target, ...at }),
      tier: 'database',
    }));
  }
  if (place !== undefined && at !== undefined) {
    if (settings !== undefined) return operatedBy(place, at, 'postgresql');
    if (replicas !== undefined) return operatedBy(place, at, 'instances');
  }
  const map = shards?.map;
  const reader = map === undefined ? undefined : targetOf({ component: map.component }, system);
  if (map === undefined || reader === undefined) return [];
  return [{ ...made('ConfigMap', map.config.text, reader), tier: 'database' }];
}

/** A set of its own, or the operator's where that keeps the database. */
const poolerKinds = [
  'ConfigMap',
  'Deployment',
  'Service',
  'PodDisruptionBudget',
  'Pooler',
] as const;
/** What all of them are called. */
const poolerName = 'pgbouncer';

function made(kind: ObjectKind, text: string, target: Target): Written {
  return { ...named(kind, text, target), deed: 'make', takenBack: true };
}

function named(
  kind: ObjectKind,
  text: string,
  { cluster, namespace, text: workload, container }: Target,
): Written {
  const name = objectName(text, { namespace, workload, container });
  return {
    cluster,
    namespace,
    kind,
    name,
    deed: 'patch',
    tier: tierOfKind[kind],
    takenBack: false,
  };
}

function known(name: string): ObjectName {
  return { kind: 'known', name };
}
