// The trail in a real database: what refuses to change it, and what is noticed when somebody changes it all the same.

import { Pool } from 'pg';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createStore } from '../../../src/adapters/store/store.ts';
import { type AuditEntry, genesis, nextEntry } from '../../../src/audit/chain.ts';
import type { Store } from '../../../src/ports.ts';
import { verifyStored } from '../../../src/workflow/audit-trail.ts';
import { createDatabase, type TestDatabase } from '../../database.ts';

let database: TestDatabase;
let store: Store;
beforeEach(async () => {
  database = await createDatabase();
  store = createStore(database.pool);
});
afterEach(async () => {
  await database.drop();
});

async function append(count: number, into: Store = store): Promise<void> {
  for (let index = 1; index <= count; index++) {
    await into.transaction((tx) =>
      tx.audit.append({
        at: '2026-11-22T03:02:11.000Z',
        event: 'plan.proposed',
        by: 'headroom',
        planId: `p-${index}`,
        detail: { index, text: 'ünïcode 🚂 "quoted"\n' },
      }),
    );
  }
}

/** Changes the table as somebody with all rights would: with the triggers out of the way. */
async function tamper(sql: string): Promise<void> {
  await database.pool.query('alter table audit_entry disable trigger user');
  await database.pool.query(sql);
  await database.pool.query('alter table audit_entry enable trigger user');
}

describe('the database refuses', () => {
  it.each([
    ['update', `update audit_entry set body = replace(body, 'p-2', 'p-9')`],
    ['update of nothing but a hash', `update audit_entry set hash = repeat('0', 64) where seq = 2`],
    ['delete', 'delete from audit_entry where seq = 3'],
    ['truncate', 'truncate audit_entry'],
    ['truncate with everything else', 'truncate audit_entry, alert cascade'],
  ])('%s', async (_, sql) => {
    await append(3);
    await expect(database.pool.query(sql)).rejects.toThrow('the audit trail is append-only');
    expect(await verifyStored(store)).toMatchObject({ kind: 'intact', head: { seq: 3 } });
  });

  it('a second entry with the same number or the same predecessor', async () => {
    await append(2);
    const { rows } = await database.pool.query('select * from audit_entry where seq = 2');
    const [{ body, previous, hash }] = rows;
    const insert = 'insert into audit_entry (seq, body, previous, hash) values ($1, $2, $3, $4)';
    await expect(database.pool.query(insert, [2, body, 'x', 'y'])).rejects.toThrow('duplicate key');
    await expect(database.pool.query(insert, [3, body, previous, 'y'])).rejects.toThrow(
      'duplicate key',
    );
    await expect(database.pool.query(insert, [3, body, 'x', hash])).rejects.toThrow(
      'duplicate key',
    );
  });
});

describe('the chain', () => {
  it('is whole after appends from four connections at once, and none is lost', async () => {
    const pools = Array.from(
      { length: 4 },
      () => new Pool({ connectionString: database.url, max: 2 }),
    );
    await Promise.all(pools.map((pool) => append(25, createStore(pool))));
    await Promise.all(pools.map((pool) => pool.end()));
    expect(await verifyStored(store)).toMatchObject({ kind: 'intact', head: { seq: 100 } });
  });

  it('has no gap where a transaction was taken back', async () => {
    await append(2);
    await expect(
      store.transaction(async (tx) => {
        await tx.audit.append({ at: '2026-11-22T03:02:11.000Z', event: 'stop.set', by: 'x' });
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await append(1);
    expect(await verifyStored(store)).toMatchObject({ kind: 'intact', head: { seq: 3 } });
  });

  it('is read in pages to its end', async () => {
    const entries: AuditEntry[] = [];
    for (let index = 0; index < 5_001; index++) {
      const fact = { at: '2026-11-22T03:02:11.000Z', event: 'stop.set', by: 'x' };
      entries.push(nextEntry(entries.at(-1) ?? genesis, fact));
    }
    await database.pool.query(
      `insert into audit_entry select * from json_populate_recordset(null::audit_entry, $1)`,
      [JSON.stringify(entries)],
    );
    expect(await verifyStored(store)).toMatchObject({ kind: 'intact', head: { seq: 5_001 } });
  });

  it('an empty one is intact', async () => {
    expect(await verifyStored(store)).toMatchObject({ kind: 'intact', head: { seq: 0 } });
  });
});

describe('tampering with all rights is found, and the entry named:', () => {
  it.each([
    [
      'a changed text',
      `update audit_entry set body = replace(body, 'p-4', 'p-5') where seq = 4`,
      4,
    ],
    ['a changed space', `update audit_entry set body = body || ' ' where seq = 6`, 6],
    ['an entry taken out', 'delete from audit_entry where seq = 5', 5],
    ['the first one taken out', 'delete from audit_entry where seq = 1', 1],
    [
      'two entries swapped',
      `update audit_entry a set body = b.body from audit_entry b where (a.seq, b.seq) in ((3, 7), (7, 3))`,
      3,
    ],
    [
      'a text changed with its own hash made anew',
      `update audit_entry set body = replace(body, 'p-4', 'p-5'),
              hash = encode(sha256(convert_to(previous || E'\\n' || replace(body, 'p-4', 'p-5'), 'UTF8')), 'hex')
        where seq = 4`,
      5,
    ],
    [
      'entries moved up to close a gap',
      `delete from audit_entry where seq = 5; update audit_entry set seq = seq - 1 where seq > 5`,
      5,
    ],
  ])('%s', async (_, sql, seq) => {
    await append(10);
    await tamper(sql);
    expect(await verifyStored(store)).toMatchObject({ kind: 'broken', seq });
  });

  it('a tail cut off shows against a checkpoint, and only against one', async () => {
    await append(10);
    const head = await store.transaction((tx) => tx.audit.head());
    await tamper('delete from audit_entry where seq > 7');
    expect(await verifyStored(store)).toMatchObject({ kind: 'intact', head: { seq: 7 } });
    expect(await verifyStored(store, head)).toEqual({
      kind: 'broken',
      seq: 8,
      because: 'the trail ends before checkpoint 10: its tail was cut off',
    });
  });

  it('a trail written anew from some entry on differs from a checkpoint', async () => {
    await append(10);
    const head = await store.transaction((tx) => tx.audit.head());
    await tamper('delete from audit_entry where seq > 7');
    await append(5);
    expect(await verifyStored(store)).toMatchObject({ kind: 'intact' });
    expect(await verifyStored(store, head)).toMatchObject({ kind: 'broken', seq: 10 });
  });
});
