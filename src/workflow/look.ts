// Looks whether something is so, once: an endpoint, a rollout, a number of the metrics, a fact of the cluster.

import { OperationError } from '../errors.ts';
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

/** All parts of a look must hold; the first one that does not is told. */
export async function lookOnce(
  look: Look,
  parts: Pick<Parts, 'clusters' | 'metricsOf' | 'lookForRoom' | 'probe'>,
): Promise<Looked> {
  const seen: string[] = [];
  for (const part of partsOf(look, parts)) {
    const one = await orNotKnown(part);
    if (!one.holds) return one;
    seen.push(one.seen);
  }
  return { holds: true, isKnown: true, seen: seen.join(', ') };
}

function partsOf(
  { http, rollout, metric, fact }: Look,
  parts: Pick<Parts, 'clusters' | 'metricsOf' | 'lookForRoom' | 'probe'>,
): readonly (() => Promise<Looked>)[] {
  return [
    ...(rollout === undefined
      ? []
      : [
          async (): Promise<Looked> => {
            const state = podsReplaced(await parts.clusters.observe(rollout));
            if (state.kind === 'ready') return known(true, `${rollout.name} is ready`);
            return state.kind === 'failed'
              ? { ...known(false, `${rollout.name}: ${state.because}`), final: true }
              : known(false, `${rollout.name}: ${state.progress}`);
          },
        ]),
    ...(http === undefined
      ? []
      : [
          async (): Promise<Looked> => {
            const answer = await parts.probe(http.url);
            return answer.kind === 'answered'
              ? known(answer.status === http.status, `${http.url} answers ${answer.status}`)
              : known(false, `${http.url}: ${answer.because}`);
          },
        ]),
    ...(metric === undefined
      ? []
      : [
          async (): Promise<Looked> => {
            const answer = await parts.metricsOf(metric.cluster).query(metric.promql);
            return answer.kind === 'value'
              ? judged(metric, answer.value, 'the query gives')
              : notKnown(`the query gives nothing (${answer.because})`);
          },
        ]),
    ...(fact === undefined
      ? []
      : [
          async (): Promise<Looked> => {
            const reading = await measureFact(fact, parts);
            const { words, unit } = facts[fact.name];
            return reading.kind === 'value'
              ? judged(fact, reading.value, `${words}:`, unit)
              : notKnown(`${words}: not known (${reading.because})`);
          },
        ]),
  ];
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
