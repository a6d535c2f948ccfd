// Says in words what a step of a procedure changes and what must be seen, for the terminal and for Slack alike.
import { formatNumber, formatPods } from '../profile/amount.ts';
import { formatDuration } from '../profile/duration.ts';
import { type FactName, facts } from '../profile/facts.ts';
import { formatCpu, formatMemory } from '../profile/quantity.ts';
import { deedWords } from './database-words.ts';
import type { ApplyObject, PlannedLook, StepChange, StepTarget, Texts } from './planned-step.ts';

/** One line on what is changed, without a full stop. */
export function changeWords(change: StepChange): string {
  switch (change.kind) {
    case 'scale': {
      const floor = change.floor ? 'at least ' : '';
      const from = change.replicasBefore === undefined ? '' : `, from ${change.replicasBefore}`;
      return `${nameOf(change.target)}: ${floor}${formatPods(change.replicas)}${from}`;
    }
    case 'pods':
      return `${nameOf(change.target)}: ${amountsWords(change)}`;
    case 'autoscaler':
      return autoscalerWords(change);
    case 'config':
      return `ConfigMap ${change.configMap}${clusterWords(change.target)}: ${textsWords(change.set)}`;
    case 'env': {
      const grace = change.terminationGracePeriodSeconds;
      const parts = [
        ...(Object.keys(change.set).length === 0 ? [] : [textsWords(change.set)]),
        ...(grace === undefined ? [] : [`terminationGracePeriodSeconds ${grace}`]),
      ];
      return `environment of ${nameOf(change.target)}: ${parts.join(', ')}`;
    }
    case 'restart':
      return `restart ${nameOf(change.target)}, pod by pod`;
    case 'apply':
      return `${change.object.kind} ${change.object.metadata.name}${clusterWords(change.target)}: ${fieldsWords(change.object)}`;
    case 'storage':
      return `volume ${change.claim}${clusterWords(change.target)}: ${formatNumber(change.gib)}Gi`;
    case 'database':
      return `database ${change.database}: ${deedWords(change)}`;
  }
}

function nameOf(target: StepTarget): string {
  return `${target.name}${clusterWords(target)}`;
}

function clusterWords({ cluster }: StepTarget): string {
  return cluster === undefined ? '' : ` in cluster ${cluster}`;
}

function amountsWords(change: Extract<StepChange, { kind: 'pods' }>): string {
  const pair = (cpu: number | undefined, memory: number | undefined): string =>
    [
      ...(cpu === undefined ? [] : [`${formatCpu(cpu)} CPU`]),
      ...(memory === undefined ? [] : [`${formatMemory(memory)} memory`]),
    ].join(' and ');
  const requests = pair(change.cpuRequestMillicores, change.memoryRequestMi);
  const limits = pair(change.cpuLimitMillicores, change.memoryLimitMi);
  const extended = Object.entries(change.extended ?? {}).map(([name, count]) => `${count} ${name}`);
  return [
    ...(requests === '' ? [] : [`requests ${requests}`]),
    ...(limits === '' ? [] : [`limits ${limits}`]),
    ...extended,
  ].join(', ');
}

function autoscalerWords(change: Extract<StepChange, { kind: 'autoscaler' }>): string {
  const { minReplicas: min, maxReplicas: max, metrics } = change;
  const bounds = [
    ...(min === undefined ? [] : [`minimum ${min}`]),
    ...(max === undefined ? [] : [`maximum ${max}`]),
  ].join(', ');
  const only = metrics === undefined ? '' : ', the only one of its workload';
  return `autoscaler ${change.name}${clusterWords(change.target)}: ${bounds}${only}`;
}

/** Longer fields are left to the JSON. */
const fieldsCharactersMax = 160;

function fieldsWords(object: ApplyObject): string {
  const who: readonly string[] = ['apiVersion', 'kind', 'metadata'];
  const fields = Object.entries(object).filter(([key]) => !who.includes(key));
  const text = JSON.stringify(Object.fromEntries(fields));
  return text.length > fieldsCharactersMax ? `${text.slice(0, fieldsCharactersMax - 1)}…` : text;
}

function textsWords(texts: Texts): string {
  return Object.entries(texts)
    .map(([key, value]) => (value.includes('\n') ? `${key} (below)` : `${key}=${value}`))
    .join(', ');
}

const bounds = [
  ['above', 'above'],
  ['atLeast', 'at least'],
  ['below', 'below'],
  ['atMost', 'at most'],
] as const;

/** "at most 500". */
export function boundWords(
  look: Pick<PlannedLook, 'above' | 'atLeast' | 'below' | 'atMost'>,
): string {
  return bounds
    .flatMap(([key, words]) => {
      const value = look[key];
      return value === undefined ? [] : [`${words} ${formatNumber(value)}`];
    })
    .join(' and ');
}

/** What must be seen, without a full stop. */
export function lookWords(look: PlannedLook): string {
  const { component, workload, http, status, rollout, promql, fact, database, withinSeconds } =
    look;
  const bound = boundWords(look);
  const parts = [
    ...(rollout ? [`all pods of ${workload ?? component} ready`] : []),
    ...(http === undefined ? [] : [`HTTP ${http} answers ${status}`]),
    ...(promql === undefined ? [] : [`${oneLine(promql)} ${bound}`]),
    ...(fact === undefined ? [] : [factWords(fact, bound, database)]),
  ];
  const within = withinSeconds === undefined ? '' : `, within ${seconds(withinSeconds)}`;
  return `${parts.join(', ')}${within}`;
}

function oneLine(promql: string): string {
  return promql.replaceAll(/\s+/g, ' ');
}

function factWords(fact: FactName, bound: string, database: string | undefined): string {
  const { unit, words } = facts[fact];
  const of = database === undefined || database === 'main' ? '' : ` (database ${database})`;
  if (unit === 'yes') return bound === 'at least 1' ? `${words}${of}` : `${words}${of}: ${bound}`;
  return `${words}${of}: ${bound}${unit === '' ? '' : ` ${unit}`}`;
}

/** `2m`, as durations are written in profiles. */
export function seconds(count: number): string {
  return formatDuration(count * 1000);
}
