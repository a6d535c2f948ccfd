// Decides what becomes of capacity whose time is up: given back, kept with the reason, or left to whoever has taken it over.

import type { Comparison } from '../change/compare.ts';
import type { HoldReason } from './lease.ts';
import type { ProjectedLoad } from './projected-load.ts';

/** Everything that giving back depends on; nothing else may decide. */
export interface GiveBackFacts {
  /** What speaks against it by approval, policy, mode or stop; undefined when all of them hold. */
  readonly notApproved?: string;
  /** Words for the freeze in force: what has not begun to be given back waits for its end. */
  readonly freeze?: string;
  /** The system, or what the plan lent, is no longer ours to touch. */
  readonly gone?: string;
  /** A later plan has lent more of the same target: what is on top goes first. */
  readonly leaseOnTop?: { readonly planId: string };
  /** Another plan of the target that is open, or this one's outcome that is not judged yet. */
  readonly otherPlan?: string;
  readonly firing: readonly { readonly alertname: string }[];
  /** What was lent, compared with what is there; undefined when the cluster could not be asked. */
  readonly comparisons: readonly Comparison[] | undefined;
  readonly clusterProblem?: string;
  readonly loads: readonly ProjectedLoad[];
  /** A person wants it back now. */
  readonly isAsked: boolean;
}

export type GiveBackDecision =
  /** `text`: the arithmetic that says that what stays can carry the load. */
  | { readonly kind: 'give-back'; readonly text: string }
  | { readonly kind: 'hold'; readonly reason: HoldReason; readonly because: string }
  | { readonly kind: 'end'; readonly because: string };

/**
 * First what makes it nobody's business any more, then what speaks against it. A person's word stands in for a
 * measurement only where there never is one; a missing or bad one is not overruled.
 */
export function mayGiveBack(facts: GiveBackFacts): GiveBackDecision {
  const { notApproved, leaseOnTop, otherPlan } = facts;
  if (facts.gone !== undefined) return { kind: 'end', because: facts.gone };
  if (leaseOnTop !== undefined) {
    return hold(
      'lease-on-top',
      `plan ${leaseOnTop.planId} has lent more on top of it, and that goes back first`,
    );
  }
  if (otherPlan !== undefined) return hold('other-plan', otherPlan);
  if (facts.comparisons === undefined) {
    return hold('cluster', facts.clusterProblem ?? 'the cluster could not be asked');
  }
  const over = whyOver(facts.comparisons);
  if (over !== undefined) return { kind: 'end', because: over };
  if (facts.freeze !== undefined) {
    return hold('freeze', `${facts.freeze}: nothing is taken away before its end`);
  }
  if (notApproved !== undefined) return hold('approval', notApproved);
  const alerts = [...new Set(facts.firing.map(({ alertname }) => alertname))];
  if (alerts.length > 0) {
    return hold(
      'alert',
      `${alerts.slice(0, 3).join(', ')} ${alerts.length === 1 ? 'is' : 'are'} firing`,
    );
  }
  return byLoad(facts);
}

function byLoad({ loads, isAsked }: GiveBackFacts): GiveBackDecision {
  const heavy = loads.find((load) => load.kind === 'too-much');
  if (heavy !== undefined) return hold('load', heavy.because);
  const unknown = loads.find((load) => load.kind === 'not-known');
  if (unknown !== undefined) {
    return hold('not-measured', `${unknown.because}; without that nothing is made smaller`);
  }
  if (loads.length === 0 && !isAsked) {
    return hold(
      'nothing-measures',
      'nothing measures what fewer pods would have to carry, so a person must give it back',
    );
  }
  const texts = loads.flatMap((load) => (load.kind === 'carried' ? [load.text] : []));
  return { kind: 'give-back', text: texts.join('; ') };
}

/** Somebody has set it to something else, or back already: neither is ours to change. */
function whyOver(comparisons: readonly Comparison[]): string | undefined {
  const drifted = comparisons.find(({ kind }) => kind === 'drifted');
  if (drifted?.kind === 'drifted') return asDrift(drifted.because);
  return comparisons.every(({ kind }) => kind === 'reached') ? givenByOthers : undefined;
}

export const givenByOthers = 'somebody else has given it back already';

/** What a comparison calls seen by the plan is here what the plan itself had set. */
export function asDrift(because: string): string {
  return because.replace('the plan saw', 'the plan had set');
}

function hold(reason: HoldReason, because: string): GiveBackDecision {
  return { kind: 'hold', reason, because };
}
