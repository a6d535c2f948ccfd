// What everybody feels, such as the restart of a database, begins only in the hours that headroom.yaml keeps for it.

import { type Condition, met } from '../condition.ts';

export const inWindow: Condition = ({ state, restarts = [] }) => {
  // Once it has begun it is better ended than left half done.
  if (state !== 'proposed' && state !== 'approved') return met;
  const closed = restarts.find(({ isOpen }) => !isOpen);
  if (closed === undefined) return met;
  return {
    status: 'waiting',
    because: `database ${closed.database} is restarted ${closed.words} only`,
  };
};
