// Every pair of states, against the life of a plan as it was agreed.

import { describe, expect, it } from 'vitest';
import {
  isOpen,
  mayBecome,
  type OutcomeState,
  type PlanState,
  planStates,
} from '../../src/plan/plan-state.ts';

const states = Object.keys(planStates) as PlanState[];

const agreed = new Set([
  'proposed approved',
  'proposed denied',
  'proposed expired',
  'proposed withdrawn',
  'proposed superseded',
  'approved applying',
  'approved lapsed',
  'approved withdrawn',
  'approved superseded',
  'applying applied',
  'applying failed',
  'applying unknown',
  'unknown applying',
  'unknown applied',
  'unknown failed',
  'failed reverted',
  'failed left',
]);

const pairs = states.flatMap((from) => states.map((to) => [from, to] as const));

describe('the life of a plan', () => {
  it('has thirteen states', () => expect(states).toHaveLength(13));

  it.each(pairs)('from %s to %s', (from, to) => {
    expect(mayBecome(from, to)).toBe(agreed.has(`${from} ${to}`));
  });

  const final = [
    'denied',
    'expired',
    'withdrawn',
    'superseded',
    'lapsed',
    'applied',
    'reverted',
    'left',
  ] as const;

  it.each(final)('there is no way out of %s', (state) => {
    expect(states.filter((to) => mayBecome(state, to))).toEqual([]);
  });

  it('every other state leads to a final one', () => {
    const ending = new Set<PlanState>(final);
    for (let grew = true; grew; ) {
      const more = states.filter(
        (s) => !ending.has(s) && planStates[s].some((to) => ending.has(to)),
      );
      for (const state of more) ending.add(state);
      grew = more.length > 0;
    }
    expect(states.filter((state) => !ending.has(state))).toEqual([]);
  });

  it('nothing is applied that was not approved first', () => {
    const ways = states.filter((from) => mayBecome(from, 'applying'));
    expect(ways).toEqual(['approved', 'unknown']);
    expect(states.filter((from) => mayBecome(from, 'approved'))).toEqual(['proposed']);
  });

  const outcomes: (OutcomeState | undefined)[] = [
    undefined,
    'pending',
    'helped',
    'not-helped',
    'unmeasured',
  ];

  it.each(states)(
    '%s stands in the way of another plan while it lives or its outcome is awaited',
    (state) => {
      const lives = ['proposed', 'approved', 'applying', 'unknown'].includes(state);
      expect(outcomes.map((outcome) => isOpen(state, outcome))).toEqual([
        lives,
        true,
        lives,
        lives,
        lives,
      ]);
    },
  );
});
