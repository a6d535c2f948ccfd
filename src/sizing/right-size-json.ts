// The stable JSON form of a right-sizing, for programs. Numbers are numbers and units are in the names.

import type { CostMove } from './cost.ts';
import { cents } from './cost.ts';
import type { Recommendation } from './right-size.ts';
import type { NotSized, SizedContainer, SizedPods } from './right-size-component.ts';

/** The answer for a system: what could be sized, and for what could not be, why. */
export function rightSizesJson(
  system: string,
  containers: readonly SizedContainer[],
  problems: readonly NotSized[],
): Readonly<Record<string, unknown>> {
  return { system, components: containers.map(rightSizeJson), problems };
}

/** What does not apply is absent. */
export function rightSizeJson({
  component,
  result,
  cost,
  pods,
}: SizedContainer): Readonly<Record<string, unknown>> {
  const { container, windowMs, stepMs, rule, before, after, targets, notes } = result;
  return {
    component,
    container,
    windowSeconds: windowMs / 1000,
    stepSeconds: stepMs / 1000,
    rule: rule.source,
    before,
    after,
    cpu: recommendationJson(result.cpu),
    memory: recommendationJson(result.memory),
    autoscalerTargets: targets,
    ...(pods && { replicas: podsJson(pods) }),
    ...(cost && { costUsdPerMonth: costJson(cost) }),
    notes,
  };
}

function podsJson({ advice, source, cost }: SizedPods): Readonly<Record<string, unknown>> {
  const { kind, before, after, because } = advice;
  return {
    recommendation: kind,
    before,
    after,
    because,
    rule: source,
    ...(cost && { costUsdPerMonth: costJson(cost) }),
  };
}

function costJson({ beforeUsdPerMonth, afterUsdPerMonth }: CostMove) {
  return { before: cents(beforeUsdPerMonth), after: cents(afterUsdPerMonth) };
}

function recommendationJson(from: Recommendation): Readonly<Record<string, unknown>> {
  return {
    recommendation: from.kind,
    because: from.because,
    ...(from.samplesSeen !== undefined && { samplesSeen: from.samplesSeen }),
    samplesExpected: from.samplesExpected,
    arithmetic: from.arithmetic,
  };
}
