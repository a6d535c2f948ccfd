// In a freeze only what adds capacity and can be undone goes on; everything else waits for its end.

import { type Condition, met } from '../condition.ts';
import { freezeOver } from '../freeze-over.ts';
import { isRisky } from '../needed.ts';

export const notFrozen: Condition = (input) => {
  const freeze = freezeOver(input);
  if (freeze === undefined || !isRisky(input.plan)) return met;
  return {
    status: 'waiting',
    because: `${freeze}: what takes capacity away or cannot be undone waits for its end`,
  };
};
