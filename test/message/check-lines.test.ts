// What a card says of a plan's checks: all that is in order in one line, and never less than what is not.

import { expect, it } from 'vitest';
import { changeLine } from '../../src/message/change-words.ts';
import { checkLines } from '../../src/message/check-lines.ts';
import { makeWorkload } from '../make.ts';

it('says in one line what is in order, then what is not, then what is not known', () => {
  expect(
    checkLines([
      { kind: 'dry-run', result: 'ok', text: 'The cluster would accept this' },
      { kind: 'room', result: 'unknown', text: 'room on the nodes: no answer' },
      { kind: 'access', result: 'ok', text: 'Headroom may write it' },
      { kind: 'disruption', result: 'warning', text: 'PodDisruptionBudget a*b wants more' },
    ]),
  ).toEqual([
    '☑️ The cluster would accept this; Headroom may write it.',
    '⚠️ PodDisruptionBudget a＊b wants more.',
    '❔ Not known: room on the nodes: no answer',
  ]);
  expect(checkLines([])).toEqual([]);
});

it('a creation shows what the new object holds', () => {
  const line = changeLine({
    kind: 'create',
    workload: makeWorkload(),
    object: { ...makeWorkload(), kind: 'PodDisruptionBudget', name: 'worker' },
    fields: { spec: { minAvailable: 2 } },
    rollout: false,
    floor: false,
    undo: 'exact',
  });
  expect(line).toContain('PodDisruptionBudget worker: made anew\n   + spec minAvailable 2\n');
});
