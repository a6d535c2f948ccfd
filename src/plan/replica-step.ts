// What a plan says about new read replicas, and when it must not have them: while those that are there cannot keep up.

import { valueAt } from '../change/pointer.ts';
import type { Platform } from '../database/platform.ts';
import { backupWords, replicaFacts, standbyWords } from '../database/replica-look.ts';
import { formatNumber } from '../profile/amount.ts';
import type { DatabaseDeed, PlannedStep, StepChange } from '../sizing/planned-step.ts';
import type { BesideLook } from './beside-deed.ts';
import type { PersonsPart } from './sql-changes.ts';

type Replicas = Extract<DatabaseDeed, { deed: 'replicas' }>;

/** How far behind replicas may be: what the procedure itself waits for after this step, in seconds. */
export function lagLimitOf(
  { number }: Pick<PlannedStep, 'number'>,
  steps: readonly PlannedStep[],
): number | undefined {
  const looks = steps
    .filter((step) => step.number > number)
    .flatMap(({ check, gate }) => [check, gate]);
  const look = looks.find((each) => each?.fact === 'replication-lag-seconds');
  return look?.atMost ?? look?.below;
}

/** Why a plan of such a birth has no replicas in it: a base backup reads all of a server that is in trouble already. */
export function whyNoReplicas(
  steps: readonly PlannedStep[],
  { isEmergency, isAlert }: { readonly isEmergency: boolean; readonly isAlert: boolean },
): string | undefined {
  const step = steps.find(({ change }) => change !== undefined && isAboutReplicas(change));
  return step !== undefined && (isEmergency || isAlert)
    ? `step ${step.number} (${step.what}): an alert or an emergency never adds or takes away replicas; run a procedure for it yourself`
    : undefined;
}

/** Also by the operator's own object, or as pods of a set that keeps its own files: each copies what is there first. */
function isAboutReplicas(change: StepChange): boolean {
  if (change.kind === 'database') return change.deed === 'replicas';
  if (change.kind === 'apply') {
    const { object } = change;
    return object.kind === 'Cluster' && valueAt(object, '/spec/instances') !== undefined;
  }
  const isCount = change.kind === 'scale' || change.kind === 'autoscaler';
  return isCount && change.target.kind === 'StatefulSet';
}

/** What stands on the card, or why there must be no new replica now. */
export type ReplicaWords =
  | { readonly kind: 'notes'; readonly notes: readonly string[] }
  | { readonly kind: 'refused'; readonly because: string };

/** A base backup reads all of a server whose standbys are behind already, and puts them further behind. */
export function replicaWords(
  look: BesideLook | undefined,
  lagLimitSeconds: number | undefined,
): ReplicaWords {
  if (look === undefined) return { kind: 'notes', notes: [] };
  if (look.kind === 'unseen') {
    const note = `How long a base backup takes and how the standbys are is not known (${look.because}).`;
    return { kind: 'notes', notes: [note] };
  }
  const facts = replicaFacts(look.answers);
  const late =
    lagLimitSeconds === undefined
      ? undefined
      : facts.standbys.find(
          ({ state, lagSeconds = 0 }) => state === 'catchup' || lagSeconds > lagLimitSeconds,
        );
  if (late !== undefined) {
    const is =
      late.state === 'catchup'
        ? 'is catching up'
        : `is ${formatNumber(late.lagSeconds ?? 0)} s behind and the limit is ${lagLimitSeconds} s`;
    return {
      kind: 'refused',
      because: `standby ${late.name} ${is}: a base backup would load the primary more; find out first why it cannot keep up`,
    };
  }
  return { kind: 'notes', notes: [backupWords(facts), standbyWords(facts)] };
}

/** What a person does where no operator keeps the server, and why no pod is added for it. */
export function replicaByPerson(
  { replicas }: Replicas,
  database: string,
  platform: Platform | undefined,
): PersonsPart {
  const count = replicas === 1 ? '1 read replica' : `${replicas} read replicas`;
  const what = `See that database ${database} has ${count}, those that are there included`;
  const who = 'somebody for databases';
  if (platform === 'managed' || platform === 'patroni') {
    const how = platform === 'managed' ? 'at the provider' : 'as another member of Patroni';
    return { what: `${what}: a new one is made ${how}`, who };
  }
  return {
    what: `${what}: pg_basebackup -R into an empty directory, with a slot of its own, then start it`,
    who,
    say: 'Headroom adds no pod to a plain StatefulSet: it would start with an empty directory, as a second, empty primary. Where CloudNativePG keeps the database (cnpg in headroom.yaml), a change makes one.',
  };
}

/**
 * Why the Cluster of CloudNativePG must not have so few instances: one fewer goes without asking which it is. Undefined
 * where nothing speaks against it.
 */
export function whyNotFewer(spec: unknown, wanted: number, cluster: string): string | undefined {
  const now = Number(valueAt(spec, '/instances') ?? 1);
  if (wanted >= now) return undefined;
  if (wanted < 2) {
    return `Cluster ${cluster} would be left with its primary alone: the last replica is never taken away`;
  }
  const synchronous = Math.max(
    Number(valueAt(spec, '/minSyncReplicas') ?? 0),
    Number(valueAt(spec, '/postgresql/synchronous/number') ?? 0),
  );
  // The operator chooses which goes, so one more than commits wait for must stay.
  return synchronous > 0 && wanted - 1 <= synchronous
    ? `Cluster ${cluster} waits for ${synchronous} synchronous replicas at each commit, and ${wanted} instances leave ${wanted - 1}: a replica that commits wait for is never taken away`
    : undefined;
}
