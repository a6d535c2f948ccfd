// Rules for prometheus-adapter, so that a HorizontalPodAutoscaler finds the custom metrics its profile scales by.

import { promqlNamesOf, type System } from '../plan/system.ts';
import type { Autoscaling } from '../profile/profile.ts';
import { fillPromql, type PromqlNames } from '../profile/promql.ts';
import type { RulesDocument } from './rules-text.ts';
import { type Selector, selectorsIn, withSelectors } from './selectors.ts';

/** A custom metric that no rule can be written for, and what to add to the profile. */
export interface MissingMetric {
  readonly component: string;
  readonly metric: string;
  readonly needs: string;
}

type Metric = NonNullable<NonNullable<Autoscaling['hpa']>['metrics']>[number];
type CustomMetric = Exclude<Metric, { readonly resource: unknown }>;

interface Asked {
  readonly component: string;
  readonly kind: 'pods' | 'external';
  readonly metric: string;
  readonly promql: string | undefined;
}

type Rule = Readonly<Record<string, unknown>>;

/** The adapter's `rules` and `externalRules` for all autoscalers of a system, and the metrics that are left out. */
export function adapterRules(system: System): {
  readonly document: RulesDocument;
  readonly missing: readonly MissingMetric[];
} {
  const rules = { pods: new Map<string, Rule>(), external: new Map<string, Rule>() };
  const missing: MissingMetric[] = [];
  const asked = askedOf(system);
  for (const each of asked) {
    const names = promqlNamesOf(system, each.component);
    if (names === undefined) continue;
    const { component, kind, metric, promql } = each;
    const rule = promql === undefined ? needsPromql[kind] : ruleFor(metric, promql, kind, names);
    if (typeof rule === 'string') {
      missing.push({ component, metric, needs: rule });
      continue;
    }
    const earlier = rules[kind].get(metric);
    rules[kind].set(metric, earlier ?? rule);
    if (earlier !== undefined && JSON.stringify(earlier) !== JSON.stringify(rule)) {
      const needs = 'a name of its own: another component has this metric with another promql';
      missing.push({ component, metric, needs });
    }
  }
  return {
    missing,
    document: {
      head: headOf(system, missing, asked.length),
      content: {
        rules: [...rules.pods.values()],
        externalRules: [...rules.external.values()],
      },
      notes: [],
    },
  };
}

function headOf(
  system: System,
  missing: readonly MissingMetric[],
  asked: number,
): readonly string[] {
  const title = `Configuration of prometheus-adapter for the autoscalers of ${system.title}, from profile ${system.profile.id}.`;
  const helm =
    'With its Helm chart, put rules under rules.custom and externalRules under rules.external.';
  if (asked === 0) {
    return [
      title,
      'They scale by CPU and memory or not at all: metrics-server is enough for them.',
    ];
  }
  return [
    title,
    helm,
    ...missing.map(
      ({ component, metric, needs }) => `Missing: ${metric} of ${component} needs ${needs}.`,
    ),
  ];
}

/** The custom metrics of all autoscalers, those offered in place of the first included; each once for a component. */
function askedOf(system: System): readonly Asked[] {
  const seen = new Set<string>();
  const asked: Asked[] = [];
  for (const [component, { autoscaling }] of system.profile.components) {
    const autoscalers = [autoscaling?.hpa, ...(autoscaling?.variants ?? [])];
    for (const metric of autoscalers.flatMap((each) => each?.metrics ?? [])) {
      if ('resource' in metric) continue;
      const each = { component, ...customMetric(metric) };
      const key = JSON.stringify(each);
      if (!seen.has(key)) asked.push(each);
      seen.add(key);
    }
  }
  // An autoscaler may leave the query to another one of the same component that has it.
  return asked.filter(
    ({ component, kind, metric, promql }) =>
      promql !== undefined ||
      !asked.some(
        (other) =>
          other.component === component &&
          other.kind === kind &&
          other.metric === metric &&
          other.promql !== undefined,
      ),
  );
}

function customMetric(metric: CustomMetric): Omit<Asked, 'component'> {
  return 'pods' in metric
    ? { kind: 'pods', metric: metric.pods, promql: metric.promql }
    : { kind: 'external', metric: metric.external, promql: metric.promql };
}

const needsPromql = {
  pods: 'promql beside it in the profile, such as sum by (pod) (NAME{namespace="$namespace"})',
  external: 'promql beside it in the profile, such as sum(NAME{namespace="$namespace"})',
} as const;

/** What stands for pods and namespace in the profile's query is left to the adapter, which knows them better. */
function ruleFor(
  metric: string,
  promql: string,
  kind: Asked['kind'],
  names: PromqlNames,
): Rule | string {
  const labels = kind === 'pods' ? ['namespace', 'pod'] : ['namespace'];
  const scoped = selectorsIn(promql).find((each) => each.matchers.some((m) => places(m, labels)));
  if (kind === 'pods') {
    if (!keepsPods(promql)) return 'a promql that answers by pod: sum by (pod) (…)';
    if (scoped === undefined) return 'a promql with {namespace="$namespace"}';
  }
  const discovered = scoped ?? selectorsIn(promql)[0];
  if (discovered === undefined) return 'a promql with a selector: NAME{…}';
  const namespaced = scoped !== undefined;
  const known = namespaced ? labels.map((label) => `${label}!=""`) : [];
  return {
    seriesQuery: fillPromql(selectorText(discovered, known, labels), names),
    resources: namespaced
      ? { overrides: Object.fromEntries(labels.map((label) => [label, { resource: label }])) }
      : { namespaced: false },
    name: { as: metric },
    metricsQuery: fillPromql(
      withSelectors(promql, (each) =>
        each.matchers.some((m) => places(m, labels))
          ? selectorText(each, ['<<.LabelMatchers>>'], labels)
          : promql.slice(each.start, each.end),
      ),
      names,
    ),
  };
}

function selectorText(
  { metric, matchers }: Selector,
  first: readonly string[],
  labels: readonly string[],
): string {
  const others = matchers.filter((matcher) => !places(matcher, labels));
  return `${metric}{${[...first, ...others].join(',')}}`;
}

/** Whether a matcher says which namespace or which pods are meant, by the names a profile leaves open. */
function places(matcher: string, labels: readonly string[]): boolean {
  const label = /^(\w+)\s*[=!]/.exec(matcher)?.[1] ?? '';
  return labels.includes(label) && /\$(?:namespace|workload)\b/.test(matcher);
}

/** An answer without the label `pod` could not be told apart by pods. */
function keepsPods(promql: string): boolean {
  const aggregates =
    /\b(?:sum|avg|min|max|count|group|stddev|stdvar|quantile|topk|bottomk)\s*(?:\(|by\b|without\b)/;
  return /\bby\s*\([^)]*\bpod\b/.test(promql) || !aggregates.test(promql);
}
