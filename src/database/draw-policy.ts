// Draws one policy of TimescaleDB: nothing where it is so already, a change of what is there, or a new one.

import type { z } from 'zod';
import { type DrawnPart, NotDrawn } from './find-hypertable.ts';
import type { Answers } from './query.ts';
import { type refreshedRow, spanOf } from './timescale-api.ts';
import { type PolicyDeed, type PolicyTimes, policiesSeen, sameTimes } from './timescale-policy.ts';

export interface WantedPolicy {
  readonly times: PolicyTimes;
  readonly answers: Answers;
  /** Of the answers to `policiesQuery`; beyond them nothing is there yet. */
  readonly index: number;
  /** Nothing is as old as that, so it drops nothing that anybody has now. */
  readonly isYoung?: boolean;
}

/** Refreshing further back than rows are kept would take them out of the aggregates, too; undefined where none does. */
export function whyRefreshedTooFar(
  aggregates: readonly z.infer<typeof refreshedRow>[],
  keepDays: number,
): string | undefined {
  const tooFar = aggregates.find(({ seconds }) => seconds === null || seconds > keepDays * 86_400);
  if (tooFar === undefined) return undefined;
  const back = tooFar.seconds === null ? 'the first row' : spanOf(tooFar.seconds).text;
  return `the aggregate ${tooFar.name} is refreshed from ${back} on, and rows are to be kept ${keepDays} days only: they would vanish from it as well; shorten its refresh first`;
}

/** `deed` is all of it but its times. */
export function drawPolicy(
  deed: Omit<PolicyDeed, 'before' | 'after' | 'drops'>,
  { times, answers, index, isYoung = false }: WantedPolicy,
): DrawnPart | NotDrawn {
  const { policy, on } = deed;
  const called = `${on.schema}.${on.name}`;
  const [now, ...others] = policiesSeen(policy, answers, index);
  if (others.length > 0) {
    return new NotDrawn(
      `${called} has ${others.length + 1} policies of the same kind, and which of them is meant is not known: a person removes all but one`,
    );
  }
  if (now !== undefined && now.times === undefined) {
    return new NotDrawn(
      `${called} has a policy that goes by when chunks were made, which Headroom does not change: a person removes it first`,
    );
  }
  const before = now?.times;
  const paused = now?.isPaused ? [`the ${words[policy]} policy of ${called} is paused`] : [];
  if (sameTimes(policy, before, times)) return { deeds: [], notes: paused };
  const isLonger =
    before?.after !== undefined && (times.after?.seconds ?? 0) > before.after.seconds;
  const drops = policy === 'retain' && !isYoung && !isLonger;
  return {
    deeds: [
      {
        ...deed,
        ...(drops && { drops: true as const }),
        ...(before && { before }),
        after: times,
      },
    ],
    notes: paused.map((note) => `${note}, and runs again with this change`),
  };
}

const words = { compress: 'compression', retain: 'retention', refresh: 'refresh' } as const;
