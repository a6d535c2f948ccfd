// Turns what is done to a database by objects of a cluster into changes: poolers, servers of an operator, the map of its shards.

import type { ObjectKind } from '../change/kinds.ts';
import { patchOf } from '../change/patch-of.ts';
import { valueAt } from '../change/pointer.ts';
import type { DatabaseDeed } from '../sizing/planned-step.ts';
import type { Tree } from '../sizing/step-values.ts';
import type { BesideLook } from './beside-deed.ts';
import { fieldsToWrite } from './merge-fields.ts';
import { fittingValues } from './operated-values.ts';
import { operatorNow } from './operator-at-rest.ts';
import { fitnessPart, loginPart } from './pooler-cut-over.ts';
import { poolerName, poolerObjects } from './pooler-objects.ts';
import { handMadeIn } from './pooler-seen.ts';
import { poolerSettings } from './pooler-settings.ts';
import { replicaWords } from './replica-step.ts';
import { shardMapChanges } from './shard-map-changes.ts';
import type { PersonsPart } from './sql-changes.ts';
import {
  alreadyThere,
  refIn,
  refused,
  type StepChanges,
  type StepFacts,
  seenIn,
} from './step-facts.ts';
import { objectChanges } from './step-objects.ts';
import type { DatabasePlace } from './system.ts';

/** What is done to a database by way of a cluster. */
export type ClusterDeed = Extract<
  DatabaseDeed,
  { readonly deed: 'pooler' | 'replicas' | 'shards' | 'settings' }
>;

/** What the changes of a database's objects follow from; the workload is the one whose plan it is. */
export interface DeedFacts extends StepFacts {
  /** The Cluster of CloudNativePG that the database is. (Default: no operator keeps it) */
  readonly operated?: string;
  /** Where a pooler finds the database, and what it is made of. */
  readonly pooler?: NonNullable<DatabasePlace['pooler']>;
  /** What the database answered. (Default: it has no connection, or nothing was asked) */
  readonly beside?: BesideLook;
  /** How far behind its replicas may be. (Default: the procedure does not ask) */
  readonly lagLimitSeconds?: number;
}

/** What a deed writes, with what somebody has to do before (`first`) and after. */
export type DeedChanges =
  | (Extract<StepChanges, { readonly kind: 'changes' }> & {
      readonly first?: PersonsPart;
      readonly person?: PersonsPart;
    })
  | Exclude<StepChanges, { readonly kind: 'changes' }>;

/** What the deed writes into the cluster; refused where it is none of a cluster's. */
export function changesForDatabaseDeed(deed: ClusterDeed, facts: DeedFacts): DeedChanges {
  switch (deed.deed) {
    case 'pooler':
      return poolerChanges(deed, facts);
    case 'replicas':
      return replicaChanges(deed, facts);
    case 'settings':
      return operatedSettingChanges(deed, facts);
    case 'shards':
      return shardMapChanges(deed, facts);
  }
}

/** Whether the deed is done by objects of the cluster; settings may ask for a restart, which is a plan of its own. */
export function isClusterDeed(deed: DatabaseDeed): deed is ClusterDeed {
  return (
    deed.deed === 'pooler' ||
    deed.deed === 'replicas' ||
    deed.deed === 'settings' ||
    (deed.deed === 'shards' && deed.map !== undefined)
  );
}

/** The objects that must be looked at first. */
export function objectsOfDeed(
  deed: ClusterDeed,
  database: Pick<DeedFacts, 'operated' | 'pooler'>,
): readonly { readonly kind: ObjectKind; readonly name: string }[] {
  const { operated } = database;
  if (deed.deed === 'pooler') {
    const objects = poolerObjects(deed, database);
    return 'because' in objects ? [] : objects;
  }
  if (deed.deed === 'shards') {
    return deed.map === undefined ? [] : [{ kind: 'ConfigMap', name: deed.map.configMap }];
  }
  return operated === undefined ? [] : [{ kind: 'Cluster', name: operated }];
}

/** Never fewer than there are: which of them goes would be the operator's choice. */
function replicaChanges(
  { replicas }: Extract<ClusterDeed, { deed: 'replicas' }>,
  facts: DeedFacts,
): DeedChanges {
  const made = operatedChanges(facts, (spec) => {
    const instances = replicas + 1;
    return Number(valueAt(spec, '/instances') ?? 1) >= instances ? {} : { instances };
  });
  if (made.kind !== 'changes') return made;
  const words = replicaWords(facts.beside, facts.lagLimitSeconds);
  if (words.kind === 'refused') return words;
  return { ...made, notes: [...made.notes, ...words.notes] };
}

/** No server is asked before: the operator hands the values on, and only PostgreSQL itself would say no. */
function operatedSettingChanges(
  { settings }: Extract<ClusterDeed, { deed: 'settings' }>,
  facts: DeedFacts,
): DeedChanges {
  const made = operatedChanges(facts, () => ({ postgresql: { parameters: settings } }));
  const cluster =
    facts.operated === undefined ? undefined : seenIn(facts, 'Cluster', facts.operated);
  if (made.kind !== 'changes' || cluster === undefined) return made;
  const fit = fittingValues(settings, cluster);
  if (fit.problem !== undefined) return refused(fit.problem);
  return { ...made, notes: [...made.notes, ...fit.notes] };
}

function poolerChanges(
  deed: Extract<ClusterDeed, { deed: 'pooler' }>,
  facts: DeedFacts,
): DeedChanges {
  const image = facts.operated === undefined ? facts.pooler?.image : undefined;
  const checked = poolerSettings(deed.settings, image);
  if (checked.kind === 'refused') return checked;
  const objects = poolerObjects({ ...deed, settings: checked.settings }, facts);
  if ('because' in objects) return refused(objects.because);
  const handMade = handMadeIn(seenIn(facts, 'ConfigMap', poolerName));
  if (facts.operated === undefined && handMade.length > 0) {
    return refused(
      `pgbouncer.ini of ConfigMap ${poolerName} says what no plan writes, which would be lost with it (${handMade.join(', ')}): somebody has to change these poolers by hand`,
    );
  }
  const made = inOrder(
    objects.map(({ kind, name, fields }) => objectChanges(refIn(facts, kind, name), fields, facts)),
    'the poolers are so already',
  );
  if (made.kind !== 'changes') return made;
  const { notes, first } = fitnessPart(deed, facts.beside);
  const isNew = seenIn(facts, 'Deployment', poolerName) === undefined;
  const userlist = facts.operated === undefined && isNew ? facts.pooler?.userlist : undefined;
  return {
    ...made,
    notes: [...made.notes, ...checked.notes, ...notes],
    ...(first && { first }),
    ...(userlist !== undefined && { person: loginPart(userlist) }),
  };
}

/** Several objects one after the other; one that is refused refuses them all. */
function inOrder(all: readonly StepChanges[], because: string): StepChanges {
  const no = all.find(({ kind }) => kind === 'refused');
  if (no !== undefined) return no;
  const made = all.flatMap((each) => (each.kind === 'changes' ? [each] : []));
  if (made.length === 0) return alreadyThere(because);
  return {
    kind: 'changes',
    changes: made.flatMap(({ changes }) => changes),
    notes: [...new Set(made.flatMap(({ notes }) => notes))],
  };
}

/** A field of the Cluster that an operator keeps the database by; what somebody else keeps is not a cluster's. */
function operatedChanges(facts: DeedFacts, wantedOf: (spec: unknown) => Tree): StepChanges {
  const { operated, workload } = facts;
  if (operated === undefined) {
    return refused('no operator keeps this database, so nothing in the cluster changes it');
  }
  const seen = seenIn(facts, 'Cluster', operated);
  if (seen === undefined) return refused(`there is no Cluster ${operated} of CloudNativePG`);
  const now = operatorNow(seen);
  if (now.because !== undefined) return refused(now.because);
  const spec = valueAt(seen.value, '/spec');
  const { fields, guards } = fieldsToWrite(spec, wantedOf(spec), '/spec');
  if (fields.length === 0) return alreadyThere(`Cluster ${operated} is so already`);
  const object = refIn(facts, 'Cluster', operated);
  const patch = patchOf({ workload, object, fields, guards, undo: 'compensating' });
  return {
    kind: 'changes',
    changes: [patch],
    notes: ['The operator changes one server after the other, the primary last.', ...now.notes],
  };
}
