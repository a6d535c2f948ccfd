import { once } from 'node:events';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPool } from '../../src/adapters/postgres.ts';
import { createStore } from '../../src/adapters/store/store.ts';
import { verifyLines } from '../../src/workflow/audit-trail.ts';
import { withDatabase } from '../database.ts';
import { auditToken, type Doors, openDoors } from './doors.ts';

const database = withDatabase();
let doors: Doors;

beforeAll(async () => {
  doors = await openDoors(database.url);
  for (let index = 1; index <= 20; index++) {
    await doors.store.transaction((tx) =>
      tx.audit.append({
        at: '2026-11-22T03:02:11.000Z',
        event: 'plan.proposed',
        by: 'headroom',
        detail: { index, text: 'one line\nor two, "quoted", ümläut, 🚂' },
      }),
    );
  }
});
afterAll(async () => {
  await doors.close();
});

const get = (token?: string, from = doors) =>
  fetch(
    `${from.url}/audit.jsonl`,
    token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } },
  );

async function* linesOf(text: string): AsyncIterable<string> {
  yield* text.split('\n');
}

describe('the audit trail over HTTP', () => {
  it('is given to nobody without its token', async () => {
    for (const token of [undefined, '', 'first-token-for-alerts', `${auditToken}x`]) {
      const answer = await get(token);
      expect(answer.status).toBe(401);
      expect(await answer.text()).not.toContain('plan.proposed');
    }
  });

  it('is one entry a line, and what was saved verifies offline', async () => {
    const answer = await get(auditToken);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/jsonl; charset=utf-8');
    const text = await answer.text();
    expect(text.trimEnd().split('\n')).toHaveLength(20);
    const head = await doors.store.transaction((tx) => tx.audit.head());
    expect(await verifyLines(linesOf(text), head)).toEqual({ kind: 'intact', head });
    const changed = text.replace('\\"index\\":7,', '\\"index\\":8,');
    expect(await verifyLines(linesOf(changed))).toMatchObject({ kind: 'broken', seq: 7 });
  });

  it('is not there at all when no token is set', async () => {
    const without = await openDoors(database.url, { auditTokens: [] });
    expect((await get(auditToken, without)).status).toBe(404);
    await without.close();
  });

  it('ends as a broken transfer, never as a shorter file, when the database goes away on the way', async () => {
    await longTrail();
    const answer = await get(auditToken);
    expect(answer.status).toBe(200);
    const reader = answer.body?.getReader();
    await reader?.read();
    await database.pool.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
        where datname = current_database() and application_name = 'headroom'`,
    );
    await expect(
      (async () => {
        while ((await reader?.read())?.done === false);
      })(),
    ).rejects.toThrow();
  });

  it('lets the database go when the reader hangs up', async () => {
    await longTrail();
    const { port } = new URL(doors.url);
    const socket = connect(Number(port), '127.0.0.1');
    socket.write(
      `GET /audit.jsonl HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${auditToken}\r\n\r\n`,
    );
    await once(socket, 'data');
    socket.destroy();
    const deadline = Date.now() + 10_000;
    for (;;) {
      const { rows } = await database.pool.query(
        `select 1 from pg_stat_activity where datname = current_database() and application_name = 'headroom' and state like 'idle in%'`,
      );
      if (rows.length === 0) break;
      expect(Date.now()).toBeLessThan(deadline);
    }
    expect((await get(auditToken)).status).toBe(200);
  });
});

let isLong = false;
/** More than fits into the buffers between database and reader. */
async function longTrail(): Promise<void> {
  if (isLong) return;
  isLong = true;
  const pool = createPool(database.url, () => {});
  const store = createStore(pool);
  await store.transaction(async (tx) => {
    for (let index = 0; index < 400; index++) {
      await tx.audit.append({
        at: '2026-11-22T03:02:11.000Z',
        event: 'plan.proposed',
        by: 'headroom',
        detail: { text: 'x'.repeat(50_000) },
      });
    }
  });
  await pool.end();
}
