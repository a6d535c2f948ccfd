// A setting has one step of a procedure: two that write it would be worked out from the same state, and the second would be wrong.

import { expect, it } from 'vitest';
import { whyWrittenTwice } from '../../src/plan/written-twice.ts';
import type { DatabaseDeed, PlannedStep } from '../../src/sizing/planned-step.ts';

const stepsOf = (...deeds: readonly DatabaseDeed[]): readonly PlannedStep[] =>
  deeds.map((deed, index) => ({
    number: index + 1,
    kind: 'database',
    what: 'a step',
    change: { kind: 'database', database: index < 9 ? 'main' : 'archive', ...deed },
    notes: [],
    source: '',
  }));

const settings = (...names: readonly string[]): DatabaseDeed => ({
  deed: 'settings',
  settings: Object.fromEntries(names.map((name) => [name, '1'])),
  restart: false,
});

const tables = (...names: readonly string[]): DatabaseDeed => ({
  deed: 'tables',
  tables: Object.fromEntries(names.map((name) => [name, { fillfactor: '70' }])),
});

it.each([
  [
    'a setting',
    [settings('work_mem'), settings('max_wal_size', 'work_mem')],
    'steps 1 and 2 both write work_mem of database main, and a plan knows only what is there before it: leave it to one of them, or make two procedures of it',
  ],
  [
    'a table’s setting',
    [tables('orders'), settings('work_mem'), tables('carts', 'orders')],
    expect.stringMatching(/^steps 1 and 3 both write fillfactor of orders in database main, and/),
  ],
  ['different settings', [settings('work_mem'), settings('max_wal_size')], undefined],
  ['different tables', [tables('orders'), tables('carts')], undefined],
] as const)('of %s says so', (_, deeds, because) => {
  expect(whyWrittenTwice(stepsOf(...deeds))).toEqual(because);
});

it('is asked of each database by itself', () => {
  const [here, there] = [settings('work_mem'), settings('work_mem')];
  const others = Array.from({ length: 8 }, (): DatabaseDeed => ({ deed: 'restart' }));
  expect(whyWrittenTwice(stepsOf(here, ...others, there))).toBeUndefined();
});
