// A restart of a database needs somebody who answers for that database, besides whoever the policy asks for.

import { admittedVotes } from '../admitted.ts';
import { type Condition, met } from '../condition.ts';

export const databaseAgrees: Condition = (input) => {
  const { plan, restarts = [] } = input;
  const names = plan.restarts ?? [];
  const missing = names.find((name) => !restarts.some(({ database }) => database === name));
  if (missing !== undefined) {
    const because = `headroom.yaml does not say who may restart database ${missing} and when (databases.${missing}.restart)`;
    return { status: 'failed', because };
  }
  const yes = admittedVotes(input).flatMap(({ vote }) =>
    vote.kind === 'approve' ? [vote.userId] : [],
  );
  const open = restarts.find(({ approvers }) => !approvers.some((user) => yes.includes(user)));
  if (open === undefined) return met;
  return {
    status: 'waiting',
    because: `nobody who answers for database ${open.database} has approved yet`,
  };
};
