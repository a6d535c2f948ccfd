// Judges a plan that leaves a database fewer servers: never the last replica, the primary, or one that commits wait for.

import { valueAt } from '../change/pointer.ts';
import type { StandbyNow } from '../database/health.ts';
import type { ReplicationNow } from '../database/replica-look.ts';
import { afterChange } from './after-change.ts';
import type { PlanCheck } from './plan-check.ts';
import type { WorkloadChanges } from './plan-pods.ts';
import type { System } from './system.ts';

/** Servers of a database of which fewer are left. */
export interface FewerServers {
  /** As procedures name it; absent where headroom.yaml names none. */
  readonly database?: string;
  /** "StatefulSet postgres". */
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** The pods that go; of a Cluster the operator chooses. */
  readonly going?: readonly string[];
}

/** What the plan takes away of the servers that the system's databases have. */
export function fewerServers(
  workloads: readonly WorkloadChanges[],
  system: System,
): readonly FewerServers[] {
  return workloads.flatMap((each) => [...ofStatefulSet(each, system), ...ofCluster(each, system)]);
}

/** Kubernetes takes the pods with the highest ordinals. */
function ofStatefulSet(
  { workload, changes, state }: WorkloadChanges,
  system: System,
): readonly FewerServers[] {
  const { kind, namespace, name } = workload;
  const before = state.workload?.replicas ?? 0;
  if (kind !== 'StatefulSet' || before === 0) return [];
  const [first] = system.workloads.values();
  const found = [...system.databases].find(
    ([, place]) =>
      place.restart?.statefulSet === name && (place.namespace ?? first?.namespace) === namespace,
  )?.[0];
  const own = system.workloads.get(system.profile.database?.component ?? '');
  const isOwn = own?.kind === kind && own.name === name && own.namespace === namespace;
  if (found === undefined && !isOwn) return [];
  // An autoscaler whose minimum is lowered goes down to it when it likes.
  const minima = changes.flatMap((change) =>
    change.kind === 'autoscaler' && change.after.minReplicas < change.before.minReplicas
      ? [change.after.minReplicas]
      : [],
  );
  const left = changes.reduce(afterChange, state);
  const after = Math.min(left.workload?.replicas ?? before, ...minima);
  if (after >= before) return [];
  const seen = state.objects.find((each) => each.kind === kind && each.name === name);
  const start = Number(valueAt(seen?.value, '/spec/ordinals/start') ?? 0);
  const going = Array.from({ length: before - after }, (_, i) => `${name}-${start + after + i}`);
  const [only, ...others] = system.databases.keys();
  const usual = others.length === 0 ? only : system.databases.has('main') ? 'main' : undefined;
  const database = found ?? usual;
  const counts = { before, after };
  return [
    { ...(database !== undefined && { database }), name: `${kind} ${name}`, ...counts, going },
  ];
}

function ofCluster({ changes }: WorkloadChanges, system: System): readonly FewerServers[] {
  return changes.flatMap((change) => {
    if (change.kind !== 'patch' || change.object.kind !== 'Cluster') return [];
    const { name } = change.object;
    const instances = change.fields.find(({ pointer }) => pointer === '/spec/instances');
    const [before, after] = [Number(instances?.before ?? 1), Number(instances?.after)];
    if (!(after < before)) return [];
    const database = [...system.databases].find(([, { operated }]) => operated === name)?.[0];
    return [
      { ...(database !== undefined && { database }), name: `Cluster ${name}`, before, after },
    ];
  });
}

/** By what the primary says of its standbys; without that, what holds all the same. */
export function judgeFewer(
  fewer: FewerServers,
  now: ReplicationNow | { readonly because: string },
): PlanCheck {
  const { name, after } = fewer;
  if (after < 2) {
    const left = after === 1 ? 'be left with its primary alone' : 'be left with no server';
    return check(
      'refused',
      `${name} would ${left}: the last replica of a database is never taken away`,
    );
  }
  if ('because' in now)
    return check('unknown', `${unknownWords(fewer)} (${now.because})${holds(fewer)}`);
  return fewer.going === undefined ? judgeOperated(fewer, now) : judgePods(fewer, fewer.going, now);
}

function judgeOperated(
  { name, before, after }: FewerServers,
  { needed, standbys }: ReplicationNow,
) {
  const streaming = namesOf(standbys.filter(streams)).size;
  const waits = `commits wait for ${needed} of ${streaming} standbys that stream now`;
  // The operator may take those that stream, whatever becomes of the others.
  const left = Math.min(after - 1, streaming - (before - after));
  if (left < 1 || (needed > 0 && left <= needed)) {
    return check(
      'refused',
      `${name} would be left with ${Math.max(0, left)} replicas that stream, and ${waits}: the operator may take one that they wait for, or the last`,
    );
  }
  return check('ok', `${name}: the operator takes a replica away, and ${waits}`);
}

function judgePods(
  fewer: FewerServers,
  going: readonly string[],
  { needed, standbys }: ReplicationNow,
): PlanCheck {
  const set = fewer.name.slice(fewer.name.indexOf(' ') + 1);
  const pods = standbys.filter((each) => podOf(set, each.name));
  if (pods.length === 0) {
    const called = standbys.map((each) => each.name).join(', ') || 'none';
    const why = `no standby has the name of a pod as its application_name: ${called}`;
    return check('unknown', `${unknownWords(fewer)} (${why})${holds(fewer)}`);
  }
  for (const pod of going) {
    const own = pods.filter((each) => each.name === pod);
    if (own.length === 0) {
      const others = pods.map((each) => each.name).join(', ');
      return check(
        'refused',
        `${fewer.name} would lose pod ${pod}, which is none of the standbys of the primary (${others}): it is the primary itself, or nobody knows what it is`,
      );
    }
    if (own.some(({ sync }) => sync === 'sync')) {
      return check(
        'refused',
        `${fewer.name} would lose pod ${pod}, the synchronous standby that commits wait for`,
      );
    }
    if (own.some(({ sync }) => sync === undefined)) {
      const why = `the user of the connection may not see whether ${pod} is synchronous`;
      return check('unknown', `${unknownWords(fewer)} (${why})${holds(fewer)}`);
    }
  }
  const staying = standbys.filter((each) => !going.includes(each.name) && streams(each));
  const stay = namesOf(staying.filter(({ sync }) => sync !== undefined && sync !== 'async')).size;
  if (stay < needed) {
    return check(
      'refused',
      `${fewer.name} would lose ${going.join(', ')}, and of the ${needed} standbys that commits wait for ${stay} would stay`,
    );
  }
  if (staying.length === 0) {
    return check(
      'refused',
      `${fewer.name} would lose ${going.join(', ')}, and no standby that streams would stay`,
    );
  }
  return check(
    'ok',
    `${fewer.name}: ${going.join(', ')} may go: commits wait for others, or for none`,
  );
}

/** One that still catches up is no server to fall back on, and no commit can wait for it. */
function streams({ state }: StandbyNow): boolean {
  return state === 'streaming';
}

/** The connection of before is shown beside the new one until the primary has given it up. */
function namesOf(standbys: readonly StandbyNow[]): ReadonlySet<string> {
  return new Set(standbys.map(({ name }) => name));
}

function podOf(set: string, application: string): boolean {
  const ordinal = application.startsWith(`${set}-`) ? application.slice(set.length + 1) : '';
  return /^\d+$/.test(ordinal);
}

function unknownWords({ name }: FewerServers): string {
  return `which replica of ${name} is the primary, or one that commits wait for, is not known`;
}

function holds({ name, going, after }: FewerServers): string {
  if (going === undefined) return `: only what ${name} itself says of synchronous replicas counted`;
  return `: ${going.join(', ')} will go, the highest ordinals, and ${after} servers stay; see in pg_stat_replication on the primary that they may`;
}

function check(result: PlanCheck['result'], text: string): PlanCheck {
  return { kind: 'replicas', result, text };
}
