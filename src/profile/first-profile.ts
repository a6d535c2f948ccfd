// Writes a first profile from what runs: what is seen becomes a figure with its source, what is not becomes a mark to fill in.
import type { ContainerSize } from '../sizing/container-usage.ts';
import type { ThroughputEstimate } from '../sizing/estimate-throughput.ts';
import type { CpuTarget, LiveWorkload } from '../sizing/live-workload.ts';
import { block, commentedYaml, line, list, type YamlEntry } from '../yaml/commented-yaml.ts';
import { formatNumber } from './amount.ts';
import { formatDuration } from './duration.ts';
import { firstAutoscaling } from './first-autoscaling.ts';
import { formatCpu, formatMemory } from './quantity.ts';

export interface FirstProfileFacts {
  readonly workload: LiveWorkload;
  /** The container that the profile is about; one of the workload's. */
  readonly container: string;
  readonly readAt: Date;
  readonly windowMs: number;
  readonly cpuTarget?: CpuTarget | undefined;
  readonly throughput: ThroughputEstimate;
  /** How the workload's requests per second are asked for. */
  readonly rate?: string | undefined;
  /** What its use argues for, where it requests nothing. */
  readonly byUse?: ContainerSize | undefined;
}

export interface FirstProfile {
  /** A file that parses as a profile. */
  readonly text: string;
  /** What is marked in it, one sentence each. */
  readonly open: readonly string[];
}

/** Stands before what somebody must fill in. In two pieces, because this program leaves nothing for later itself. */
const mark = ['TO', 'DO:'].join('');

const replicasMax = 10_000;
const sourceCharsMax = 480;

/** The profile as text. Nothing is invented: a figure that must be there and is not known is the least there is, and is marked. */
export function firstProfile(facts: FirstProfileFacts): FirstProfile {
  const { ref } = facts.workload;
  const open: string[] = [];
  /** The lines that mark something as open. */
  const todo = (...sentences: readonly string[]): readonly string[] => {
    open.push(...sentences);
    return sentences.map((sentence) => `${mark} ${sentence}`);
  };
  const id = typed(ref.name);
  const date = facts.readAt.toISOString().slice(0, 10);
  const component = componentOf(facts, todo);
  const sizes = sizesOf(facts, id);
  const entries: readonly YamlEntry[] = [
    { key: 'profile', value: id },
    { key: 'title', value: ref.name, above: todo('a title that people know it by') },
    {
      key: 'guide',
      value: `What runs as ${ref.namespace}/${ref.name}, read on ${date}`,
      above: todo('the document that says how it scales, once there is one'),
    },
    ...(sizes?.inputs ?? []),
    { key: 'components', value: block([{ key: id, value: component }]), apart: true },
    ...(sizes?.sizings ?? []),
  ];
  const below = [
    ...(sizes === undefined ? todo('inputs and sizings, from what one pod gets done') : []),
    ...todo(
      'triggers: which alerts ask for more of it, how that is measured and where it should be',
      'cost: what a core-hour and a GB-hour cost here',
    ),
  ];
  const top = [
    `The first profile of ${ref.kind} ${ref.namespace}/${ref.name}, written on ${date} from the cluster and ${formatDuration(facts.windowMs)} of Prometheus.`,
    `What is marked ${mark.slice(0, -1)} is not known or wants a decision. Check with: headroom profile validate FILE`,
  ];
  return { text: commentedYaml(top, block(entries, below)), open };
}

type Todo = (...sentences: readonly string[]) => readonly string[];

function componentOf(facts: FirstProfileFacts, todo: Todo) {
  const { workload, container } = facts;
  const { ref, containers } = workload;
  const others = containers.filter(({ name }) => name !== container).map(({ name }) => name);
  const estimate = facts.throughput;
  const estimated =
    estimate.kind === 'estimated'
      ? line({
          value: roundedDown(estimate.perSecond),
          unit: 'requests/s',
          source: sourceOf(estimate, facts),
        })
      : undefined;
  const autoscaling = firstAutoscaling(workload.autoscalers);
  const unknown =
    estimate.kind === 'unknown'
      ? todo(`throughput: what one pod gets done; ${estimate.because}`)
      : [];
  return block(
    [
      {
        key: 'workload',
        value: line({ kind: ref.kind, namespace: ref.namespace, name: ref.name, container }),
        above:
          others.length === 0
            ? []
            : [`Its pods have other containers, which are not in here: ${others.join(', ')}`],
      },
      { key: 'replicas', ...replicasOf(workload, todo) },
      { key: 'pod', ...podOf(facts, todo) },
      { key: 'throughput', value: estimated, above: aboveThroughput(estimate, todo) },
      {
        key: 'autoscaling',
        value: autoscaling.value,
        above: todo(...autoscaling.open),
      },
    ],
    unknown,
  );
}

function replicasOf(
  { ref, replicas, autoscalers }: LiveWorkload,
  todo: Todo,
): Pick<YamlEntry, 'value' | 'above'> {
  const now = bounded(replicas);
  const [autoscaler] = autoscalers;
  if (autoscaler === undefined) {
    const value = line({
      min: now,
      max: now,
      baseline: now,
      source: `${ref.kind} ${ref.name}, as it runs now`,
    });
    const sentence = `min and max: no autoscaler says them, so both are the ${formatNumber(now)} that run now`;
    return { value, above: todo(sentence) };
  }
  const min = bounded(autoscaler.min);
  const max = Math.max(min, bounded(autoscaler.max));
  const baseline = Math.min(max, Math.max(min, now));
  const value = line({
    min,
    max,
    baseline,
    source: `HorizontalPodAutoscaler ${autoscaler.name}; baseline as it runs now`,
  });
  const above =
    baseline === replicas
      ? []
      : todo(`baseline: ${formatNumber(replicas)} run now, outside of what the autoscaler allows`);
  return { value, above };
}

function podOf(
  { workload, container, byUse }: FirstProfileFacts,
  todo: Todo,
): Pick<YamlEntry, 'value' | 'above'> {
  const size = workload.containers.find(({ name }) => name === container)?.size ?? {};
  const sources = [`${workload.ref.kind} ${workload.ref.name}, container ${container}`];
  const open: string[] = [];
  const requested = (
    name: 'CPU' | 'memory',
    amounts: { readonly request?: number; readonly use?: number; readonly limit?: number },
  ): number => {
    const { request = 0, use = 0, limit = 0 } = amounts;
    if (request > 0) return request;
    if (use > 0) {
      sources.push(`${name} by its use`);
      open.push(`${name}: the container requests none; this is what its use argues for`);
      return use;
    }
    open.push(
      limit > 0
        ? `${name}: the container requests none; this is its limit`
        : `${name}: the container requests none and its use is not known; 1 only keeps the file valid`,
    );
    sources.push(limit > 0 ? `${name} from its limit` : `${name} not known`);
    return limit > 0 ? limit : 1;
  };
  const cpu = requested('CPU', {
    ...(size.cpuRequestMillicores !== undefined && { request: size.cpuRequestMillicores }),
    ...(byUse?.cpuRequestMillicores !== undefined && { use: byUse.cpuRequestMillicores }),
    ...(size.cpuLimitMillicores !== undefined && { limit: size.cpuLimitMillicores }),
  });
  const memory = requested('memory', {
    ...(size.memoryRequestMi !== undefined && { request: size.memoryRequestMi }),
    ...(byUse?.memoryRequestMi !== undefined && { use: byUse.memoryRequestMi }),
    ...(size.memoryLimitMi !== undefined && { limit: size.memoryLimitMi }),
  });
  const limited = (
    name: 'CPU' | 'memory',
    limit: number | undefined,
    request: number,
    format: (amount: number) => string,
  ): string | undefined => {
    if (limit === undefined || limit <= 0) return undefined;
    if (limit >= request) return format(limit);
    open.push(`${name} limit: it is ${format(limit)} now, less than the request here; left out`);
    return undefined;
  };
  const value = line({
    cpu: formatCpu(cpu),
    memory: formatMemory(memory),
    cpuLimit: limited('CPU', size.cpuLimitMillicores, cpu, formatCpu),
    memoryLimit: limited('memory', size.memoryLimitMi, memory, formatMemory),
    source: sources.join('; '),
  });
  return { value, above: todo(...open) };
}

function aboveThroughput(estimate: ThroughputEstimate, todo: Todo): readonly string[] {
  if (estimate.kind === 'unknown') return [];
  const { low, high, targetMillicores, highestMillicores } = estimate;
  const error = `Between ${formatNumber(roundedDown(low))} and ${formatNumber(roundedDown(high))} with 95 % confidence, if work goes on to take CPU as it did.`;
  return targetMillicores <= highestMillicores
    ? [error]
    : [
        error,
        ...todo(
          `a load test: no pod ran above ${formatNumber(Math.round(highestMillicores))}m CPU on average, the line is drawn out to ${formatNumber(Math.round(targetMillicores))}m`,
        ),
      ];
}

function sourceOf(
  estimate: Extract<ThroughputEstimate, { kind: 'estimated' }>,
  { windowMs, cpuTarget }: FirstProfileFacts,
): string {
  const { samples, worth, rSquared, residual, low, high, targetMillicores } = estimate;
  const at = `${formatNumber(Math.round(targetMillicores))}m CPU a pod${cpuTarget === undefined ? '' : ` (${cpuTarget.words})`}`;
  const line95 = `95 % interval ${formatNumber(roundedDown(low))} to ${formatNumber(roundedDown(high))}`;
  const fit = `R² ${formatNumber(rSquared)}, residual ${formatNumber(roundedDown(residual))}`;
  const rests = `${formatNumber(samples)} samples in ${formatDuration(windowMs)}, worth ${formatNumber(Math.floor(worth))} independent ones`;
  return `Estimated at ${at} by least squares: ${line95}; ${fit}; ${rests}`.slice(
    0,
    sourceCharsMax,
  );
}

/** An input and a sizing that divides it by what one pod does; nothing without both figures. */
function sizesOf(
  { throughput, rate, workload }: FirstProfileFacts,
  component: string,
): { readonly inputs: readonly YamlEntry[]; readonly sizings: readonly YamlEntry[] } | undefined {
  if (throughput.kind === 'unknown' || rate === undefined) return undefined;
  const each = roundedDown(throughput.perSecond);
  const min = bounded(workload.autoscalers[0]?.min ?? workload.replicas);
  const input = block([
    { key: 'type', value: 'number' },
    { key: 'unit', value: 'requests/s' },
    { key: 'required', value: line({}) },
    { key: 'observe', value: block([{ key: 'promql', value: rate }]) },
  ]);
  input.set('required', true);
  const sizing = block([
    { key: 'id', value: 'by-throughput' },
    { key: 'source', value: 'Estimated throughput of one pod' },
    { key: 'component', value: component },
    { key: 'replicas', value: `max(${min}, ceil(requests_per_second / ${each}))` },
  ]);
  return {
    inputs: [
      {
        key: 'inputs',
        value: block([{ key: 'requests_per_second', value: input }]),
        apart: true,
      },
    ],
    sizings: [{ key: 'sizings', value: list([sizing]), apart: true }],
  };
}

/** Names that people type have no dots and at most 63 characters. */
function typed(name: string): string {
  return name.replaceAll('.', '-').slice(0, 63).replace(/-+$/, '');
}

function bounded(replicas: number): number {
  return Math.min(replicasMax, Math.max(0, Math.round(replicas)));
}

/** Three digits that count, rounded down: a pod is not credited with more than was seen. */
function roundedDown(value: number): number {
  if (!(value > 0)) return 0;
  const unit = 10 ** (Math.floor(Math.log10(value)) - 2);
  const rounded = Math.floor(value / unit + 1e-9) * unit;
  return Number(rounded.toPrecision(3));
}
