// Works out what one step of a procedure changes in a cluster, with every value in place.
import type { Details, Step } from '../profile/procedure.ts';
import type { Component, Profile } from '../profile/profile.ts';
import { fillPromql } from '../profile/promql.ts';
import { databaseDeed } from './database-deed.ts';
import type { PlannedLook, StepChange, StepTarget } from './planned-step.ts';
import { filled, type Scope, type StepValues, type Tree, textsOf } from './step-values.ts';

/** Where the components of a system run. */
export type Workloads = ReadonlyMap<string, Omit<StepTarget, 'component' | 'cluster'>>;

/** All that working out a step needs. */
export interface StepContext {
  readonly profile: Profile;
  readonly workloads: Workloads;
  readonly scope: Scope;
  readonly values: StepValues;
}

/** The component's workload, or the one the step names in its place. */
export function targetOf(
  { component, workload, cluster }: Pick<Details<'restart'>, 'component' | 'workload' | 'cluster'>,
  { workloads, scope, values }: StepContext,
): StepTarget | undefined {
  const own = workloads.get(component);
  if (own === undefined) {
    values.reject(`component ${component} has no workload in this system`);
    return undefined;
  }
  return {
    component,
    kind: own.kind,
    namespace: own.namespace,
    name: workload === undefined ? own.name : filled(workload, scope),
    container: own.container,
    ...clusterOf(cluster, scope),
  };
}

/** A name that somebody left empty is that of the system's own. */
function clusterOf(cluster: Details<'restart'>['cluster'], scope: Scope) {
  const name = cluster === undefined ? '' : filled(cluster, scope);
  return name === '' ? {} : { cluster: name };
}

type ClusterStep = Exclude<Step, { readonly kind: 'scale' | 'check' | 'wait' | 'human' }>;

/** What the step changes; undefined where its component runs nowhere. */
export function changeOf(step: ClusterStep, context: StepContext): StepChange | undefined {
  if (step.kind === 'database') {
    const deed = databaseDeed(step.details, context.values, context.scope);
    return { kind: 'database', database: step.details.name, ...deed };
  }
  const target = targetOf({ workload: undefined, ...step.details }, context);
  if (target === undefined) return undefined;
  switch (step.kind) {
    case 'pods':
      return {
        kind: 'pods',
        target,
        ...amountsOf(step.details, context.values),
        ...averagesOf(step.details, context),
      };
    case 'autoscaler':
      return autoscalerChange(step.details, target, context);
    case 'config':
      return {
        kind: 'config',
        target,
        configMap: filled(step.details.name, context.scope),
        set: textsOf(step.details.set, context.values, fillNames(target)),
      };
    case 'env':
      return {
        kind: 'env',
        target,
        set: textsOf(step.details.set, context.values, fillNames(target)),
        ...(step.details.graceSeconds !== undefined && {
          terminationGracePeriodSeconds: context.values.whole(step.details.graceSeconds),
        }),
      };
    case 'restart':
      return { kind: 'restart', target };
    case 'apply':
      return applyChange(step.details, target, context);
    case 'storage':
      return {
        kind: 'storage',
        target,
        claim: filled(step.details.claim, context.scope),
        gib: context.values.whole(step.details.gib),
      };
  }
}

function amountsOf(
  { requests, limits, extended }: Details<'pods'>,
  { whole }: StepValues,
): Omit<Extract<StepChange, { kind: 'pods' }>, 'kind' | 'target'> {
  return {
    ...(requests?.cpu !== undefined && { cpuRequestMillicores: whole(requests.cpu) }),
    ...(requests?.memory !== undefined && { memoryRequestMi: whole(requests.memory) }),
    ...(limits?.cpu !== undefined && { cpuLimitMillicores: whole(limits.cpu) }),
    ...(limits?.memory !== undefined && { memoryLimitMi: whole(limits.memory) }),
    ...(extended && {
      extended: Object.fromEntries(
        Object.entries(extended).map(([name, count]) => [name, whole(count)]),
      ),
    }),
  };
}

/** Pods of another size hold other numbers; a formula that needs what this procedure does not know says nothing. */
function averagesOf(
  { component, workload }: Details<'pods'>,
  { profile, scope }: StepContext,
): { readonly averages?: Readonly<Record<string, number>> } {
  const hpa = profile.components.get(component)?.autoscaling?.hpa;
  if (workload !== undefined) return {};
  const averages = (hpa?.metrics ?? []).flatMap((metric) => {
    if (!('pods' in metric) || metric.follows === undefined) return [];
    const result = metric.follows.evaluate(scope.numbers);
    return result.ok ? [[metric.pods, result.value] as const] : [];
  });
  return averages.length === 0 ? {} : { averages: Object.fromEntries(averages) };
}

function autoscalerChange(
  { min, max, variant }: Details<'autoscaler'>,
  target: StepTarget,
  { profile, values }: StepContext,
): StepChange {
  const autoscaling = profile.components.get(target.component)?.autoscaling;
  const whole = [autoscaling?.hpa, ...(autoscaling?.variants ?? [])].find(
    (hpa) => variant !== undefined && hpa?.name === variant,
  );
  const minReplicas = min === undefined ? whole?.min : values.whole(min);
  const maxReplicas = max === undefined ? whole?.max : values.whole(max);
  return {
    kind: 'autoscaler',
    target,
    name: whole?.name ?? autoscaling?.hpa?.name ?? target.name,
    ...(minReplicas !== undefined && { minReplicas }),
    ...(maxReplicas !== undefined && { maxReplicas }),
    ...(whole?.metrics && { metrics: whole.metrics.map(metricTree) }),
  };
}

type Metric = NonNullable<
  NonNullable<NonNullable<Component['autoscaling']>['hpa']>['metrics']
>[number];

/** What a metric is called and what it aims at; how it is computed stands in the profile. */
function metricTree(metric: Metric): Tree {
  if ('resource' in metric) return { resource: metric.resource, percent: metric.percent };
  return 'pods' in metric
    ? { pods: metric.pods, average: metric.average }
    : { external: metric.external, average: metric.average };
}

/** Puts the workload's own names into a text, as into PromQL. */
function fillNames(target: StepTarget): (text: string) => string {
  return (text) => fillPromql(text, { ...target, workload: target.name });
}

function applyChange(
  { apiVersion, kind, name, fields }: Details<'apply'>,
  target: StepTarget,
  { scope, values }: StepContext,
): StepChange {
  const fill = fillNames(target);
  const written = Object.entries(fields).map(([key, value]) => [key, values.tree(value, fill)]);
  const metadata = { name: fill(filled(name, scope)), namespace: target.namespace };
  const object = { ...Object.fromEntries(written), apiVersion, kind, metadata };
  // What is looked at afterwards is what was made, and its component may be of the other kind.
  const isWorkload =
    (kind === 'Deployment' || kind === 'StatefulSet') && metadata.name === target.name;
  return { kind: 'apply', target: isWorkload ? { ...target, kind } : target, object };
}

/** What must be seen, worked out; `own` is what the step is about, where the look does not say. */
export function lookOf(
  look: NonNullable<Details<'restart'>['gate']>,
  own: string | StepTarget | undefined,
  context: StepContext,
): PlannedLook {
  const target = typeof own === 'object' && look.component === undefined ? own : undefined;
  const of = look.component ?? (typeof own === 'object' ? own.component : own);
  const names = target ?? (of === undefined ? undefined : context.workloads.get(of));
  const { number } = context.values;
  const { http, status, rollout, promql, fact, database, within } = look;
  return {
    ...(of !== undefined && { component: of }),
    ...(target !== undefined && { workload: target.name }),
    ...(http !== undefined && { http, status: status ?? 200 }),
    ...(rollout && { rollout }),
    ...(promql !== undefined && {
      promql: names ? fillPromql(promql, { ...names, workload: names.name }) : promql,
    }),
    ...(fact !== undefined && { fact }),
    ...(database !== undefined && { database }),
    ...(look.above !== undefined && { above: number(look.above) }),
    ...(look.atLeast !== undefined && { atLeast: number(look.atLeast) }),
    ...(look.below !== undefined && { below: number(look.below) }),
    ...(look.atMost !== undefined && { atMost: number(look.atMost) }),
    ...(within !== undefined && { withinSeconds: within / 1000 }),
  };
}
