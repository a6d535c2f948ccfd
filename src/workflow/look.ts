// Looks whether something is so, once: an endpoint, a rollout, a number of the metrics, a fact of the cluster or of a database.

import { inEffectQuery, whyNotInEffect } from '../database/settings-in-effect.ts';
import { OperationError, unreachable } from '../errors.ts';
import type { Bound, Look } from '../plan/step.ts';
import { formatNumber } from '../profile/amount.ts';
import { facts } from '../profile/facts.ts';
import { boundWords } from '../sizing/step-words.ts';
import { measureFact } from './measure-fact.ts';
import type { Parts } from './parts.ts';
import { podsReplaced } from './verify-change.ts';

/** What is not known does not hold: a missing metric never lets a run go on. */
export interface Looked {
  readonly holds: boolean;
  readonly isKnown: boolean;
  /** What was seen, or why it is not known; a clause. */
  readonly seen: string;
  /** Waiting would not change it. */
  readonly final?: true;
}

type Outside = Pick<
  Parts,
  'clusters' | 'metricsOf' | 'lookForRoom' | 'probe' | 'databases' | 'clock'
>;

/** All parts of a look must hold; the first one that does not is told, and the others are not asked. */
export async function lookOnce(
  { http, rollout, metric, fact, settings }: Look,
  outside: Outside,
): Promise<Looked> {
  const looks = [
    rollout && (() => lookAtRollout(rollout, outside)),
    http && (() => lookAtEndpoint(http, outside)),
    metric && (() => lookAtMetric(metric, outside)),
    fact && (() => lookAtFact(fact, outside)),
    settings && (() => lookAtSettings(settings, outside)),
  ].filter((look) => look !== undefined);
  const seen: string[] = [];
  for (const look of looks) {
    const one = await orNotKnown(look);
    if (!one.holds) return one;
    seen.push(one.seen);
  }
  return { holds: true, isKnown: true, seen: seen.join(', ') };
}

/** Waiting is told by what follows the cluster; that it is over is read, because what comes next may be written. */
async function lookAtRollout(
  workload: NonNullable<Look['rollout']>,
  { clusters }: Outside,
): Promise<Looked> {
  const told = podsReplaced(await clusters.follow(workload));
  const state = told.kind === 'on-its-way' ? told : podsReplaced(await clusters.observe(workload));
  const { name } = workload;
  switch (state.kind) {
    case 'ready':
      return known(true, `${name} is ready`);
    case 'failed':
      return { ...known(false, `${name}: ${state.because}`), final: true };
    case 'on-its-way':
      return known(false, `${name}: ${state.progress}`);
    default:
      return unreachable(state);
  }
}

async function lookAtEndpoint(
  { url, status }: NonNullable<Look['http']>,
  { probe }: Outside,
): Promise<Looked> {
  const answer = await probe(url);
  return answer.kind === 'answered'
    ? known(answer.status === status, `${url} answers ${answer.status}`)
    : known(false, `${url}: ${answer.because}`);
}

async function lookAtMetric(
  metric: NonNullable<Look['metric']>,
  { metricsOf }: Outside,
): Promise<Looked> {
  const answer = await metricsOf(metric.cluster).query(metric.promql);
  return answer.kind === 'value'
    ? judged(metric, answer.value, 'the query gives')
    : notKnown(`the query gives nothing (${answer.because})`);
}

async function lookAtFact(fact: NonNullable<Look['fact']>, outside: Outside): Promise<Looked> {
  const reading = await measureFact(fact, outside);
  const { words, unit } = facts[fact.name];
  return reading.kind === 'value'
    ? judged(fact, reading.value, `${words}:`, unit)
    : notKnown(`${words}: not known (${reading.because})`);
}

async function lookAtSettings(
  { database, values }: NonNullable<Look['settings']>,
  { databases }: Outside,
): Promise<Looked> {
  const answers = await databases.read(database, [inEffectQuery(Object.keys(values))]);
  const because = whyNotInEffect(values, answers);
  return known(because === undefined, because ?? 'the settings are in effect');
}

/** Something that cannot be asked now may answer a little later. */
async function orNotKnown(look: () => Promise<Looked>): Promise<Looked> {
  try {
    return await look();
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return notKnown(`not known: ${error.message}`);
  }
}

function known(holds: boolean, seen: string): Looked {
  return { holds, isKnown: true, seen };
}

function notKnown(seen: string): Looked {
  return { holds: false, isKnown: false, seen };
}

function judged(bound: Bound, value: number, subject: string, unit = ''): Looked {
  const { above, atLeast, below, atMost } = bound;
  const holds =
    (above === undefined || value > above) &&
    (atLeast === undefined || value >= atLeast) &&
    (below === undefined || value < below) &&
    (atMost === undefined || value <= atMost);
  const is = `${subject} ${formatNumber(value)}${unit === 'yes' || unit === '' ? '' : ` ${unit}`}`;
  return known(holds, holds ? is : `${is}, wanted ${boundWords(bound)}`);
}
