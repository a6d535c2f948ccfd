// Server settings on a real PostgreSQL: drawn, written, read back, taken back, and what stands in the way.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { undoOf } from '../../src/change/change.ts';
import { compareChange } from '../../src/change/compare.ts';
import { drawDeed, questionsFor, type SqlStep } from '../../src/database/draw-deed.ts';
import { parameters } from '../../src/database/parameters.ts';
import { serverFacts, serverQueries } from '../../src/database/server-facts.ts';
import { observeChange } from '../../src/workflow/observe-change.ts';
import { rolloutOf } from '../../src/workflow/verify-change.ts';
import { now } from '../make.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget({ settings: { max_worker_processes: '12' } });
});
afterAll(() => target.close());

async function draw(settings: Readonly<Record<string, string>>) {
  const step: SqlStep = { deed: 'settings', settings, restart: false };
  const { databases, ref } = target;
  const facts = serverFacts(await databases.read(ref, serverQueries), { now });
  const answers = await databases.read(ref, questionsFor(step, facts));
  return drawDeed(step, answers, { ...facts, memoryBytes: 16 * 1024 ** 3 });
}

const state = (change: Parameters<typeof observeChange>[0]) =>
  observeChange(change, { clusters: undefined as never, databases: target.databases });

describe('a setting', () => {
  it('is written, in effect, and taken back to what it was', async () => {
    const drawn = await draw({ work_mem: '20MB' });
    expect(drawn).toMatchObject({ kind: 'deeds', deeds: [{ name: 'work_mem', running: '4MB' }] });
    const [deed] = drawn.kind === 'deeds' ? drawn.deeds : [];
    if (deed === undefined) throw new Error('nothing was drawn');
    const change = target.change(deed);
    expect(compareChange(change, await state(change)).kind).toBe('unchanged');
    const write = { how: 'sql', database: change.database, deed } as const;
    expect(await target.databases.write(write, { dryRun: true })).toEqual({ kind: 'written' });
    expect(compareChange(change, await state(change)).kind).toBe('unchanged');
    expect(await target.databases.write(write, { dryRun: false })).toEqual({ kind: 'written' });
    await expect.poll(async () => rolloutOf(change, await state(change)).kind).toBe('ready');
    const back = undoOf(change);
    if (back.kind !== 'sql') throw new Error('an undo is of the same kind');
    await target.databases.write({ ...write, deed: back.deed }, { dryRun: false });
    await expect.poll(async () => rolloutOf(back, await state(back)).kind).toBe('ready');
    const { rows } = await target.admin.query(
      'select * from pg_file_settings where sourcefile like $1',
      ['%auto.conf'],
    );
    expect(rows).toEqual([]);
  });
});

it('is of the kind that the list says, on this server', async () => {
  const { rows } = await target.admin.query<{ name: string; unit: string | null; vartype: string }>(
    'select name, unit, vartype from pg_settings where name = any($1)',
    [Object.keys(parameters)],
  );
  expect(rows.length).toBeGreaterThan(30);
  const kindOf = ({ unit, vartype }: (typeof rows)[number]) => {
    if (vartype === 'bool') return 'boolean';
    if (unit === null) return vartype;
    return unit.endsWith('B') ? 'memory' : 'time';
  };
  for (const row of rows) {
    const { kind } = parameters[row.name as keyof typeof parameters];
    expect([row.name, kindOf(row)]).toEqual([row.name, kind]);
  }
});
