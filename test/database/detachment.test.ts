// Attaching a month again: what is sent next by how far its CHECK is, and what is left to people.

import { expect, it } from 'vitest';
import type { SqlDeed } from '../../src/database/sql-deed.ts';
import { lookOfDeed, standingOf, statementsOf } from '../../src/database/sql-deed.ts';

const range = { from: '2026-09-01 00:00:00+00', to: '2026-10-01 00:00:00+00' };
const deed: SqlDeed = {
  deed: 'detachment',
  after: 'attached',
  table: { schema: 'public', name: 'readings' },
  partition: { schema: 'public', name: 'readings_09' },
  column: 'at',
  concurrently: false,
  ...range,
};

interface Found {
  /** It is attached. */
  readonly attached?: true;
  readonly restBytes?: number;
  readonly check?: {
    readonly isValid?: boolean;
    readonly isOfBounds?: boolean;
    readonly name?: string;
  };
}

function answersOf({ restBytes, check, attached }: Found): readonly Record<string, unknown>[][] {
  const table = { kind: 'p', oid: 1, comment: null };
  const rest = {
    parentSchema: 'public',
    parent: 'readings',
    schema: 'public',
    name: 'rest',
    kind: 'r',
    bound: 'DEFAULT',
    isPending: false,
    bytes: restBytes,
    hasGrants: false,
    options: null,
    oid: 3,
    comment: null,
  };
  const month = {
    ...rest,
    name: 'readings_09',
    bound: `FOR VALUES FROM ('${range.from}') TO ('${range.to}')`,
    bytes: 0,
    oid: 2,
  };
  const own = { name: 'headroom_bounds', isValid: true, isOfBounds: true, ...check };
  return [
    [],
    [...(restBytes === undefined ? [] : [rest]), ...(attached === undefined ? [] : [month])],
    [{ kind: 'r', oid: 2, comment: null }],
    [table],
    [],
    check === undefined ? [] : [own],
  ];
}

const standingWith = (found: Found, of: SqlDeed = deed) => standingOf(of, answersOf(found));

it('has the rows looked at before the lock, and takes the CHECK away with it', () => {
  expect(lookOfDeed(deed)).toHaveLength(answersOf({}).length);
  expect(statementsOf(deed)).toEqual([
    expect.stringMatching(/add constraint headroom_bounds check .* not valid$/),
    expect.stringMatching(/validate constraint headroom_bounds$/),
    expect.stringMatching(/attach partition "public"."readings_09" for values from/),
    expect.stringMatching(/drop constraint if exists headroom_bounds$/),
    expect.stringMatching(/^comment on table/),
  ]);
});

it('sends what is next, by how far it is', () => {
  const manners = [
    [{}, 'together', /not valid$/],
    [{ check: { isValid: false } }, 'build', /validate constraint/],
    [{ check: {} }, 'together', /attach partition/],
    [{ check: { name: 'readings_09_at_check' } }, 'together', /attach partition/],
    [{ check: { name: 'readings_09_at_check', isValid: false } }, 'together', /not valid$/],
    [{ check: { name: 'positive', isOfBounds: false } }, 'together', /not valid$/],
  ] as const;
  for (const [found, manner, first] of manners) {
    const standing = standingWith(found);
    expect([found, standing]).toMatchObject([found, { kind: 'unchanged', write: { manner } }]);
    if (standing.kind === 'unchanged') expect(standing.write.statements[0]).toMatch(first);
  }
});

it('stays away where another table has got its name', () => {
  expect(standingWith({}, { ...deed, oid: 2 })).toMatchObject({ kind: 'unchanged' });
  expect(standingWith({}, { ...deed, oid: 4 })).toMatchObject({
    kind: 'drifted',
    because: 'readings_09 is another table than the plan saw',
  });
});

it('is not taken for another table that was attached in its place', () => {
  const detached = { ...deed, after: 'detached' } as const;
  for (const of of [deed, detached]) {
    expect(standingWith({ attached: true }, { ...of, oid: 4 })).toMatchObject({
      kind: 'drifted',
      because: 'readings_09 is another table than the plan saw',
    });
  }
  expect(standingWith({ attached: true }, { ...deed, oid: 2 })).toEqual({ kind: 'reached' });
  expect(standingWith({ attached: true }, { ...detached, oid: 2 }).kind).toBe('unchanged');
});

it('is left to people where everybody would wait, or somebody has the name', () => {
  expect(standingWith({ restBytes: 1024 })).toMatchObject({ kind: 'unchanged' });
  expect(standingWith({ restBytes: 1024 ** 3 })).toMatchObject({
    kind: 'drifted',
    because: expect.stringMatching(/default partition rest is large/),
  });
  expect(standingWith({ check: { isOfBounds: false } })).toMatchObject({
    kind: 'drifted',
    because: expect.stringMatching(/another constraint headroom_bounds/),
  });
});

it('is attached at once by a plan that does not say by what the table is partitioned', () => {
  const { column: _, ...older } = deed;
  expect(standingWith({}, older)).toMatchObject({
    kind: 'unchanged',
    write: { statements: [expect.stringMatching(/attach partition/)] },
  });
});
