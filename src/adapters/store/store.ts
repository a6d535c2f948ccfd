// The store: every table's statements behind one transaction.

import type pg from 'pg';
import type { Store } from '../../ports.ts';
import { withTransaction } from '../postgres.ts';
import { alertsOn } from './alerts.ts';
import { auditOn } from './audit.ts';
import { commandsOn } from './commands.ts';
import { locksOn, stopsOn } from './locks-and-stops.ts';
import { messagesOn } from './messages.ts';
import { plansOn } from './plans.ts';
import { runsOn } from './runs.ts';
import { votesOn } from './votes.ts';

export function createStore(pool: pg.Pool): Store {
  return {
    transaction: (work) =>
      withTransaction(pool, (sql) =>
        work({
          alerts: alertsOn(sql),
          commands: commandsOn(sql),
          plans: plansOn(sql),
          votes: votesOn(sql),
          runs: runsOn(sql),
          locks: locksOn(sql),
          stops: stopsOn(sql),
          messages: messagesOn(sql),
          audit: auditOn(sql),
        }),
      ),
  };
}
