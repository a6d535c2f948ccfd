// What is decided is decided: a plan in a final state takes no further approval.

import { type Condition, met } from '../condition.ts';

const live = ['proposed', 'approved', 'applying', 'unknown'];

export const notOver: Condition = ({ state }) =>
  live.includes(state) ? met : { status: 'failed', because: `the plan is already ${state}` };
