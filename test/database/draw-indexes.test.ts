// What the indexes of a profile come to on a server, by what its catalogue answers.

import { describe, expect, it } from 'vitest';
import {
  drawDeed,
  furtherQuestions,
  questionsFor,
  type SqlStep,
} from '../../src/database/draw-deed.ts';
import type { ServerFacts } from '../../src/database/drawing.ts';
import type { Answers, Row } from '../../src/database/query.ts';
import { statementsOf } from '../../src/database/sql-deed.ts';
import type { PlannedIndex } from '../../src/sizing/planned-step.ts';
import { now } from '../make.ts';

const facts: ServerFacts = {
  version: 180_000,
  server: '1',
  database: 'shop',
  role: 'headroom',
  isStandby: false,
  schema: 'public',
  platform: 'cnpg',
  extensions: new Map(),
  settings: new Map(),
  now,
};
const plan = (changed: Partial<PlannedIndex> = {}): PlannedIndex => ({
  name: 'idx',
  table: 'readings',
  columns: ['site', 'at DESC'],
  how: 'concurrently',
  ...changed,
});

interface Table {
  readonly isPartitioned?: boolean;
  readonly isHypertable?: boolean;
  readonly bytes?: number;
  readonly old?: readonly Row[];
}

/** A table `public.readings` that holds these, for as many indexes as are asked for. */
function answers(count: number, table: Table): Answers {
  const { isPartitioned = false, isHypertable = false, bytes = 0, old = [] } = table;
  const found = {
    schema: 'public',
    name: 'readings',
    isPartitioned,
    owner: 'shop',
    isOwn: true,
    options: null,
  };
  const node = { id: '1', parent: null, level: 0, kind: isPartitioned ? 'p' : 'r', ...found };
  const columns = [
    { name: 'site', type: 'int4', bytes: 4, isVirtual: false },
    { name: 'at', type: 'timestamptz', bytes: 8, isVirtual: false },
    { name: 'value', type: 'float8', bytes: 8, isVirtual: false },
    { name: 'note', type: 'json', bytes: 24, isVirtual: false },
  ];
  const each = [
    [],
    [node],
    [],
    columns,
    [{ bytes: String(bytes), below: 0 }],
    [{ found: isHypertable }],
    [{ found: true }],
    [],
  ];
  return [
    ...Array.from({ length: count }, () => [found]),
    old,
    ...Array.from({ length: count }, () => each).flat(),
  ];
}

function drawn(indexes: readonly PlannedIndex[], table: Table = {}, on: Partial<ServerFacts> = {}) {
  return drawDeed({ deed: 'indexes', indexes }, answers(indexes.length, table), {
    ...facts,
    ...on,
  });
}

const gib = 1024 ** 3;

describe('the indexes of a profile', () => {
  it('are built as their table needs it, whatever the profile says', () => {
    const sent = (planned: PlannedIndex, table: Table) => {
      const made = drawn([planned], table);
      if (made.kind !== 'deeds') throw new Error(made.because);
      return [made.deeds.flatMap(statementsOf)[0], made.notes.slice(1)];
    };
    expect(sent(plan(), {})).toEqual([
      'create index concurrently "idx" on "public"."readings" ("site", "at" desc)',
      [],
    ]);
    expect(sent(plan({ how: 'per-chunk' }), {})[1]).toEqual([
      'public.readings is a plain table: its index is built concurrently',
    ]);
    expect(sent(plan(), { isHypertable: true })).toEqual([
      'create index "idx" on "public"."readings" ("site", "at" desc) with (timescaledb.transaction_per_chunk)',
      [
        'public.readings is a hypertable, which cannot be indexed concurrently: one chunk a transaction',
        'index idx: nobody writes to a chunk while it is indexed',
      ],
    ]);
    expect(sent(plan({ how: 'per-chunk' }), { isPartitioned: true })).toEqual([
      'create index "idx" on only "public"."readings" ("site", "at" desc)',
      [
        'public.readings is partitioned, which cannot be indexed concurrently: partition by partition',
      ],
    ]);
  });

  it('say about how much room they take', () => {
    const room = (bytes: number) => {
      const made = drawn([plan()], { bytes });
      return made.kind === 'deeds' ? made.notes[0] : made.because;
    };
    // 16 and 12 bytes of an entry to 28 and 44 of a row.
    expect(room(36 * gib)).toMatch(/^index idx: about 14 GiB on disk \(an estimate/);
    expect(room(gib)).toMatch(/about 398 MiB/);
    expect(room(8192)).toMatch(/: less than 1 MiB/);
  });

  it.each<[string, readonly PlannedIndex[], Table, Partial<ServerFacts>, RegExp]>([
    ['the same name twice', [plan(), plan()], {}, {}, /idx is named twice/],
    ['a standby', [plan()], {}, { isStandby: true }, /standby/],
    ['a type without an order', [plan({ columns: ['note'] })], {}, {}, /note is of type json/],
    [
      'a column that is not there',
      [plan(), plan({ name: 'b', columns: ['x DESC'] })],
      {},
      {},
      /index b: readings has no column x/,
    ],
    [
      'an old transaction',
      [plan()],
      { old: [{ pid: 1, user: 'ann', application: 'report', prepared: null, seconds: 8000 }] },
      {},
      /ann \(report, pid 1\) for 2 h/,
    ],
    [
      'many old transactions',
      [plan()],
      {
        old: Array.from({ length: 5 }, (_, pid) => ({
          pid,
          user: null,
          application: '',
          prepared: null,
          seconds: 400,
        })),
      },
      {},
      /somebody \(no application name, pid 2\) for 6 min, and 2 more/,
    ],
  ])('are refused for %s', (_, indexes, table, on, why) => {
    expect(drawn(indexes, table, on)).toMatchObject({
      kind: 'refused',
      because: expect.stringMatching(why),
    });
  });

  it('ask for every table in one go, and answers stand where they are looked for', () => {
    const step: SqlStep = { deed: 'indexes', indexes: [plan(), plan({ name: 'b' })] };
    const first = questionsFor(step, facts).length;
    const all = answers(2, {});
    expect(first + furtherQuestions(step, all.slice(0, first), facts).length).toBe(all.length);
    const missing: Answers = [[], [], ...all.slice(2)];
    expect(first + furtherQuestions(step, missing, facts).length).toBe(all.length);
    expect(drawDeed(step, missing, facts)).toMatchObject({
      because: expect.stringMatching(/index idx: there is no table readings/),
    });
  });
});
