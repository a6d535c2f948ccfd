// What databases are asked beside the changes of a cluster: each step its own, and a database that is away stops nothing here.

import { expect, it } from 'vitest';
import type { Query } from '../../src/database/query.ts';
import { OperationError } from '../../src/errors.ts';
import type { DatabasePlace } from '../../src/plan/system.ts';
import type { Databases } from '../../src/ports.ts';
import { lookBesideDeeds } from '../../src/workflow/look-beside-deeds.ts';
import { makeDatabasePlace, makeSystem, noDatabases } from '../make.ts';
import { planOf } from '../profile/plan-of.ts';

const connection = { env: 'SHOP_URL' };

async function look(read: Databases['read'], over: Partial<DatabasePlace>) {
  const databases = new Map([['main', makeDatabasePlace(over)]]);
  const plan = planOf('gl-003', 'pgbouncer');
  const looks = await lookBesideDeeds(plan, makeSystem({ databases }), {
    databases: { ...noDatabases, read },
  });
  return [...looks];
}

it('asks a second time where the first answers say what there is to ask', async () => {
  const asked: (readonly Query[])[] = [];
  const looks = await look(
    async (_, queries) => {
      asked.push(queries);
      return asked.length === 1 ? [[], [], [{ tables: 0 }], [{ schema: 'seen' }]] : [[]];
    },
    { connection },
  );
  expect(asked).toHaveLength(2);
  expect(asked[1]?.[0]?.text).toContain('"seen"."pg_stat_statements"');
  expect(looks).toEqual([
    [1, { kind: 'seen', answers: [[], [], [{ tables: 0 }], [{ schema: 'seen' }], []] }],
  ]);
});

it('keeps what it has seen where the rest cannot be asked', async () => {
  const first = [[], [], [{ tables: 0 }], [{ schema: 'seen' }]];
  const because = 'pg_stat_statements must be loaded via shared_preload_libraries';
  const refused = new OperationError(because, { code: 'refused', retryable: false });
  let asked = 0;
  const read = async () => (asked++ === 0 ? first : Promise.reject(refused));
  expect(await look(read, { connection })).toEqual([[1, { kind: 'seen', answers: first }]]);
});

it('says why nothing was seen where the database does not answer', async () => {
  const away = new OperationError('it is away', { code: 'unavailable', retryable: true });
  expect(await look(async () => Promise.reject(away), { connection })).toEqual([
    [1, { kind: 'unseen', because: 'it is away' }],
  ]);
});

it('asks nothing of a database without a connection', async () => {
  expect(await look((...asked) => noDatabases.read(...asked), {})).toEqual([]);
});
