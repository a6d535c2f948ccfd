// A stop refuses every new run until somebody resumes.

import { type Condition, met } from '../condition.ts';

export const notStopped: Condition = ({ stops }) =>
  stops[0] === undefined ? met : { status: 'waiting', because: stops[0] };
