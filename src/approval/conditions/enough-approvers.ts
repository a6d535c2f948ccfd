// The policy's number of different people said yes; more are asked for what shrinks or cannot be undone.

import { approvalsOfPolicy } from '../admitted.ts';
import { byPolicy } from '../by-policy.ts';
import { type Condition, met } from '../condition.ts';
import { approvalsNeeded } from '../needed.ts';

export const enoughApprovers: Condition = (input) => {
  if (input.rule === undefined) return { status: 'waiting', because: 'no policy rule covers it' };
  if (byPolicy(input)) return met;
  const approvals = approvalsOfPolicy(input);
  const people = new Set(approvals.map(({ vote }) => vote.userId));
  const needed = approvalsNeeded(input, input.rule);
  if (people.size >= needed || approvals.some(({ alone }) => alone)) return met;
  return { status: 'waiting', because: `${people.size} of ${needed} approvals` };
};
