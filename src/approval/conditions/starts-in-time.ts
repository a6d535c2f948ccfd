// An approval is for now, not for some day: an approved plan must start within its time.

import { type Condition, met } from '../condition.ts';

export const startsInTime: Condition = ({ state, startBy, now }) =>
  state !== 'approved' || startBy === undefined || now < startBy
    ? met
    : { status: 'failed', because: 'the approval was not carried out in time and has lapsed' };
