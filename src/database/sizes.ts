// How large a database and its largest tables are.

import { z } from 'zod';
import type { HealthRead } from './health.ts';

export interface SizesNow {
  /** Of the whole database, its indexes included. */
  readonly bytes: number;
  /** Largest first, with their indexes and parts; as of their last vacuum or analyze. */
  readonly largest: readonly { readonly name: string; readonly bytes: number }[];
}

const size = z.object({ name: z.string().nullable(), bytes: z.number() });

/**
 * Tables are measured by what the catalogue remembers: the exact functions open each file and wait behind whoever holds
 * a lock on the table. Partitions and chunks count with the table they are of.
 */
export const sizesNow: HealthRead<SizesNow> = {
  query: {
    text: `with pages as (
             select coalesce(pg_index.indrelid, owner.oid, pg_class.oid) as oid, pg_class.relpages
               from pg_class
               left join pg_index on pg_index.indexrelid = pg_class.oid
               left join pg_class as owner on owner.reltoastrelid = pg_class.oid
              where pg_class.relkind in ('r', 't', 'i', 'm')
           ), tables as (
             select coalesce((select inhparent from pg_inherits where inhrelid = pages.oid limit 1), pages.oid) as oid,
                    sum(relpages::float8) as relpages
               from pages group by 1
           )
           (select nspname || '.' || relname as name, tables.relpages * current_setting('block_size')::float8 as bytes
              from tables join pg_class using (oid) join pg_namespace on pg_namespace.oid = relnamespace
             where nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and tables.relpages > 0
             order by 2 desc limit 3)
           union all
           select null, pg_database_size(current_database())::float8`,
  },
  read: (rows) => {
    const all = rows.map((row) => size.parse(row));
    return {
      bytes: all.find(({ name }) => name === null)?.bytes ?? 0,
      largest: all.flatMap(({ name, bytes }) => (name === null ? [] : [{ name, bytes }])),
    };
  },
};
