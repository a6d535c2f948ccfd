// The rules of approval, in the order in which they are explained to a person.

import type { Condition } from '../condition.ts';
import { coveredByPolicy } from './covered-by-policy.ts';
import { databaseAgrees } from './database-agrees.ts';
import { enoughApprovers } from './enough-approvers.ts';
import { inWindow } from './in-window.ts';
import { modeActs } from './mode-acts.ts';
import { notDenied } from './not-denied.ts';
import { notExpired } from './not-expired.ts';
import { notFrozen } from './not-frozen.ts';
import { notOver } from './not-over.ts';
import { notStopped } from './not-stopped.ts';
import { startsInTime } from './starts-in-time.ts';

export const conditions = {
  notOver,
  modeActs,
  coveredByPolicy,
  notDenied,
  notExpired,
  startsInTime,
  enoughApprovers,
  databaseAgrees,
  inWindow,
  notFrozen,
  notStopped,
} as const satisfies Record<string, Condition>;

export type ConditionName = keyof typeof conditions;

export const conditionNames = Object.keys(conditions) as ConditionName[];
