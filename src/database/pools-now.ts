// Asks a server how many pools a pooler in front of it would keep: one for each user of each database.

import { z } from 'zod';
import type { PoolsNow } from '../sizing/pooler-room.ts';
import type { HealthRead } from './health.ts';

const row = z.object({ users: z.number(), databases: z.number(), pairs: z.number() });

/** Of the sessions there are; who watches the server, or owns it, goes past every pooler. */
export const poolsNow: HealthRead<PoolsNow> = {
  query: {
    text: `select count(distinct usename)::int as users, count(distinct datname)::int as databases,
                  count(distinct (usename, datname))::int as pairs
             from pg_stat_activity join pg_roles on pg_roles.oid = usesysid
            where datname is not null and not pg_has_role(usesysid, 'pg_monitor', 'member')`,
  },
  read: ([first]) => row.parse(first),
};
