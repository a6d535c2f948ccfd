// The plan somebody asked for by name: so many replicas, pods of this size, or both, in the order that is safe.

import {
  type ChosenChange,
  chooseScaleDown,
  chooseScaleUp,
  missingWorkload,
} from './choose-change.ts';
import { type ChosenResize, chooseResize, type PodRequests } from './choose-resize.ts';
import type { PlanName, TargetFacts } from './draft.ts';
import { costOfChange, draft, placeOf, replicasSeen } from './draft.ts';
import type { Observation } from './observation.ts';
import type { Origin, Plan, PlannedLease, PodRequestsMove } from './plan.ts';
import { whyRestarting } from './restarted-by.ts';

export interface CommandFacts extends TargetFacts {
  /** At least one of the two is given. */
  readonly replicas?: number;
  readonly requests?: PodRequests;
  /** It is lent for a time. */
  readonly lease?: PlannedLease;
  /** What the triggers of the lease measure now. */
  readonly measured?: readonly Observation[];
  readonly origin: Origin;
}

export type CommandPlan =
  | { readonly kind: 'plan'; readonly plan: Plan }
  | { readonly kind: 'refused'; readonly because: string };

type Refused = Extract<CommandPlan, { kind: 'refused' }>;
type Resize = Extract<ChosenResize, { kind: 'resize' }>;
type Scale = Extract<ChosenChange, { kind: 'change' }>;

/** The plan somebody asked for by name and number. Outside the profile's limits it is refused, not clipped. */
export function assembleCommandPlan(facts: CommandFacts, name: PlanName): CommandPlan {
  const scale = chooseScale(facts);
  if (scale?.kind === 'refused') return scale;
  const resize = resizeOf(facts);
  if (resize?.kind === 'none') return refused(resize.because);
  const restarting = whyRestarting(resize?.changes ?? [], facts.system, []);
  if (restarting !== undefined) return refused(restarting);
  const replicasAfter = scale?.replicasAfter ?? facts.cluster?.workload?.replicas ?? 0;
  const chosen = {
    changes: inOrder(resize, scale),
    replicasAfter,
    notes: [...(resize?.notes ?? []), ...(scale?.notes ?? [])],
  };
  const requests = resize && movedRequests(facts, resize);
  return {
    kind: 'plan',
    plan: draft(facts, name, {
      observations: [replicasSeen(facts), ...(facts.measured ?? [])],
      chosen,
      requests,
      cost: costOfChange(facts, chosen, requests),
      lease: facts.lease,
    }),
  };
}

/**
 * The template first, so that the pods that are added start with their final size and are not replaced at once. Only
 * where pods become smaller and more, the new ones come first: otherwise fewer resources would serve in between.
 */
function inOrder(resize: Resize | undefined, scale: Scale | undefined): Scale['changes'] {
  const [sizes, counts] = [resize?.changes ?? [], scale?.changes ?? []];
  const addsPods = counts.some(({ floor }) => floor);
  return resize?.shrinks === true && addsPods ? [...counts, ...sizes] : [...sizes, ...counts];
}

function chooseScale(facts: CommandFacts): Scale | Refused | undefined {
  const { replicas, component, cluster, workload } = facts;
  if (replicas === undefined) return undefined;
  const { min, max } = component.replicas;
  if (!Number.isSafeInteger(replicas) || replicas < min || replicas > max) {
    return refused(
      `${component.id} may have ${min} to ${max} replicas (${component.replicas.source}); ${replicas} is outside that`,
    );
  }
  if (cluster?.workload === undefined) {
    return refused(facts.clusterProblem ?? missingWorkload(workload));
  }
  const current = cluster.workload.replicas;
  if (!Number.isSafeInteger(current)) return refused('it is not known how many pods run now');
  if (replicas === current) return refused(`${component.id} already has ${current} replicas`);
  if (facts.lease !== undefined && replicas < current) {
    return refused(
      `for= lends more for a time, and ${replicas} is fewer than the ${current} that run; leave it out to have fewer`,
    );
  }
  const chosen =
    replicas > current
      ? chooseScaleUp(placeOf(facts), cluster, replicas, component)
      : chooseScaleDown(placeOf(facts), cluster, replicas, component);
  return chosen.kind === 'none' ? refused(chosen.because) : chosen;
}

function resizeOf(facts: CommandFacts): ChosenResize | undefined {
  const { requests: wanted, cluster, component, workload } = facts;
  if (wanted === undefined) return undefined;
  if (cluster?.workload === undefined) {
    return {
      kind: 'none',
      enough: false,
      because: facts.clusterProblem ?? missingWorkload(workload),
    };
  }
  const container = containerOf(facts);
  return chooseResize({ component, workload: placeOf(facts), container, cluster, wanted });
}

function containerOf({ system, component }: CommandFacts): string {
  return system.workloads.get(component.id)?.container ?? component.workload.container;
}

function movedRequests(facts: CommandFacts, { before, after }: Resize): PodRequestsMove {
  return { container: containerOf(facts), before, after };
}

function refused(because: string): Refused {
  return { kind: 'refused', because };
}
