// What becomes of a plan that somebody would undo: not written where that is certain, and said in every case.

import { describe, expect, it } from 'vitest';
import type { Revert } from '../../src/change/revert.ts';
import { changesOf } from '../../src/plan/step.ts';
import { withReverts } from '../../src/plan/with-reverts.ts';
import { makePlan } from '../make.ts';

const soon: Revert = { when: 'soon', note: 'Argo CD sets that back within about 3 minutes.' };
const later: Revert = { when: 'later', note: 'Helm sets that back at its next upgrade.' };
const owner: Revert = { when: 'owner', note: 'Pooler pool makes it' };
const plan = makePlan({ notes: ['a note'] });

describe('a plan', () => {
  it('that nobody would undo stays as it is', () => {
    expect(withReverts(plan, [], 'apply')).toBe(plan);
  });

  it('that would be undone within minutes is not written but to be committed, with the same sizes', () => {
    const drawn = withReverts(plan, [soon, later, soon], 'apply');
    expect(drawn).toMatchObject({
      finding: {
        kind: 'commit',
        because: `${soon.note} ${later.note}`,
        instead: changesOf(plan),
      },
      steps: [],
      decrease: false,
      replicas: plan.replicas,
      notes: ['a note'],
    });
    expect(drawn).not.toHaveProperty('outcomeTest');
    expect(drawn).not.toHaveProperty('keptElsewhere');
  });

  it.each(['propose', 'observe'] as const)(
    'that nobody but a person writes keeps its steps in %s mode, and says who undoes them',
    (mode) => {
      expect(withReverts(plan, [soon], mode)).toEqual({
        ...plan,
        keptElsewhere: true,
        notes: ['a note', soon.note],
      });
    },
  );

  it('that would be undone some day is written, and says so', () => {
    expect(withReverts(plan, [later], 'apply')).toEqual({
      ...plan,
      keptElsewhere: true,
      notes: ['a note', later.note],
    });
  });

  it.each(['apply', 'propose', 'observe'] as const)(
    'about what is made from another object is none, in %s mode too',
    (mode) => {
      expect(withReverts(plan, [later, owner], mode)).toMatchObject({
        finding: { kind: 'frozen', because: owner.note },
        steps: [],
        replicas: { before: plan.replicas.before, after: plan.replicas.before },
      });
    },
  );
});
