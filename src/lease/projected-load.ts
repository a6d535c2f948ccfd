// Works out what fewer pods would have to carry, by the same rules that made them more; without a measurement nothing is concluded.

import { formatNumber, formatPods } from '../profile/amount.ts';
import type { InvestigateTrigger, Trigger } from '../profile/profile.ts';
import type { TriggerFacts } from '../profile/trigger-facts.ts';
import { unusable } from '../profile/usable-value.ts';
import { wantedForBacklog, wantedForRatio } from '../profile/wanted-pods.ts';

/** A trigger that says how many pods there must be. */
export type SizingTrigger = Exclude<Trigger, InvestigateTrigger>;

export function isSizing(trigger: Trigger): trigger is SizingTrigger {
  return trigger.kind !== 'investigate';
}

export type ProjectedLoad =
  | { readonly kind: 'carried'; readonly trigger: string; readonly text: string }
  | { readonly kind: 'too-much'; readonly trigger: string; readonly because: string }
  | { readonly kind: 'not-known'; readonly trigger: string; readonly because: string };

/** What one trigger says to `left` pods in place of those that run now. */
export function projectLoad(
  facts: Pick<TriggerFacts, 'component' | 'currentReplicas' | 'measured' | 'arrival'> & {
    readonly trigger: SizingTrigger;
    readonly left: number;
  },
): ProjectedLoad {
  const { component, trigger, currentReplicas: current, measured, arrival, left } = facts;
  const notKnown = (because: string) =>
    ({ kind: 'not-known', trigger: trigger.id, because }) as const;
  const problem = unusable(measured, trigger.maxAgeSeconds);
  if (problem !== undefined || measured.kind !== 'value') {
    return notKnown(`${trigger.id} is not measured: ${problem ?? 'the measurement is too old'}`);
  }
  if (!Number.isSafeInteger(current) || current < 1) {
    return notKnown('it is not known how many pods run now');
  }
  if (trigger.kind === 'backlog' && arrival !== undefined) {
    // What arrives is what the pods that stay must serve; a guess in its place would be about today's pods.
    const unknown = unusable(arrival, trigger.maxAgeSeconds);
    if (unknown !== undefined) return notKnown(`arrivals of ${trigger.id}: ${unknown}`);
  }
  const basis = { current, value: measured.value, valueSource: measured.source };
  const bounds = { min: component.replicas.min, max: component.replicas.max };
  const all = { component, trigger, currentReplicas: current, measured, bounds };
  const wanted =
    trigger.kind === 'ratio'
      ? wantedForRatio(trigger, basis)
      : wantedForBacklog(trigger, basis, { ...all, ...(arrival && { arrival }) });
  if (wanted === undefined) {
    return notKnown(`the throughput of one pod of ${component.id} is not known`);
  }
  const text = `${trigger.id}: ${wanted.arithmetic.map((line) => line.text).join('; ')}`;
  return wanted.wanted <= left
    ? { kind: 'carried', trigger: trigger.id, text }
    : {
        kind: 'too-much',
        trigger: trigger.id,
        because: `${formatPods(wanted.wanted)} ${wanted.wanted === 1 ? 'is' : 'are'} needed and ${formatNumber(left)} would be left (${text})`,
      };
}
