// Finds out which triggers of a component answer now: they are what is looked at before lent capacity is given back.

import type { CommandFacts } from '../plan/assemble-command.ts';
import type { TargetFacts } from '../plan/draft.ts';
import { projectedTriggers } from '../plan/lease-of.ts';
import { type Observation, toObservation } from '../plan/observation.ts';
import { promqlNamesOf } from '../plan/system.ts';
import { unusable } from '../profile/usable-value.ts';
import { measureTrigger, queriesOf, queriesPerPlan } from './measure-trigger.ts';
import type { Parts } from './parts.ts';

/** The lease of a command, and what was measured for it; one that does not answer now is left out, and the card shows why. */
export async function measureLease(
  seconds: number,
  { system, component }: TargetFacts,
  parts: Pick<Parts, 'metricsOf' | 'clock' | 'counters'>,
): Promise<Pick<CommandFacts, 'lease' | 'measured'>> {
  const names = promqlNamesOf(system, component.id);
  const triggers: string[] = [];
  const measured: Observation[] = [];
  let queries = 0;
  for (const trigger of projectedTriggers(system.profile, component)) {
    queries += queriesOf(trigger);
    if (names === undefined || queries > queriesPerPlan) break;
    const where = { names, cluster: system.cluster };
    const answer = await measureTrigger({ ...trigger, doubts: [] }, where, parts);
    measured.push(toObservation(trigger.id, trigger.unit, answer.measured));
    const readings = [answer.measured, ...(answer.arrival ? [answer.arrival] : [])];
    const isKnown = readings.every((each) => unusable(each, trigger.maxAgeSeconds) === undefined);
    if (isKnown) triggers.push(trigger.id);
  }
  return { lease: { seconds, triggers }, measured };
}
