// Reads which PostgreSQL server answers: the identifier that initdb gave it, which its standbys share and nothing else has.

import type pg from 'pg';

/** The system_identifier, as a text of digits. */
export async function serverIdentity(client: Pick<pg.ClientBase, 'query'>): Promise<string> {
  const { rows } = await client.query<{ id: string }>(
    'select system_identifier::text as id from pg_control_system()',
  );
  return rows[0]?.id ?? '';
}
