// Without a policy nothing is ever applied.

import { type Condition, met } from '../condition.ts';

export const coveredByPolicy: Condition = ({ rule, plan }) =>
  rule !== undefined
    ? met
    : { status: 'failed', because: `no policy rule in headroom.yaml covers ${plan.system}` };
