// A system that only observes has nothing to approve.

import { type Condition, met } from '../condition.ts';

export const modeActs: Condition = ({ mode, plan }) =>
  mode === 'observe'
    ? {
        status: 'failed',
        because: `${plan.system} is in observe mode: plans are shown, not carried out`,
      }
    : met;
