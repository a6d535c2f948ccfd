// Asks Prometheus all that a plan for a trigger needs, at one time and with a bound on the number of questions.

import type { Reading } from '../plan/observation.ts';
import type { Trigger } from '../profile/profile.ts';
import type { PromqlNames } from '../profile/promql.ts';
import type { AskedDoubt } from '../profile/trigger-facts.ts';
import { readMetric } from './observe-target.ts';
import type { Parts } from './parts.ts';

/** The load one plan may cause in Prometheus (design, section 7). */
export const queriesPerPlan = 6;

/** How many questions the measurement of a trigger is, doubts left out. */
export function queriesOf(trigger: Trigger): number {
  const arrival = trigger.kind === 'backlog' ? trigger.arrival : undefined;
  const age = trigger.measure.sampledAt === undefined ? 0 : 1;
  return 1 + age + (arrival === undefined ? 0 : 1);
}

export interface Measured {
  readonly measured: Reading;
  readonly arrival: Reading | undefined;
  readonly doubts: readonly AskedDoubt[];
}

/** The trigger's measurement, its arrivals and its doubts. Doubts beyond the bound are missing, the first ones count. */
export async function measureTrigger(
  trigger: Trigger,
  where: { readonly names: PromqlNames; readonly cluster: string },
  parts: Pick<Parts, 'metricsOf' | 'clock' | 'counters'>,
): Promise<Measured> {
  const question = { ...where, maxAgeSeconds: trigger.maxAgeSeconds };
  const arrival = trigger.kind === 'backlog' ? trigger.arrival : undefined;
  const doubts = trigger.kind === 'investigate' ? [] : trigger.doubts;
  const asked = queriesOf(trigger);
  const [measured, arriving, ...answers] = await Promise.all([
    readMetric({ ...question, ...trigger.measure }, parts),
    arrival && readMetric({ ...question, promql: arrival.promql }, parts),
    ...doubts.map((doubt, index): Reading | Promise<Reading> =>
      asked + index < queriesPerPlan
        ? readMetric({ ...question, promql: doubt.promql }, parts)
        : {
            kind: 'missing',
            because: `a plan asks at most ${queriesPerPlan} questions`,
            source: doubt.promql,
          },
    ),
  ]);
  return {
    measured,
    arrival: arriving,
    doubts: doubts.flatMap((doubt, index) => {
      const reading = answers[index];
      return reading === undefined ? [] : [{ doubt, reading }];
    }),
  };
}
