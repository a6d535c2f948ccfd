// The kinds of deeds that SQL does in a database, in one table: everything else about them is general.

import type { AllowedDeed, DeedKind } from './deed-kind.ts';
import { type DetachmentDeed, detachmentDeed } from './detachment-deed.ts';
import { type DropDeed, dropDeed } from './drop-deed.ts';
import { indexDeed } from './index-deed.ts';
import type { IndexDeed } from './index-definition.ts';
import { type PartitionDeed, partitionDeed } from './partition-deed.ts';
import { type PartitionedDeed, partitionedDeed } from './partitioned-deed.ts';
import type { Answers, Query } from './query.ts';
import { type SettingDeed, settingDeed } from './setting-deed.ts';
import type { Standing } from './standing.ts';
import { type TableDeed, tableDeed } from './table-deed.ts';
import { type TimescaleDeed, timescaleDeeds } from './timescale-deeds.ts';

/** Something SQL does in a database, as data. */
export type SqlDeed =
  | SettingDeed
  | IndexDeed
  | TableDeed
  | PartitionDeed
  | PartitionedDeed
  | DetachmentDeed
  | DropDeed
  | TimescaleDeed;

type KindOf<N extends SqlDeed['deed']> = DeedKind<Extract<SqlDeed, { readonly deed: N }>>;

const kinds: { readonly [N in SqlDeed['deed']]: KindOf<N> } = {
  setting: settingDeed,
  index: indexDeed,
  table: tableDeed,
  partition: partitionDeed,
  partitioned: partitionedDeed,
  detachment: detachmentDeed,
  drop: dropDeed,
  ...timescaleDeeds,
};

/** Each kind that there is. */
export const sqlDeedNames: readonly string[] = Object.keys(kinds);

function kindOf(deed: SqlDeed): DeedKind<SqlDeed> {
  return kinds[deed.deed];
}

/** What is asked to know how a deed stands. */
export function lookOfDeed(deed: SqlDeed): readonly Query[] {
  return kindOf(deed).look(deed);
}

/** How it stands, by the answers to those questions. */
export function standingOf(deed: SqlDeed, answers: Answers): Standing {
  return kindOf(deed).standing(deed, answers);
}

/** How it can be taken back, and by what. */
export function undoOfDeed(deed: SqlDeed): ReturnType<DeedKind<SqlDeed>['undo']> {
  return kindOf(deed).undo(deed);
}

/** Whether a plan that failed takes it back. */
export function isDeedTakenBack(deed: SqlDeed): boolean {
  return kindOf(deed).isTakenBack(deed);
}

/** Whether it takes something away. */
export function isDeedDecrease(deed: SqlDeed): boolean {
  return kindOf(deed).isDecrease(deed);
}

/** What may be left of it where nobody can look after a statement that failed, and what becomes of that; empty where nothing is. */
export function maybeLeft(deed: SqlDeed): string {
  const left = kindOf(deed).leaves?.(deed);
  return left === undefined
    ? ''
    : `; it may have left ${left}, which Headroom finds and drops at the next attempt or plan`;
}

/** What headroom.yaml must allow for it. */
export function neededFor(deed: SqlDeed): AllowedDeed {
  return kindOf(deed).allow(deed);
}

/** The statements it comes to where nothing of it is done yet, word for word. */
export function statementsOf(deed: SqlDeed): readonly string[] {
  return kindOf(deed).statements(deed);
}

/** In plain words, from what to what. */
export function sqlDeedWords(deed: SqlDeed): string {
  return kindOf(deed).words(deed);
}
