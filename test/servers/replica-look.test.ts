// What a real primary tells before it gets another replica: its size and its standbys, to those who may see them.

import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  backupWords,
  replicaFacts,
  replicaQueries,
  standbyWords,
} from '../../src/database/replica-look.ts';
import { startTarget, type Target } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await startTarget({ standby: true });
  for (const statement of [
    'create database closed',
    'revoke connect on database closed from public',
  ]) {
    await target.admin.query(statement);
  }
});
afterAll(() => target.close());

it('is all databases together, with the standbys that stream', async () => {
  const facts = replicaFacts(await target.databases.read(target.ref, replicaQueries));
  const { rows } = await target.admin.query<{ bytes: number }>(
    'select sum(pg_database_size(oid))::float8 as bytes from pg_database',
  );
  expect(facts).toMatchObject({ standbys: [{ name: 'one', state: 'streaming' }] });
  expect(Math.abs(facts.bytes - (rows[0]?.bytes ?? 0))).toBeLessThan(1_000_000);
  expect(backupWords(facts)).toMatch(
    /^A base backup of 0\.\d GB takes less than a minute at 100 MB\/s/,
  );
  expect(standbyWords(facts)).toMatch(/^Standbys now: one \(streaming, async, /);
});
