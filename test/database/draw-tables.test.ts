// The settings of a table as statements: alone for a table by itself, with its chunks for a hypertable.

import { expect, it } from 'vitest';
import { drawTables } from '../../src/database/draw-tables.ts';
import { statementsOf, undoOfDeed } from '../../src/database/sql-deed.ts';
import { makeFacts } from './make-hypertable.ts';

type Hypertables = readonly { readonly name: string; readonly chunks: number }[];

function draw(hypertables: Hypertables) {
  const table = { schema: 'public', name: 'readings', owner: 'shop', isOwn: true };
  return drawTables.draw(
    { deed: 'tables', tables: { readings: { autovacuum_vacuum_threshold: '5000' } } },
    [[], hypertables, [], [{ ...table, isPartitioned: false, options: null }]],
    makeFacts('2.18.1'),
  );
}

function statements(hypertables: Hypertables) {
  const drawn = draw(hypertables);
  const [deed] = drawn.kind === 'deeds' ? drawn.deeds : [];
  const undo = deed && undoOfDeed(deed);
  if (deed === undefined || undo?.by === undefined) throw new Error('one deed was to be drawn');
  return [...statementsOf(deed), ...statementsOf(undo.by)];
}

it('sets a table alone, and a hypertable without ONLY, which TimescaleDB refuses', () => {
  expect(statements([{ name: 'public.others', chunks: 3 }])).toEqual([
    `alter table only "public"."readings" set (autovacuum_vacuum_threshold = '5000')`,
    'alter table only "public"."readings" reset (autovacuum_vacuum_threshold)',
  ]);
  expect(statements([{ name: 'public.readings', chunks: 3 }])).toEqual([
    `alter table "public"."readings" set (autovacuum_vacuum_threshold = '5000')`,
    'alter table "public"."readings" reset (autovacuum_vacuum_threshold)',
  ]);
});

it('is refused for a hypertable with more chunks than the server has locks', () => {
  expect(draw([{ name: 'public.readings', chunks: 6400 }])).toMatchObject({ kind: 'deeds' });
  expect(draw([{ name: 'public.readings', chunks: 6401 }])).toMatchObject({
    kind: 'refused',
    because: expect.stringMatching(
      /6401 chunks.*the server has 6400 .*max_locks_per_transaction first/,
    ),
  });
});
