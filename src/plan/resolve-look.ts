// Puts names and addresses into what a step of a procedure looks at; what Headroom cannot look at is left to a person.

import type { WorkloadRef } from '../change/change.ts';
import type { ObjectRef } from '../change/kinds.ts';
import type { FactName } from '../profile/facts.ts';
import type { PlannedLook, StepTarget } from '../sizing/planned-step.ts';
import { isClusterFact, isSqlFact } from './measured-fact.ts';
import type { Bound, Look } from './step.ts';
import type { DatabasePlace, System } from './system.ts';

export type ResolvedLook = { readonly kind: 'look'; readonly look: Look } | Unmeasured;

/** `target` is the workload of the step it belongs to, which may have a name of its own. */
export function resolveLook(
  planned: PlannedLook,
  system: System,
  target: StepTarget | undefined,
): ResolvedLook {
  const { http, rollout, promql, fact, withinSeconds } = planned;
  const workload = workloadOf(planned, system, target);
  const cluster = workload?.cluster ?? system.cluster;
  const url = http === undefined ? undefined : addressOf(http, planned.component, system);
  if (http !== undefined && url === undefined) {
    return unmeasured(`headroom.yaml names no address for ${http}`);
  }
  if (rollout && workload === undefined) return unmeasured('it does not say of which workload');
  const exported = fact === 'pooler-waiting-clients' ? exportedPools(planned, system) : undefined;
  const query = promql ?? exported;
  const isFact = fact !== undefined && exported === undefined;
  const measured = isFact ? factOf(planned, fact, system) : undefined;
  if (measured?.kind === 'unmeasured') return measured;
  return {
    kind: 'look',
    look: {
      ...(url !== undefined && { http: { url, status: planned.status ?? 200 } }),
      ...(rollout && workload && { rollout: workload }),
      ...(query !== undefined && { metric: { promql: query, cluster, ...boundOf(planned) } }),
      ...(measured && {
        fact: { ...measured.fact, cluster, ...(workload && { workload }), ...boundOf(planned) },
      }),
      ...(withinSeconds !== undefined && { withinSeconds }),
    },
  };
}

interface Unmeasured {
  readonly kind: 'unmeasured';
  readonly because: string;
}

type ResolvedFact =
  | {
      readonly kind: 'fact';
      readonly fact: Pick<NonNullable<Look['fact']>, 'name' | 'database'>;
    }
  | Unmeasured;

const whyNot: { readonly [F in FactName]?: string } = {
  'disk-free-percent': 'SQL does not tell how much of a volume is free',
};

/** Facts of a database are asked for where headroom.yaml says how; SQL does not know of volumes, poolers and backups. */
function factOf({ database: name }: PlannedLook, fact: FactName, system: System): ResolvedFact {
  if (isClusterFact(fact)) return { kind: 'fact', fact: { name: fact } };
  if (fact === 'pooler-waiting-clients') return poolerFact(name, system);
  if (fact !== 'backup-age-hours' && !isSqlFact(fact)) {
    return unmeasured(whyNot[fact] ?? 'Headroom does not measure this itself');
  }
  if (name === undefined) return unmeasured('it does not say of which database');
  const place = system.databases.get(name);
  const database = { system: system.id, name, ...standbysOf(fact, place) };
  if (fact !== 'backup-age-hours') {
    return place?.connection === undefined
      ? unmeasured(`headroom.yaml names no connection for database ${name}`)
      : { kind: 'fact', fact: { name: fact, database } };
  }
  const operator = place && operatorOf(place, system);
  return operator === undefined
    ? unmeasured(`only CloudNativePG says when database ${name} was last saved, and it is none`)
    : { kind: 'fact', fact: { name: fact, database: { ...database, operator } } };
}

/** Each server has settings of its own that wait for its own restart. */
function standbysOf(
  fact: FactName,
  place: DatabasePlace | undefined,
): { readonly standbys?: readonly string[] } {
  const standbys = [...(place?.standbys.keys() ?? [])];
  return fact === 'settings-pending-restart' && standbys.length > 0 ? { standbys } : {};
}

function poolerFact(name: string | undefined, system: System): ResolvedFact {
  return name === undefined || system.databases.get(name)?.poolerConsole === undefined
    ? unmeasured('headroom.yaml names neither the console of the pooler nor its exporter')
    : {
        kind: 'fact',
        fact: { name: 'pooler-waiting-clients', database: { system: system.id, name } },
      };
}

/** What the usual exporter counts for all poolers, where a console is that of one; CloudNativePG's own counts by other names. */
function exportedPools({ database }: PlannedLook, system: System): string | undefined {
  const place = database === undefined ? undefined : system.databases.get(database);
  const [first] = system.workloads.values();
  const namespace = place?.namespace ?? first?.namespace;
  if (place?.poolerExporter !== true || namespace === undefined) return undefined;
  const metric =
    place.operated === undefined
      ? 'pgbouncer_pools_client_waiting_connections'
      : 'cnpg_pgbouncer_pools_cl_waiting';
  return `sum(${metric}{namespace="${namespace}"})`;
}

/** The Cluster of CloudNativePG that keeps a database. */
export function operatorOf(place: DatabasePlace, system: System): ObjectRef | undefined {
  const [first] = system.workloads.values();
  const namespace = place.namespace ?? first?.namespace;
  if (place.operated === undefined || namespace === undefined) return undefined;
  return { cluster: system.cluster, namespace, kind: 'Cluster', name: place.operated };
}

/** The workload a step is about, in its cluster. */
export function workloadOfTarget(target: StepTarget, system: System): WorkloadRef {
  const { kind, namespace, name } = target;
  return { cluster: target.cluster ?? system.cluster, namespace, kind, name };
}

function workloadOf(
  { component, workload }: PlannedLook,
  system: System,
  target: StepTarget | undefined,
): WorkloadRef | undefined {
  const isOfStep =
    target !== undefined && (workload === target.name || component === target.component);
  if (isOfStep) return workloadOfTarget(target, system);
  const own = component === undefined ? undefined : system.workloads.get(component);
  if (own === undefined) return undefined;
  const { cluster, namespace, kind, name } = own;
  return { cluster, namespace, kind, name: workload ?? name };
}

function addressOf(
  http: string,
  component: string | undefined,
  { endpoints, addresses }: System,
): string | undefined {
  if (http.includes('://')) return http;
  if (!http.startsWith('/')) return endpoints.get(http);
  const base = component === undefined ? undefined : addresses.get(component);
  return base === undefined ? undefined : new URL(http, base).href;
}

function boundOf({ above, atLeast, below, atMost }: Bound): Bound {
  return {
    ...(above !== undefined && { above }),
    ...(atLeast !== undefined && { atLeast }),
    ...(below !== undefined && { below }),
    ...(atMost !== undefined && { atMost }),
  };
}

function unmeasured(because: string): Unmeasured {
  return { kind: 'unmeasured', because };
}
