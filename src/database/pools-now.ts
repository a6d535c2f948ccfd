// Asks a server how many pools a pooler in front of it would keep: one for each user of each database.

import { z } from 'zod';
import type { PoolsNow } from '../sizing/pooler-room.ts';
import type { HealthRead } from './health.ts';

const row = z.object({ users: z.number(), databases: z.number(), pairs: z.number() });

/**
 * Of the sessions there are. Who watches the server goes past every pooler, and so does a superuser; but one with several
 * sessions from elsewhere is an application.
 */
export const poolsNow: HealthRead<PoolsNow> = {
  query: {
    text: `select count(distinct usename)::int as users, count(distinct datname)::int as databases, count(*)::int as pairs
             from (select a.usename, a.datname
                     from pg_stat_activity a join pg_roles r on r.oid = a.usesysid
                    where a.datname is not null and a.application_name is distinct from 'headroom'
                    group by a.usename, a.datname, r.oid, r.rolsuper
                   having case when r.rolsuper then count(a.client_addr) > 1
                               else not pg_has_role(r.oid, 'pg_monitor', 'member') end) as pools`,
  },
  read: ([first]) => row.parse(first),
};
