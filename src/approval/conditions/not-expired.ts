// A plan describes the world as it was; past its expiry nobody may approve it.

import { type Condition, met } from '../condition.ts';

export const notExpired: Condition = ({ plan, state, now }) =>
  state !== 'proposed' || now.getTime() < Date.parse(plan.expiresAt)
    ? met
    : { status: 'failed', because: 'the plan has expired; a fresh one is needed' };
