// One admitted "no" is enough: a denial always wins.

import { admittedVotes } from '../admitted.ts';
import { type Condition, met } from '../condition.ts';

export const notDenied: Condition = (input) => {
  const denial = admittedVotes(input).find(({ vote }) => vote.kind === 'deny');
  if (denial === undefined) return met;
  const reason = denial.vote.reason === undefined ? '' : `: ${denial.vote.reason}`;
  return { status: 'failed', because: `denied by <@${denial.vote.userId}>${reason}` };
};
