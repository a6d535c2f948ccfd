// What the user of a connection may do, found out before anything depends on it.

import type pg from 'pg';
import { type Grant, grantsFor } from '../database/grants.ts';
import { neededFor, type SqlDeed } from '../database/sql-deed.ts';
import { OperationError } from '../errors.ts';
import { grantsHint } from './database-errors.ts';

/**
 * Without that right the sessions of others look idle and without a beginning, and no error tells.
 * @throws OperationError when it is missing.
 */
export async function checkSight(client: pg.Client, called: string): Promise<void> {
  const { rows } = await client.query<{ name: string; whole: boolean }>(
    `select current_user as name, pg_has_role('pg_monitor', 'usage') as whole`,
  );
  const [sight] = rows;
  if (sight?.whole === true) return;
  throw new OperationError(
    `asking ${called}: its user ${sight?.name} is no member of pg_monitor and sees no sessions but its own${grantsHint}`,
    { code: 'forbidden', retryable: false },
  );
}

/** What one deed needs; `role` is the owner of the tables. */
export function grantsForDeed(deed: SqlDeed, role: string | undefined): readonly Grant[] {
  return grantsFor({
    allow: [neededFor(deed)],
    ...(role !== undefined && { owner: role }),
    ...(deed.deed === 'setting' && { settings: [deed.name] }),
  });
}
