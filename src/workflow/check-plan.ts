// Asks of a plan all that can be known before it is written: rights, dry run, room, quotas, connections, replicas, disruption budgets.

import { type AccessRight, missingRight, rightsOf } from '../change/access.ts';
import { whyNotAllowed } from '../change/allowed.ts';
import { writtenObject } from '../change/written-object.ts';
import { OperationError } from '../errors.ts';
import { whyNotInDatabase } from '../plan/allowed-deed.ts';
import type { Plan } from '../plan/plan.ts';
import type { PlanCheck } from '../plan/plan-check.ts';
import { byWorkload, disruptionOf, podsWanted, type WorkloadChanges } from '../plan/plan-pods.ts';
import { roomChecks } from '../plan/room-checks.ts';
import { changesOf } from '../plan/step.ts';
import type { System } from '../plan/system.ts';
import type { WriteAnswer } from '../ports.ts';
import { disruptionWords } from '../sizing/disruption.ts';
import { roomFor, type WantedPods } from '../sizing/room.ts';
import { connectionChecks } from './check-connections.ts';
import { replicaChecks } from './check-replicas.ts';
import { type LookedAt, lookAtChanges } from './look-at-changes.ts';
import type { Parts } from './parts.ts';

type Outside = Pick<Parts, 'clusters' | 'allowed' | 'lookForRoom' | 'databases' | 'systems'>;

interface Moment {
  readonly mode: System['mode'];
  /** Right before a write: quotas are read anew, whoever has asked a moment ago. */
  readonly isBeforeWrite: boolean;
}

/** What was found out, and how each change stands. */
export interface CheckedChanges {
  readonly checks: readonly PlanCheck[];
  readonly looked: readonly LookedAt[];
}

/**
 * The same questions before anybody votes and before anything is written; reads and dry runs only, a handful of them.
 * Never throws for trouble with a cluster: that is what is not known.
 */
export async function checkPlan(
  plan: Plan,
  moment: Moment,
  parts: Outside,
): Promise<CheckedChanges> {
  const changes = changesOf(plan);
  const outside = changes.flatMap((change) => {
    const because =
      change.kind === 'sql'
        ? whyNotInDatabase(change, parts.systems)
        : whyNotAllowed(writtenObject(change), parts.allowed);
    return because === undefined ? [] : [check('access', 'refused', because)];
  });
  if (changes.length === 0 || outside.length > 0) return { checks: unique(outside), looked: [] };
  let looked = await standingOfChanges(plan, parts);
  for (let attempt = 1; ; attempt++) {
    const checks = await checksOf(plan, looked, moment, parts);
    const isRefused = checks.some(({ kind, result }) => kind === 'dry-run' && result === 'refused');
    if (!isRefused || attempt >= looksMax) return { checks, looked };
    // A dry run tests what it was drawn on: what has moved since is no reason to refuse it.
    const again = await lookAtChanges(plan, parts, 'asked');
    if (standingOf(again) === standingOf(looked)) return { checks, looked };
    looked = again;
  }
}

/**
 * What the cluster has told is enough, because each dry run tests the old values at the server, and each write is looked
 * at once more right before it. That somebody has moved something is only said when the cluster was asked.
 */
async function standingOfChanges(plan: Plan, parts: Outside): Promise<readonly LookedAt[]> {
  const told = await lookAtChanges(plan, parts, 'followed');
  const isMoved = told.some((each) => each.kind === 'seen' && each.drift !== undefined);
  return isMoved ? lookAtChanges(plan, parts, 'asked') : told;
}

/** Churn that goes on for longer than so many looks is told as what the server said. */
const looksMax = 3;

function standingOf(looked: readonly LookedAt[]): string {
  return JSON.stringify(
    looked.map((each) => (each.kind === 'seen' ? [each.drift, each.write] : each.because)),
  );
}

async function checksOf(
  plan: Plan,
  looked: readonly LookedAt[],
  moment: Moment,
  parts: Outside,
): Promise<readonly PlanCheck[]> {
  const changes = changesOf(plan);
  const workloads = byWorkload(
    changes,
    looked.map((each) => (each.kind === 'seen' ? each.state : undefined)),
  );
  const system = parts.systems.get(plan.system);
  const [{ access, dryRun }, room, disruption, connections, replicas] = await Promise.all([
    writeChecks(looked, moment, parts),
    roomOf(plan, workloads, moment, parts),
    disruptionChecks(workloads, parts),
    connectionChecks(system, workloads, parts),
    replicaChecks(system, workloads, parts),
  ]);
  // A right that is missing says why the dry run was refused, and what to do.
  const isDenied = access.some(({ result }) => result === 'refused');
  return unique([
    ...(isDenied ? access : [...dryRun, ...access]),
    ...room,
    ...connections,
    ...replicas,
    ...disruption,
  ]);
}

function check(kind: PlanCheck['kind'], result: PlanCheck['result'], text: string): PlanCheck {
  return { kind, result, text };
}

function unique(checks: readonly PlanCheck[]): readonly PlanCheck[] {
  return checks.filter(({ text }, index) => checks.findIndex((one) => one.text === text) === index);
}

interface WriteChecks {
  readonly access: readonly PlanCheck[];
  readonly dryRun: readonly PlanCheck[];
}

/** A dry run that is accepted needs every right of the write itself; what else a change may need is asked one by one. */
async function writeChecks(
  looked: readonly LookedAt[],
  moment: Moment,
  parts: Outside,
): Promise<WriteChecks> {
  const runs = await Promise.all(looked.map((each) => dryRunOf(each, moment, parts)));
  // What a role may do in a database is asked by trying it.
  const needed = looked.flatMap(({ change }, index) =>
    change.kind === 'sql'
      ? []
      : rightsOf(change).filter(({ verb }) => verb === 'delete' || runs[index] !== 'accepted'),
  );
  const isInCluster = looked.some(({ change }) => change.kind !== 'sql');
  const troubles = runs.flatMap((run) => (typeof run === 'string' ? [] : [run]));
  const asked = looked.filter((_, index) => runs[index] !== 'nothing').map(placeOf);
  const early = looked.filter((each) => each.kind === 'seen' && each.isEarly === true);
  return {
    access: isInCluster ? await accessChecks(needed, moment, parts) : [],
    dryRun:
      troubles.length > 0
        ? troubles
        : [
            ...[...new Set(asked)].map((place) => check('dry-run', 'ok', acceptedBy[place])),
            ...[...new Set(early.map(placeOf))].map((place) =>
              check('dry-run', 'unknown', untriedBy(place, early)),
            ),
          ],
  };
}

/** Who only looks or proposes may lack the right to write: somebody else will do it. */
async function accessChecks(
  needed: readonly AccessRight[],
  { mode }: Moment,
  { clusters }: Outside,
): Promise<readonly PlanCheck[]> {
  if (mode !== 'apply') return [];
  const rights = new Map(needed.map((right) => [JSON.stringify(right), right]));
  const answers = await Promise.all(
    [...rights.values()].map(async (right): Promise<readonly PlanCheck[]> => {
      const answer = await known(() => clusters.may(right));
      if (answer.kind === 'unknown') {
        return [check('access', 'unknown', `whether Headroom may write it: ${answer.because}`)];
      }
      return answer.value ? [] : [check('access', 'refused', missingRight(right))];
    }),
  );
  const missing = answers.flat();
  return missing.length === 0 ? [check('access', 'ok', 'Headroom may write it')] : missing;
}

/** `nothing` where nothing would be written now. */
async function dryRunOf(
  each: LookedAt,
  { mode }: Moment,
  { clusters, databases }: Outside,
): Promise<'accepted' | 'nothing' | PlanCheck> {
  const notKnown = (because: string) =>
    check('dry-run', 'unknown', `whether ${placeOf(each)} accepts this: ${because}`);
  if (each.kind === 'unseen') return notKnown(each.because);
  const { write } = each;
  if (write === undefined) return 'nothing';
  const sent = await known<WriteAnswer>(() =>
    write.how === 'sql'
      ? databases.write(write, { dryRun: true })
      : clusters.write(write, { dryRun: true }),
  );
  const answer = sent.kind === 'known' ? sent.value : sent;
  if (answer.kind === 'written') return 'accepted';
  const { because } = answer;
  if (answer.kind === 'unknown' || (answer.forbidden === true && mode !== 'apply')) {
    return notKnown(because);
  }
  return check('dry-run', 'refused', because);
}

const acceptedBy = {
  'the cluster': 'The cluster would accept this (server-side dry run)',
  'the database':
    'The database would accept this (tried in transactions that were rolled back, or looked at where there can be none)',
} as const;

/** Whoever approves shall not take the line above for all of it. */
function untriedBy(place: keyof typeof acceptedBy, early: readonly LookedAt[]): string {
  const count = early.filter((each) => placeOf(each) === place).length;
  const which = count === 1 ? '1 change' : `${count} changes`;
  return `${which} could not be tried at ${place} yet: earlier steps of this plan make what ${count === 1 ? 'it stands' : 'they stand'} on`;
}

function placeOf({ change }: LookedAt): keyof typeof acceptedBy {
  return change.kind === 'sql' ? 'the database' : 'the cluster';
}

async function roomOf(
  plan: Plan,
  workloads: readonly WorkloadChanges[],
  { isBeforeWrite }: Moment,
  { lookForRoom }: Outside,
): Promise<readonly PlanCheck[]> {
  const byCluster = new Map<string, WantedPods[]>();
  for (const each of workloads) {
    const { cluster, name } = each.workload;
    const isOwn = name === plan.workload.name && cluster === plan.workload.cluster;
    const wanted = podsWanted(each, isOwn ? plan.component : name);
    if (wanted !== undefined) byCluster.set(cluster, [...(byCluster.get(cluster) ?? []), wanted]);
  }
  const answers = await Promise.all(
    [...byCluster].map(async ([cluster, wanted]) => {
      const namespaces = [...new Set(wanted.map(({ namespace }) => namespace))];
      const facts = await lookForRoom(cluster, namespaces, { anew: isBeforeWrite });
      return roomChecks(roomFor(wanted, facts));
    }),
  );
  return answers.flat();
}

async function disruptionChecks(
  workloads: readonly WorkloadChanges[],
  { clusters }: Outside,
): Promise<readonly PlanCheck[]> {
  const answers = await Promise.all(
    workloads.map(async (each): Promise<readonly PlanCheck[]> => {
      const disruption = disruptionOf(each);
      if (disruption === undefined) return [];
      const budgets = await known(() => clusters.disruptionBudgets(each.workload));
      if (budgets.kind === 'unknown') {
        return [check('disruption', 'unknown', `disruption budgets: ${budgets.because}`)];
      }
      return disruptionWords(disruption, budgets.value).map((text) =>
        check('disruption', 'warning', text),
      );
    }),
  );
  return answers.flat();
}

/** Trouble with a cluster becomes what is not known, and why. */
async function known<T>(
  ask: () => Promise<T>,
): Promise<
  | { readonly kind: 'known'; readonly value: T }
  | { readonly kind: 'unknown'; readonly because: string }
> {
  try {
    return { kind: 'known', value: await ask() };
  } catch (error) {
    if (!(error instanceof OperationError)) throw error;
    return { kind: 'unknown', because: error.message };
  }
}
