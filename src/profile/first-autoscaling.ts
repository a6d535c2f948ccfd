// Puts a live autoscaler into the words of a profile, and names what a profile cannot say of it.
import type { YAMLMap } from 'yaml';
import type { LiveAutoscaler, LiveBehaviour, LiveMetric } from '../sizing/live-workload.ts';
import { block, line, list } from '../yaml/commented-yaml.ts';

/** Kubernetes looks back so far before it takes pods away, where nobody says otherwise. */
const downWindowSecondsDefault = 300;

/** The `autoscaling` of a component; `open` is what is not in it, one sentence each. */
export function firstAutoscaling(autoscalers: readonly LiveAutoscaler[]): {
  readonly value: YAMLMap | undefined;
  readonly open: readonly string[];
} {
  const [first, ...others] = autoscalers;
  if (first === undefined) return { value: undefined, open: [] };
  const open: string[] = [];
  if (others.length > 0) {
    const names = others.map(({ name }) => name).join(', ');
    open.push(`several autoscalers for one workload disable each other; not in here: ${names}`);
  }
  const metrics: YAMLMap[] = [];
  for (const metric of first.metrics) {
    const words = metricOf(metric);
    if (typeof words !== 'string' && metrics.length < metricsMax) {
      metrics.push(words);
      continue;
    }
    const what = typeof words === 'string' ? words : `more than ${metricsMax} things`;
    open.push(`the autoscaler also looks at ${what}, which a profile cannot say`);
  }
  const policy = (direction: 'up' | 'down') => {
    const behaviour = first[direction];
    if (behaviour === undefined) return undefined;
    const found = policyOf(behaviour, direction === 'down' ? downWindowSecondsDefault : 0);
    if (found.left > 0) {
      open.push(
        `${direction}: a profile holds policies of one period, the autoscaler has ${found.left} of another`,
      );
    }
    return found.value;
  };
  const value = block([
    {
      key: 'hpa',
      value: block([
        { key: 'name', value: first.name },
        { key: 'min', value: Math.min(first.min, replicasMax) },
        { key: 'max', value: Math.min(Math.max(first.min, first.max), replicasMax) },
        { key: 'metrics', value: metrics.length === 0 ? undefined : list(metrics) },
      ]),
    },
    { key: 'up', value: policy('up') },
    { key: 'down', value: policy('down') },
    { key: 'source', value: `HorizontalPodAutoscaler ${first.name}` },
  ]);
  return { value, open };
}

/** A profile takes no more. */
const replicasMax = 10_000;
const metricsMax = 20;

/** A metric in the form of a profile, or in words when it has none. */
function metricOf(metric: LiveMetric): YAMLMap | string {
  switch (metric.kind) {
    case 'share':
      if (metric.container !== undefined)
        return `${metric.percent} % of the ${metric.resource} of container ${metric.container}`;
      return metric.percent >= 1 && metric.percent <= 1000
        ? line({ resource: metric.resource, percent: metric.percent })
        : `${metric.percent} % of ${metric.resource}`;
    case 'pods':
      return metric.average > 0
        ? line({ pods: metric.name, average: metric.average })
        : `${metric.name} of pods`;
    case 'external':
      return metric.average > 0
        ? line({ external: metric.name, average: metric.average })
        : `${metric.name} from outside`;
    case 'other':
      return metric.words;
  }
}

/** The policies of the first one's period, as one; `left` are those of other periods. */
function policyOf(
  { select, windowSeconds, policies }: LiveBehaviour,
  windowSecondsDefault: number,
): { readonly value: YAMLMap | undefined; readonly left: number } {
  const [first] = policies;
  if (first === undefined) return { value: undefined, left: 0 };
  const same = policies.filter(({ periodSeconds }) => periodSeconds === first.periodSeconds);
  const most = (kind: 'percent' | 'pods'): number | undefined => {
    const values = same.filter((each) => each.kind === kind).map(({ value }) => value);
    if (values.length === 0) return undefined;
    return select === 'Min' ? Math.min(...values) : Math.max(...values);
  };
  const value = line({
    percent: most('percent'),
    pods: most('pods'),
    periodSeconds: first.periodSeconds,
    select,
    windowSeconds: windowSeconds ?? windowSecondsDefault,
  });
  return { value, left: policies.length - same.length };
}
