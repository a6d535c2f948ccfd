// The stable JSON form of a right-sizing, for programs. Numbers are numbers and units are in the names.
import type { Recommendation, RightSize } from './right-size.ts';

/** A right-sizing with what only its caller knows. */
export interface SizedContainer {
  readonly component: string;
  readonly result: RightSize;
  /** What all its pods cost a month. */
  readonly cost?: { readonly beforeUsdPerMonth: number; readonly afterUsdPerMonth: number };
}

/** What does not apply is absent. */
export function rightSizeJson({
  component,
  result,
  cost,
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
    ...(cost && {
      costUsdPerMonth: { before: cost.beforeUsdPerMonth, after: cost.afterUsdPerMonth },
    }),
    notes,
  };
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
