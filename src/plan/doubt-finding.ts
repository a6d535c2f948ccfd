// What is found when a doubt stands: a reason to look first, with the size that would have been proposed without it.

import { doubtWords } from '../profile/standing-doubts.ts';
import type { AskedDoubt } from '../profile/trigger-facts.ts';
import type { Finding, Plan } from './plan.ts';

/** `replicas` is where the plan would have gone. */
export function doubtFinding(facts: {
  readonly standing: readonly AskedDoubt[];
  readonly lookAt: readonly string[];
  readonly replicas: number;
}): Finding {
  const { standing, lookAt, replicas } = facts;
  const doubts = standing.map(doubtWords).join('; ');
  return {
    kind: 'investigate',
    because: `scaling would go to ${replicas} replicas, but there is something to look at first: ${doubts}`,
    lookAt: [...standing.map(({ doubt }) => doubt.say), ...lookAt],
  };
}

/** Whether a plan proposes nothing only because of a doubt, which may be gone at the next look. */
export function isHeldByDoubt({ finding, arithmetic }: Plan): boolean {
  // A plain symptom is never sized, so there is nothing to calculate.
  return finding?.kind === 'investigate' && arithmetic.length > 0;
}
